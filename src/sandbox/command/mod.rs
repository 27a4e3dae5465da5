//! `hubspot-bridge sandbox`: portal and pages in this process, the bridge in one of its own. Called by `main`.

mod articles;
mod bridge;
mod home;
mod ports;
mod settings;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

pub use self::bridge::Bridge;
use self::home::Home;
pub use self::settings::Addresses;
use self::settings::Pace;
use super::agent::Assistant;
use super::portal::{Portal, Seed, Signing, Target};
use super::{deliver, server, tour};
use crate::agents::faq::OpenError;
use crate::clock::SystemClock;
use crate::lifecycle::{self, Kind, Lifecycle};

/// The pause before a bridge that died unasked is started again.
const RESTART: Duration = Duration::from_secs(1);
/// How long pages in flight may take to end.
const CLOSE: Duration = Duration::from_secs(3);

/// What the sandbox is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Play the tour and end.
    pub tour: bool,
    /// The bridge asks a team's own agent, played by [`super::agent`], in place of the built-in one.
    pub own_agent: bool,
    /// The pages' port; the bridge takes the two after it. Free ones when absent.
    pub port: Option<u16>,
    /// Where the bridge keeps its things; a temporary folder when absent.
    pub data: Option<PathBuf>,
}

/// Why the sandbox could not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its folder.
    #[error("{} cannot be used ({source}); choose another folder with --data", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Its articles.
    #[error(transparent)]
    Articles(#[from] OpenError),
    /// A port is taken.
    #[error("cannot listen on {address} ({source}); choose another with --port, or leave it out for free ones")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// The system's words.
        source: io::Error,
    },
    /// Three ports in a row are needed.
    #[error("port {0} has no two ports after it; choose a smaller --port")]
    Port(u16),
    /// The executable could not be started.
    #[error("the bridge could not be started from {} ({source})", program.display())]
    Start {
        /// Which.
        program: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The bridge ended at once.
    #[error("the bridge ended at its start ({status}). It said:\n{said}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// Its last lines.
        said: String,
    },
    /// The bridge did not become ready.
    #[error("the bridge was not ready after {waited:?}. It said:\n{said}")]
    NotReady {
        /// How long it had.
        waited: Duration,
        /// Its last lines.
        said: String,
    },
    /// The machine gives no randomness, no client, no signals.
    #[error("{what} cannot be had from this machine ({detail})")]
    Machine {
        /// What.
        what: &'static str,
        /// The cause's words.
        detail: String,
    },
    /// The portal's own server ended.
    #[error("{0} has ended unexpectedly")]
    TaskEnded(&'static str),
    /// Nobody reads what is printed.
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
}

fn machine(what: &'static str) -> impl FnOnce(String) -> Error {
    move |detail| Error::Machine { what, detail }
}

/// Runs until Ctrl-C or SIGTERM, or until the tour is over. True unless a step of the tour was missed.
pub async fn run(options: Options) -> Result<bool, Error> {
    let mut home = Home::open(options.data.as_deref())?;
    let random = || getrandom::u64().map_err(|error| machine("randomness")(error.to_string()));
    let [pages, public, admin] = ports::three(options.port, random()?).await?;
    let address = |listener: &TcpListener| listener.local_addr().map_err(Error::Output);
    let at = Addresses { portal: address(&pages)?, public: address(&public)?, admin: address(&admin)? };
    // The same message ids must not come again while a kept database remembers them.
    let portal = Portal::new(Seed::new(random()?), Arc::new(SystemClock));
    let pace = if options.tour { Pace::Tour } else { Pace::Real };
    let signing = format!("{:016x}{:016x}", random()?, random()?);
    let own_agent = options.own_agent.then_some(signing.as_str());
    let assistant = own_agent.map(|secret| Assistant::new(&home.articles(), secret)).transpose()?;
    home.write_settings(&settings::text(&home, &at, (&portal.seed(), own_agent), pace))?;
    let client = deliver::client().map_err(|error| machine("an HTTP client")(error.to_string()))?;
    let program = std::env::current_exe().map_err(|error| machine("the path of this program")(error.to_string()))?;
    let (settings, log) = (home.settings(), home.log());
    let mut bridge = Bridge { program, settings, log, at, client, child: None };
    drop((public, admin));
    let life = Lifecycle::default();
    serve(&life, &portal, &bridge, assistant.clone(), pages);
    let mut cast = Cast { portal: &portal, bridge: &mut bridge, assistant };
    let done = play(&options, &life, &mut cast, &home, pace).await;
    bridge.stop().await;
    life.drain();
    // Pages still open are cut by the end of the process.
    let _ = tokio::time::timeout(CLOSE, life.ended_all()).await;
    if !matches!(done, Ok(true)) && home.is_temporary() {
        home.keep();
        say(&format!("The bridge's database and log are left in {}", home.path().display()))?;
    }
    done
}

/// Portal, pages and deliveries.
fn serve(life: &Lifecycle, portal: &Portal, bridge: &Bridge, assistant: Option<Assistant>, listener: TcpListener) {
    let console = Some(format!("http://{}", bridge.at.admin));
    let options = server::Options { portal: portal.clone(), console, assistant };
    let stop = life.draining();
    life.spawn(Kind::Vital, "the simulated portal", async move {
        // Its end is seen by its kind; there is no more to say about it.
        let _ = server::serve(listener, options, stop).await;
    });
    let carry = deliver::run(portal.clone(), bridge.client.clone(), life.draining());
    life.spawn(Kind::Vital, "the portal's deliveries", carry);
}

/// Who plays.
struct Cast<'a> {
    portal: &'a Portal,
    bridge: &'a mut Bridge,
    assistant: Option<Assistant>,
}

async fn play(
    options: &Options,
    life: &Lifecycle,
    cast: &mut Cast<'_>,
    home: &Home,
    pace: Pace,
) -> Result<bool, Error> {
    let dying = life.draining();
    let story = async {
        let Cast { portal, bridge, assistant } = cast;
        bridge.start().await?;
        portal.set_target(Some(target(portal, bridge, pace)));
        say(&greeting(bridge, home, options))?;
        if options.tour { tour::run(portal, bridge, assistant.clone()).await } else { watch(bridge).await }
    };
    tokio::select! {
        done = story => done,
        () = dying.cancelled() => Err(Error::TaskEnded(life.failed().unwrap_or("the portal"))),
        signal = lifecycle::signal() => {
            signal.map_err(|error| machine("signals")(error.to_string()))?;
            say("\nStopping.")?;
            Ok(!options.tour)
        }
    }
}

/// HubSpot's day of retries, shortened: whoever restarts the bridge wants to see the retry.
fn target(portal: &Portal, bridge: &Bridge, pace: Pace) -> Target {
    Target {
        url: format!("http://{}/webhooks/hubspot/sandbox", bridge.at.public),
        secret: portal.seed().client_secret,
        signing: Signing::Both,
        retry_scale: match pace {
            Pace::Real => 0.02,
            Pace::Tour => 0.003,
        },
    }
}

/// Starts the bridge again whenever it dies unasked.
async fn watch(bridge: &mut Bridge) -> Result<bool, Error> {
    loop {
        if let Some(status) = bridge.ended().await {
            say(&format!("The bridge has ended ({status}); starting it again."))?;
        }
        tokio::time::sleep(RESTART).await;
        bridge.start().await?;
        say("The bridge is ready.")?;
    }
}

fn greeting(bridge: &Bridge, home: &Home, options: &Options) -> String {
    let Addresses { portal, public, admin } = &bridge.at;
    let kept = if home.is_temporary() { " (removed at the end)" } else { "" };
    let folder = home.path().display();
    let agent = if options.own_agent {
        format!("http://{portal}/agent   (a team's own, which answers from the articles too)")
    } else {
        "the built-in one   (it answers from the articles)".to_owned()
    };
    let after = if options.tour {
        "A day of an inbox, with short waits:".to_owned()
    } else {
        format!(
            "Ask something at http://{portal}/chat and watch http://{admin}/events. In another terminal:\n\n    \
             hubspot-bridge events list --config {folder}/bridge.toml\n    \
             hubspot-bridge why THREAD --config {folder}/bridge.toml\n\nCtrl-C stops everything."
        )
    };
    format!(
        "The hubspot-bridge sandbox: no account, no key, everything on this machine.\n\n    \
         HubSpot, simulated   http://{portal}   (chat, e-mail, inbox)\n    \
         the bridge           http://{public}   (process {pid}; killing it is allowed)\n    \
         its console          http://{admin}   (and its admin API; no token: this machine only)\n    \
         its agent            {agent}\n    \
         its files            {folder}{kept}\n\n{after}\n",
        pid = bridge.pid().unwrap_or_default(),
    )
}

/// One line for the person at the terminal, at once.
pub(super) fn say(line: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
