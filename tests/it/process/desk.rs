//! A portal on a port with its deliveries, and a bridge process beside it; everything ends with the desk.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::domain::{MessageId, ThreadId, TicketId};
use hubspot_bridge::sandbox::command::{Addresses, Bridge};
use hubspot_bridge::sandbox::portal::people::{Customer, Email, Posted};
use hubspot_bridge::sandbox::portal::{Portal, Seed, Signing, Speaker, Target};
use hubspot_bridge::sandbox::{deliver, server};
use reqwest::Method;
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

/// Settings: says everything there is to say.
pub const DEBUG: &str = "\n[telemetry]\nlog_level = \"debug\"\n";

pub const MESSAGES: &str = "/conversations/v3/conversations/threads/*/messages";
pub const MESSAGE: &str = "/conversations/v3/conversations/threads/*/messages/*";
pub const ASSIGNEE: &str = "/conversations/conversations/v3/threads/*/assignee";
pub const CONTACTS: &str = "/crm/v3/objects/contacts";
pub const TICKETS: &str = "/crm/v3/objects/tickets";

/// Portal and bridge.
pub struct Desk {
    pub portal: Portal,
    pub bridge: Bridge,
    pub home: TempDir,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

/// An address below the ports the system gives away, and no other test's as long as this process lives: all of them hold
/// the UDP port of the same number.
pub fn address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    static HELD: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());
    let start = u16::try_from(std::process::id() % 80).unwrap() * 100;
    loop {
        let port = 12_000 + (start + NEXT.fetch_add(1, Ordering::SeqCst)) % 8_000;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let Ok(held) = UdpSocket::bind(address) else { continue };
        if TcpListener::bind(address).is_ok() {
            HELD.lock().unwrap().push(held);
            return address;
        }
    }
}

impl Desk {
    /// A running portal; the bridge is set up but not started.
    pub async fn closed() -> Self {
        Self::of(Seed::default()).await
    }

    /// The same with a portal of this seed.
    pub async fn of(seed: Seed) -> Self {
        let portal = Portal::new(seed, Arc::new(SystemClock));
        let at = Addresses { portal: address(), public: address(), admin: address() };
        let home = tempfile::tempdir().unwrap();
        let (client, stop) = (deliver::client().unwrap(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        let listener = tokio::net::TcpListener::bind(at.portal).await.unwrap();
        let serving = server::serve(
            listener,
            server::Options { portal: portal.clone(), console: None, assistant: None },
            stop.clone(),
        );
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
        let bridge = Bridge { program: PROGRAM.into(), settings, log, at, client, child: None };
        Self { portal, bridge, home, tasks, stop }
    }

    /// The same, and the bridge is ready.
    pub async fn open() -> Self {
        let mut desk = Self::closed().await;
        desk.bridge.start().await.unwrap();
        desk
    }

    /// The same with changed settings. It logs all it can, so that [`secrets::unlogged`](super::secrets::unlogged) has
    /// something to look at.
    pub async fn with(change: impl FnOnce(String) -> String) -> Self {
        let mut desk = Self::closed().await;
        desk.rewrite(|text| change(text) + DEBUG);
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

    /// Asks something of the admin API: the status and what it says.
    pub async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("http://{}/api/v1{path}", self.bridge.at.admin);
        let answer = self.bridge.client.request(method, url).bearer_auth(TOKEN).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// The session of a thread; null without one.
    pub async fn session(&self, thread: &ThreadId) -> Value {
        self.api(&format!("/sessions?thread={thread}")).await["items"][0].clone()
    }

    /// Every event, the newest first; none while nobody answers.
    pub async fn events(&self) -> Vec<Value> {
        let (mut events, mut path) = (Vec::new(), "/events?limit=200".to_owned());
        loop {
            let page = self.api(&path).await;
            let Some(items) = page["items"].as_array() else { return Vec::new() };
            events.extend(items.iter().cloned());
            let Some(next) = page["next"].as_str() else { return events };
            path = format!("/events?limit=200&cursor={next}");
        }
    }

    /// Waits until everything HubSpot announced was taken and has ended, and returns it all. Only the looks whether a
    /// reply arrived may lie ahead: a mail's second one does by ten minutes.
    pub async fn settled(&self) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // First: what is delivered after this is among the events.
            let outstanding = self.portal.outstanding_events();
            let events = self.events().await;
            let open = |event: &&Value| event["outcome"].is_null() && event["type"] != "delivery_check";
            let open = events.iter().filter(open).count();
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

    /// What a thread holds of one type (`MESSAGE`, `COMMENT`, `ASSIGNMENT`), oldest first.
    pub fn items(&self, thread: &ThreadId, kind: &str) -> Vec<Value> {
        let threads = self.records("threads");
        let thread = threads.iter().find(|found| found["id"] == thread.as_str()).unwrap();
        thread["messages"].as_array().unwrap().iter().filter(|item| item["type"] == kind).cloned().collect()
    }

    /// All records of a kind: `contacts`, `tickets`, `threads`.
    pub fn records(&self, kind: &str) -> Vec<Value> {
        self.portal.snapshot()[kind].as_array().unwrap().clone()
    }

    /// The tickets the bridge made.
    pub fn tickets_made(&self) -> Vec<Value> {
        let ours = |ticket: &Value| {
            ticket["properties"]["content"].as_str().is_some_and(|text| text.contains("[hubspot-bridge acme/"))
        };
        self.records("tickets").into_iter().filter(ours).collect()
    }

    /// One property of a ticket; null when it is not set.
    pub fn property(&self, ticket: &TicketId, name: &str) -> Value {
        let tickets = self.records("tickets");
        tickets.iter().find(|found| found["id"] == ticket.as_str()).unwrap()["properties"][name].clone()
    }

    /// The thread's ticket.
    pub fn ticket_of(&self, thread: &ThreadId) -> TicketId {
        TicketId(self.portal.thread_view(thread).unwrap().ticket.unwrap().id)
    }

    /// The bridge's database.
    pub fn database(&self) -> PathBuf {
        self.home.path().join("bridge.db")
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

/// How a message's event ended: `replied`, `skipped/session_paused`.
pub fn ended(events: &[Value], message: &MessageId) -> String {
    let event = events.iter().find(|event| event["message_id"] == message.0.as_str());
    event.map_or_else(|| "no such event".to_owned(), ending)
}

/// How an event ended.
pub fn ending(event: &Value) -> String {
    let words = ["outcome", "reason"].map(|key| event[key].as_str().unwrap_or_default().to_owned());
    words.join("/").trim_end_matches('/').to_owned()
}

/// A mail to the shared inbox, or with `account` to another one.
pub fn mail(from: &str, subject: &str, text: &str) -> Email {
    Email {
        from: from.to_owned(),
        name: None,
        subject: subject.to_owned(),
        text: text.to_owned(),
        quoted: None,
        account: None,
        thread: None,
    }
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
