//! A portal with its people and a bridge beside it. Time is paused and moves only while a test waits here; webhooks are
//! carried only then, so that a test decides what comes before what.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::{self, Config, Connection};
use hubspot_bridge::domain::{
    ActorId, ConnectionName, Event, MessageId, Object, Outcome, PortalId, Session, State, ThreadId, Timestamp,
};
use hubspot_bridge::sandbox::portal::people::{Customer, Email, Posted};
use hubspot_bridge::sandbox::portal::{Effect, Fault, Portal, Received, Seed, Signing, Target, signature};
use hubspot_bridge::store::SessionKey;
use hubspot_bridge::store::types::EventFilter;
use serde_json::Value;
use tower::ServiceExt as _;

use super::agent::Scripted;
use super::life::Life;
use super::record;

const URL: &str = "https://bridge.example.com";
/// 2026-11-21T12:00:00Z.
const NOON: Timestamp = Timestamp(1_795_262_400_000);
const STEP: Duration = Duration::from_millis(100);
const IDLE_STEP: Duration = Duration::from_secs(2);

pub struct House {
    pub portal: Portal,
    /// A second portal, joined as `beta`.
    pub beta: Portal,
    pub agent: Scripted,
    pub clock: Arc<ManualClock>,
    pub config: Arc<Config>,
    folder: tempfile::TempDir,
    life: Option<Life>,
}

/// The settings of the connection under test.
pub fn acme(config: &mut Config) -> &mut Connection {
    config.connections.get_mut(&ConnectionName::from("acme")).unwrap()
}

impl House {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A house whose settings differ; its agent answers at once and keeps no state.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut house = Self::unborn(change);
        house.start().await;
        house
    }

    /// A house whose bridge was never started.
    pub fn unborn(change: impl FnOnce(&mut Config)) -> Self {
        let clock = ManualClock::starting_at(NOON);
        let portal = Portal::new(Seed::new(1), Arc::<ManualClock>::clone(&clock));
        let mut other = Seed::new(2);
        other.portal_id = PortalId(87_654_321);
        "pat-na1-of-the-other-portal".clone_into(&mut other.token);
        let beta = Portal::new(other, Arc::<ManualClock>::clone(&clock));
        for (portal, name) in [(&portal, "acme"), (&beta, "beta")] {
            let (url, secret) = (format!("{URL}/webhooks/hubspot/{name}"), portal.seed().client_secret);
            portal.set_target(Some(Target { url, secret, signing: Signing::Both, retry_scale: 0.01 }));
        }
        let mut config = settings(&portal, &beta);
        change(&mut config);
        let folder = tempfile::tempdir().unwrap();
        Self { portal, beta, agent: Scripted::default(), clock, config: Arc::new(config), folder, life: None }
    }

    pub async fn start(&mut self) {
        let portals = BTreeMap::from([("acme".into(), self.portal.clone()), ("beta".into(), self.beta.clone())]);
        let file = self.file();
        self.life = Some(Life::start(&file, &self.config, &portals, &self.agent, &self.clock).await);
        // The first sweep sets its mark before anybody writes.
        self.run_for(STEP).await;
    }

    pub async fn crash(&mut self) {
        self.life.take().unwrap().crash().await;
    }

    pub async fn crash_and_restart(&mut self) {
        self.crash().await;
        self.start().await;
    }

    pub async fn drain(&mut self) {
        self.life.take().unwrap().drain().await;
    }

    /// The database.
    pub fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("bridge.db")
    }

    pub fn life(&self) -> &Life {
        self.life.as_ref().expect("the bridge runs")
    }
}

/// People.
impl House {
    pub fn ai(&self) -> ActorId {
        self.portal.seed().ai.actor()
    }

    pub fn rep(&self) -> ActorId {
        self.portal.seed().reps[0].actor()
    }

    /// Gets handed-off conversations.
    pub fn default_user(&self) -> ActorId {
        self.portal.seed().reps[1].actor()
    }

    pub fn chat(&self, text: &str) -> Posted {
        self.portal.customer_chats(&Customer::default(), None, text).unwrap()
    }

    pub fn chat_on(&self, thread: &ThreadId, text: &str) -> MessageId {
        self.portal.customer_chats(&Customer::default(), Some(thread), text).unwrap().message
    }

    pub fn mail(&self, from: &str, subject: &str, text: &str) -> Posted {
        self.portal.customer_emails(&mail(from, subject, text)).unwrap()
    }

    pub fn assign(&self, thread: &ThreadId, to: Option<&ActorId>) {
        self.portal.assign(thread, to, &self.rep()).unwrap();
    }

    /// Switches a fault of the API on, for so many calls.
    pub fn fault(&self, times: u32, method: &str, route: &str, effect: Effect) {
        self.portal.add_fault(Fault::times(times, method, route, effect));
    }

    /// An operator's or a workflow's word through the admin API.
    pub async fn operator(&self, thread: &ThreadId, action: &str) {
        let id = self.session(thread).await.expect("there is a session").id;
        let request = http::Request::post(format!("/api/v1/sessions/{id}/{action}")).header("host", "127.0.0.1:8081");
        let request = request.body(Body::empty()).unwrap();
        let answer = self.life().admin.clone().oneshot(request).await.unwrap();
        assert!(answer.status().is_success(), "{action} answered {}", answer.status());
    }
}

/// Reads from the admin API.
pub async fn get(house: &House, path: &str) -> (u16, Value) {
    let (status, body) = text(house, path).await;
    (status, serde_json::from_str(&body).unwrap())
}

/// A page, or whatever the admin listener answers.
pub async fn text(house: &House, path: &str) -> (u16, String) {
    let request = http::Request::get(path).header("host", "127.0.0.1:8081").body(Body::empty()).unwrap();
    let answer = house.life().admin.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Whether a connection is held for that cause, as an operator's scrape of `/metrics` shows it.
pub async fn shows_held(house: &House, connection: &str, cause: &str) -> bool {
    let line = format!("bridge_connection_held{{connection=\"{connection}\",cause=\"{cause}\"}} 1");
    text(house, "/metrics").await.1.lines().any(|found| found == line)
}

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

/// Time and webhooks.
impl House {
    /// Carries webhooks for a while.
    pub async fn run_for(&mut self, time: Duration) {
        let end = self.clock.now().after(time);
        while self.clock.now() < end {
            self.deliver().await;
            tokio::time::sleep(STEP.min(end.since(self.clock.now()))).await;
        }
        self.deliver().await;
    }

    /// Carries webhooks until the condition holds.
    pub async fn run_until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let end = self.clock.now().after(Duration::from_hours(2));
        while !condition(self) {
            assert!(self.clock.now() < end, "it never happened: {what}");
            self.run_for(STEP).await;
        }
    }

    /// Carries webhooks until none is on its way and every event of the ledger has ended.
    pub async fn until_quiet(&mut self) {
        let end = self.clock.now().after(Duration::from_hours(24));
        let mut idle = false;
        loop {
            // What is planned for later (a look at a delivery, a backoff) is waited for in longer steps.
            if idle {
                self.deliver().await;
                tokio::time::sleep(IDLE_STEP).await;
            }
            self.run_for(STEP).await;
            self.life.as_mut().unwrap().assert_alive();
            let stats = self.life().ledger.stats().await.unwrap();
            let outstanding = self.portal.outstanding_events() + self.beta.outstanding_events();
            idle = outstanding == 0 && stats.due == 0 && stats.leased == 0;
            if idle && stats.open_events == 0 {
                return;
            }
            assert!(self.clock.now() < end, "never quiet: {stats:?}\n{:#?}", self.open_events().await);
        }
    }

    async fn deliver(&self) {
        for portal in [&self.portal, &self.beta] {
            for attempt in portal.due_deliveries(portal.now()) {
                let mut request = http::Request::post(attempt.url.clone());
                *request.headers_mut().unwrap() = attempt.headers.clone();
                let received = match &self.life {
                    None => Received::Failed,
                    Some(life) => {
                        let request = request.body(Body::from(attempt.body.clone())).unwrap();
                        Received::Status(life.router.clone().oneshot(request).await.unwrap().status().as_u16())
                    }
                };
                portal.delivered(attempt.id, received);
            }
        }
    }

    /// A delivery the portal would not make, signed as it signs.
    pub async fn post(&self, events: Value) {
        let body = events.to_string();
        let signed = signature::v1(&self.portal.seed().client_secret, body.as_bytes());
        let request = http::Request::post(format!("{URL}/webhooks/hubspot/acme"))
            .header("content-type", "application/json")
            .header("x-hubspot-signature", signed)
            .header("x-hubspot-signature-version", "v1");
        let answer = self.life().router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}

/// What became of it.
impl House {
    async fn open_events(&self) -> Vec<Event> {
        let all = self.events(EventFilter::default()).await;
        all.into_iter().filter(|event| !event.state.is_final()).collect()
    }

    /// Events of the ledger, oldest first.
    pub async fn events(&self, filter: EventFilter) -> Vec<Event> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.life().ledger.events(filter.clone(), cursor, 200).await.unwrap();
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                all.reverse();
                return all;
            }
        }
    }

    /// The event that announced a message.
    pub async fn event(&self, message: &MessageId) -> Event {
        let filter = EventFilter { message: Some(message.clone()), ..EventFilter::default() };
        let mut events = self.events(filter).await;
        assert_eq!(events.len(), 1, "one event for {message}: {events:?}");
        events.remove(0)
    }

    /// How the event of a message ended: `replied`, `handed_off/stale`, `skipped/not_ai_owned`, or its state.
    pub async fn outcome(&self, message: &MessageId) -> String {
        ended(&self.event(message).await)
    }

    /// How the events of a thread's customer messages ended, in order.
    pub async fn outcomes(&self, thread: &ThreadId) -> Vec<String> {
        let items = record::thread(&self.portal, thread)["messages"].as_array().unwrap().clone();
        let mut outcomes = Vec::new();
        for item in items.iter().filter(|item| item["direction"] == "INCOMING") {
            outcomes.push(self.outcome(&MessageId::from(item["id"].as_str().unwrap())).await);
        }
        outcomes
    }

    /// How all events of a thread or ticket that are not about a customer's message ended, in order.
    pub async fn outcomes_of(&self, object: Object) -> Vec<String> {
        let events = self.events(EventFilter { object: Some(object), ..EventFilter::default() }).await;
        events.iter().map(|event| format!("{} {}", event.kind.as_str(), ended(event))).collect()
    }

    /// MESSAGEs of the bridge in a thread.
    pub fn public_posts(&self, thread: &ThreadId) -> Vec<String> {
        record::texts(&record::by_us(&self.portal, thread, "MESSAGE"))
    }

    /// COMMENTs of the bridge in a thread.
    pub fn comments(&self, thread: &ThreadId) -> Vec<String> {
        record::texts(&record::by_us(&self.portal, thread, "COMMENT"))
    }

    /// Who owns the thread.
    pub fn owner(&self, thread: &ThreadId) -> Option<String> {
        record::thread(&self.portal, thread)["assignedTo"].as_str().map(str::to_owned)
    }

    pub async fn session(&self, thread: &ThreadId) -> Option<Session> {
        let key = SessionKey::Thread("acme".into(), thread.clone());
        self.life().store.session(&key).await.unwrap()
    }

    pub fn metric(&self, line: &str) -> Option<String> {
        let text = self.life().metrics.render();
        text.lines().find_map(|found| found.strip_prefix(line).map(|value| value.trim().to_owned()))
    }
}

pub fn ended(event: &Event) -> String {
    match (event.state, event.outcome, event.reason) {
        (State::Pending | State::Running, _, _) => event.state.as_str().to_owned(),
        (_, outcome, reason) => {
            let outcome = outcome.map_or("?", Outcome::as_str);
            reason.map_or_else(|| outcome.to_owned(), |reason| format!("{outcome}/{reason}"))
        }
    }
}

fn settings(portal: &Portal, beta: &Portal) -> Config {
    let mut env = BTreeMap::from([
        ("BRIDGE__SERVER__PUBLIC_URL".to_owned(), URL.to_owned()),
        ("BRIDGE__STORE__URL".to_owned(), "sqlite::memory:".to_owned()),
    ]);
    for (name, portal) in [("ACME", portal), ("BETA", beta)] {
        let seed = portal.seed();
        let mut set = |key: &str, value: String| env.insert(format!("BRIDGE__CONNECTIONS__{name}__{key}"), value);
        set("PORTAL_ID", seed.portal_id.to_string());
        set("ACCESS_TOKEN", seed.token.clone());
        set("CLIENT_SECRET", seed.client_secret.clone());
        set("AI_USER_ID", seed.ai.actor().to_string());
        set("DEFAULT_USER_ID", seed.reps[1].actor().to_string());
        set("INTERNAL_DOMAINS", "acme.example".to_owned());
    }
    config::load(None, &env).unwrap_or_else(|problems| panic!("the settings of the tests are wrong: {problems}")).config
}
