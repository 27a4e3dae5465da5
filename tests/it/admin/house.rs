//! An admin listener over a real store in memory, and the events to fill it with.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use hubspot_bridge::admin;
use hubspot_bridge::clock::Clock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::doctor::Examinations;
use hubspot_bridge::domain::{
    ConnectionName, DedupKey, Ending, EventKind, Lane, MessageId, NewEvent, Object, Outcome, Schedule, SessionPatch,
    ThreadId, Timestamp,
};
use hubspot_bridge::intake::Observed;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{
    Batch, Claim, Finish, Interrupts, SessionChange, SessionKey, StepIntent, StepResult, StepStatus, Store,
};
use hubspot_bridge::telemetry::Metrics;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::config::desk::{Desk, LEAST};

/// 2026-11-21T09:00:00Z.
pub(crate) const START: Timestamp = Timestamp(1_795_251_600_000);

/// A clock that stands still unless it is moved.
#[derive(Debug)]
pub(crate) struct Still(AtomicI64);

impl Still {
    pub(crate) fn jump(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct House {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<Still>,
    pub(crate) problems: admin::Problems,
    pub(crate) closing: CancellationToken,
    pub(crate) metrics: Metrics,
    pub(crate) observed: Observed,
    pub(crate) router: Router,
}

impl House {
    /// With settings below the least ones, e.g. an `[admin]` table.
    pub(crate) async fn new(settings: &str) -> Self {
        let desk = Desk::new(&format!("{LEAST}{settings}"));
        let clock = Arc::new(Still(AtomicI64::new(START.0)));
        let options = Options {
            location: Location::Memory,
            lock_wait: Duration::ZERO,
            clock: Arc::<Still>::clone(&clock),
            interrupts: Interrupts::default(),
            mode: Mode::Inline,
        };
        let store = Arc::new(SqliteStore::open(options).await.unwrap());
        let problems = admin::Problems::default();
        let closing = CancellationToken::new();
        let (metrics, observed) = (Metrics::default(), Observed::default());
        let state = admin::State {
            store: Arc::<SqliteStore>::clone(&store),
            ledger: Arc::<SqliteStore>::clone(&store),
            config: Arc::new(desk.load(&[]).unwrap().config),
            metrics: metrics.clone(),
            contexts: Arc::default(),
            observed: observed.clone(),
            examinations: Examinations::default(),
            clock: Arc::<Still>::clone(&clock),
            problems: admin::Problems::clone(&problems),
            closing: closing.clone(),
        };
        Self { store, clock, problems, closing, metrics, observed, router: admin::router(state) }
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.ask("GET", path, &[]).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (StatusCode, Value) {
        let (status, text) = self.text(method, path, headers).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// With a body.
    pub(crate) async fn send(&self, method: &str, path: &str, body: impl Into<String>) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).body(Body::from(body.into())).unwrap();
        let (status, text) = self.answer(request).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub(crate) async fn text(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(request.body(Body::empty()).unwrap()).await
    }

    async fn answer(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Stores a message event of a thread; its id is `evt_N` in order of arrival.
    pub(crate) async fn message(&self, thread: &str, message: &str) {
        let event = message_event(thread, message);
        self.store.append(Batch { events: vec![event], dirty: Vec::new() }).await.unwrap();
    }

    /// Runs the one due mailbox: a reply with a journalled step, and a session, if the outcome is a reply.
    pub(crate) async fn turn(&self, end: impl Fn(Ending) -> Ending) {
        let claim = Claim { lane: Lane::Conversation, n: 1, ttl: Duration::from_mins(1), sharers: Vec::new() };
        let lease = self.store.claim(claim).await.unwrap().remove(0);
        let turn = self.store.open_turn(&lease).await.unwrap().unwrap();
        let intent = StepIntent {
            name: "post_reply".to_owned(),
            act_deadline: self.clock.now().after(Duration::from_secs(10)),
            anchor: None,
            text_hash: Some("canary-hash".to_owned()),
            text: Some("canary: what was said".to_owned()),
        };
        self.store.intend(&lease, intent).await.unwrap();
        let result = StepResult {
            status: StepStatus::Done,
            result: Some("{\"v\":1,\"message_id\":\"posted-1\"}".to_owned()),
            text: None,
            posted: Some(MessageId::from("posted-1")),
        };
        self.store.settle(&lease, "post_reply", result).await.unwrap();
        let endings = turn.events.iter().map(|event| end(Ending::done(event.id, Outcome::Replied))).collect();
        self.store.finish(&lease, Finish { endings, ..Finish::default() }).await.unwrap();
    }

    /// A session of a thread.
    pub(crate) async fn session(&self, thread: &str, patch: SessionPatch) {
        let key = SessionKey::Thread(ConnectionName::from("acme"), ThreadId::from(thread));
        self.store.patch_session(SessionChange { key, version: 0, patch, followups: Vec::new() }).await.unwrap();
    }
}

pub(crate) fn message_event(thread: &str, message: &str) -> NewEvent {
    NewEvent {
        connection: ConnectionName::from("acme"),
        object: Some(Object::Thread(ThreadId::from(thread))),
        kind: EventKind::NewMessage,
        message_id: Some(MessageId::from(message)),
        message_type: Some("MESSAGE".to_owned()),
        property: None,
        value: None,
        hubspot_event_id: None,
        app_id: None,
        source: None,
        occurred_at: None,
        data: None,
        dedup: DedupKey::of(&[thread, message]),
        seen: 1,
        schedule: Schedule::Now,
        interrupt: false,
        ended: None,
        detail: None,
    }
}
