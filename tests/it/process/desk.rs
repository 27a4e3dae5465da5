//! A portal on a port with its deliveries, and a bridge process beside it; everything ends with the desk.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::domain::ThreadId;
use hubspot_bridge::sandbox::command::{Addresses, Bridge};
use hubspot_bridge::sandbox::portal::people::{Customer, Posted};
use hubspot_bridge::sandbox::portal::{Portal, Seed, Signing, Speaker, Target};
use hubspot_bridge::sandbox::{deliver, server};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_hubspot-bridge");
pub const TOKEN: &str = "admin-canary-4f1d";
/// Far beyond what a step needs: reached only when the bridge does not do it at all.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub const MESSAGES: &str = "/conversations/v3/conversations/threads/*/messages";
pub const MESSAGE: &str = "/conversations/v3/conversations/threads/*/messages/*";

/// Portal and bridge.
pub struct Desk {
    pub portal: Portal,
    pub bridge: Bridge,
    pub home: TempDir,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

/// An address below the ports the system gives away, and no other test's.
pub fn address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 80).unwrap() * 100;
    loop {
        let port = 12_000 + (start + NEXT.fetch_add(1, Ordering::SeqCst)) % 8_000;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

impl Desk {
    /// A running portal; the bridge is set up but not started.
    pub async fn closed() -> Self {
        let portal = Portal::new(Seed::default(), Arc::new(SystemClock));
        let at = Addresses { portal: address(), public: address(), admin: address() };
        let home = tempfile::tempdir().unwrap();
        let (client, stop) = (deliver::client().unwrap(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        let listener = tokio::net::TcpListener::bind(at.portal).await.unwrap();
        let serving = server::serve(listener, server::Options { portal: portal.clone(), bridge: None }, stop.clone());
        tasks.spawn(async move { serving.await.unwrap() });
        tasks.spawn(deliver::run(portal.clone(), client.clone(), stop.clone()));
        portal.set_target(Some(Target {
            url: format!("http://{}/webhooks/hubspot/acme", at.public),
            secret: portal.seed().client_secret,
            signing: Signing::Both,
            retry_scale: 0.003,
        }));
        let settings = home.path().join("bridge.toml");
        let database = home.path().join("bridge.db");
        std::fs::write(&settings, self::settings(&portal.seed(), &at, &database)).unwrap();
        let log = home.path().join("bridge.log");
        let bridge =
            Bridge { program: PROGRAM.into(), settings, log, at, token: TOKEN.to_owned(), client, child: None };
        Self { portal, bridge, home, tasks, stop }
    }

    /// The same, and the bridge is ready.
    pub async fn open() -> Self {
        let mut desk = Self::closed().await;
        desk.bridge.start().await.unwrap();
        desk
    }

    /// Changes the settings before the bridge starts.
    pub fn rewrite(&self, change: impl FnOnce(String) -> String) {
        let text = std::fs::read_to_string(&self.bridge.settings).unwrap();
        std::fs::write(&self.bridge.settings, change(text)).unwrap();
    }

    pub fn asks(&self, text: &str) -> Posted {
        self.portal.customer_chats(&Customer::default(), None, text).unwrap()
    }

    /// What the AI has told the customer.
    pub fn answers(&self, thread: &ThreadId) -> Vec<String> {
        let view = self.portal.thread_view(thread).unwrap();
        view.lines.into_iter().filter(|line| line.speaker == Speaker::Ai).map(|line| line.text).collect()
    }

    /// The admin API's answer; null while nobody answers.
    pub async fn api(&self, path: &str) -> Value {
        let url = format!("http://{}/api/v1{path}", self.bridge.at.admin);
        match self.bridge.client.get(url).bearer_auth(TOKEN).send().await {
            Ok(answer) => answer.json().await.unwrap_or(Value::Null),
            Err(_) => Value::Null,
        }
    }

    /// The newest two hundred events.
    pub async fn events(&self) -> Vec<Value> {
        self.api("/events?limit=200").await["items"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until everything HubSpot announced was taken and has ended, and returns it all.
    pub async fn settled(&self) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let events = self.events().await;
            let open = events.iter().filter(|event| event["outcome"].is_null()).count();
            let outstanding = self.portal.outstanding_events();
            if !events.is_empty() && open == 0 && outstanding == 0 {
                return events;
            }
            assert!(
                Instant::now() < deadline,
                "{outstanding} wait for delivery, {open} have not ended: {events:#?}\n{}",
                self.log()
            );
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until it is so.
    pub async fn until(&self, expected: &str, so: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !so().await {
            assert!(Instant::now() < deadline, "never seen: {expected}\n{}", self.log());
            sleep(LOOK_AGAIN).await;
        }
    }

    /// How often the bridge made such a call.
    pub fn calls(&self, method: &str, path: &str) -> usize {
        let state = self.portal.snapshot();
        let calls = state["calls"].as_array().unwrap().iter();
        calls.filter(|call| call["method"] == method && call["path"].as_str().unwrap().starts_with(path)).count()
    }

    /// Waits for the call that a fault of the portal is lying in wait for.
    pub async fn called(&self, method: &str, path: &str) {
        self.until(&format!("{method} {path}"), async || self.calls(method, path) > 0).await;
    }

    /// What the process has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.bridge.log).unwrap_or_default()
    }

    /// Runs another command of the same binary with the bridge's settings.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let settings = self.bridge.settings.clone();
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        tokio::task::spawn_blocking(move || run(&settings, &arguments)).await.unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.cancel();
        self.tasks.abort_all();
    }
}

/// The path a thread's messages are posted to.
pub fn messages_of(thread: &ThreadId) -> String {
    format!("/conversations/v3/conversations/threads/{thread}/messages")
}

/// One command to its end, free of what this shell is set up for.
pub fn run<S: AsRef<std::ffi::OsStr>>(settings: &Path, arguments: &[S]) -> Output {
    let mut command = Command::new(PROGRAM);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BRIDGE_")) {
        command.env_remove(name);
    }
    command.args(arguments).arg("--config").arg(settings).output().unwrap()
}

/// What a command printed, both streams.
pub fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Settings with short waits.
pub fn settings(seed: &Seed, at: &Addresses, database: &Path) -> String {
    let articles = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/faq");
    format!(
        r#"
[server]
listen = "{public}"
public_url = "http://{public}"
[admin]
listen = "{admin}"
token = "{TOKEN}"
[store]
url = "sqlite:{database}"
lock_wait = "300ms"
[hubspot]
api_url = "http://{portal}"
timeout = "1500ms"
[connections.acme]
portal_id = {portal_id}
access_token = "{token}"
client_secret = "{secret}"
ai_user_id = "{ai}"
default_user_id = "{rep}"
[connections.acme.agent]
articles = "{articles}"
[delivery]
quiet_period = "50ms"
email_delay = "50ms"
settle = "1s"
"#,
        public = at.public,
        admin = at.admin,
        portal = at.portal,
        database = database.display(),
        articles = articles.display(),
        portal_id = seed.portal_id,
        token = seed.token,
        secret = seed.client_secret,
        ai = seed.ai.actor(),
        rep = seed.reps[0].actor(),
    )
}
