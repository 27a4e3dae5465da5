//! Whole turns: the simulated portal on a port of this process, the real bridge with the built-in agent beside it.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{self, Next};
use hubspot_bridge::clock::{Clock, SystemClock};
use hubspot_bridge::domain::ThreadId;
use hubspot_bridge::sandbox::portal::people::Customer;
use hubspot_bridge::sandbox::portal::{Limits, Portal, Seed, Signing, Speaker, Target};
use hubspot_bridge::sandbox::{deliver, server};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::bridge::{Bridge, Settings};

const QUESTION: &str = "How do I reset my password?";
/// HubSpot would allow 190 calls in ten seconds: then the figure would be HubSpot's limit and not ours.
const NO_LIMIT: usize = 100_000;
const LOOK: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_mins(2);

/// The portal's side of a measurement; everything ends when it is dropped.
pub struct Stage {
    portal: Portal,
    /// When the last API call came in.
    called: watch::Receiver<Instant>,
    url: String,
    _tasks: JoinSet<()>,
}

impl Stage {
    /// Puts a portal on a port.
    pub async fn build() -> Result<Self, Box<dyn Error>> {
        let portal = Portal::new(Seed::default(), Arc::new(SystemClock));
        portal.set_limits(Limits { burst: NO_LIMIT, ..Limits::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (heard, called) = watch::channel(Instant::now());
        let note = move |request: Request, next: Next| {
            heard.send_replace(Instant::now());
            next.run(request)
        };
        let options = server::Options { portal: portal.clone(), console: None, assistant: None };
        let router = server::router(options, CancellationToken::new()).layer(middleware::from_fn(note));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        tasks.spawn(deliver::run(portal.clone(), deliver::client()?, CancellationToken::new()));
        Ok(Self { portal, called, url, _tasks: tasks })
    }

    /// A bridge for this portal, which answers as soon as it can.
    pub fn settings(&self) -> Settings {
        let seed = self.portal.seed();
        Settings {
            public_url: None,
            portal_id: seed.portal_id.0,
            access_token: seed.token.clone(),
            client_secret: seed.client_secret.clone(),
            ai_user_id: seed.ai.actor().0,
            api_url: self.url.clone(),
            quiet_period: "0s",
        }
    }

    /// From now on the portal delivers to this bridge.
    pub fn aim_at(&self, bridge: &Bridge) {
        let url = format!("http://{}/webhooks/hubspot/acme", bridge.address);
        let secret = self.portal.seed().client_secret;
        self.portal.set_target(Some(Target { url, secret, signing: Signing::V3, retry_scale: 1.0 }));
    }

    /// So many conversations begin at once, with one message each: how long until all are answered.
    pub async fn conversations(&self, count: usize) -> Result<Duration, Box<dyn Error>> {
        let began = Instant::now();
        let threads: Vec<ThreadId> = (0..count).map(|_| self.ask()).collect::<Result<_, _>>()?;
        for thread in threads {
            self.answered(&thread).await?;
        }
        Ok(began.elapsed())
    }

    /// One conversation at a time: from the customer's message to the bridge's first call, and to its answer. Both
    /// begin before the delivery is made, so they hold its way to the bridge too.
    pub async fn one_by_one(&mut self, count: usize) -> Result<(Vec<Duration>, Vec<Duration>), Box<dyn Error>> {
        let (mut first_calls, mut answers) = (Vec::new(), Vec::new());
        for _ in 0..count {
            self.called.mark_unchanged();
            let began = Instant::now();
            let thread = self.ask()?;
            timeout(PATIENCE, self.called.changed()).await??;
            first_calls.push(self.called.borrow_and_update().duration_since(began));
            self.answered(&thread).await?;
            answers.push(began.elapsed());
            // What the turn does after its answer does not count as the next one's first call.
            while timeout(LOOK * 5, self.called.changed()).await.is_ok() {}
        }
        first_calls.sort_unstable();
        answers.sort_unstable();
        Ok((first_calls, answers))
    }

    fn ask(&self) -> Result<ThreadId, Box<dyn Error>> {
        Ok(self.portal.customer_chats(&Customer::default(), None, QUESTION)?.thread)
    }

    async fn answered(&self, thread: &ThreadId) -> Result<(), Box<dyn Error>> {
        let began = SystemClock.now();
        loop {
            let view = self.portal.thread_view(thread).ok_or("the thread is gone")?;
            if view.lines.iter().any(|line| line.speaker == Speaker::Ai) {
                return Ok(());
            }
            if SystemClock.now().since(began) > PATIENCE {
                return Err(format!("thread {thread} got no answer").into());
            }
            sleep(LOOK).await;
        }
    }
}
