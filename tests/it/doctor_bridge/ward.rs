//! A connection that is well in every respect the bridge's own lines look at, to be made ill in one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::store::Location;
use hubspot_bridge::config::{Config, Connection};
use hubspot_bridge::doctor::{Line, Patient, queue, store, subscriptions, webhook};
use hubspot_bridge::domain::{ConnectionName, Reason, State, Timestamp};
use hubspot_bridge::handlers::Context;
use hubspot_bridge::handlers::context::Common;
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use hubspot_bridge::intake::observed::{Call, Forwarded, Refused, Seen};
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Batch, Interrupts, Ledger, Store};
use hubspot_bridge::telemetry::Metrics;

use crate::admin::house::{START, message_event};
use crate::conversation::agent::Scripted;
use crate::intake::fixture;

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// What the network answers to anything, and how HubSpot dates it.
#[derive(Clone)]
pub struct Net {
    pub livez: Result<(u16, &'static str), TransportError>,
    pub location: &'static str,
    pub date: Option<&'static str>,
}

struct Wire(Mutex<Net>);

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: http::Request<Bytes>, _: Duration) -> Result<http::Response<Bytes>, TransportError> {
        let net = self.0.lock().unwrap().clone();
        let mut answer = http::Response::builder();
        if let Some(date) = net.date {
            answer = answer.header("date", date);
        }
        if request.uri().host() == Some("api.hubapi.com") {
            return Ok(answer.body(Bytes::from("{\"hubId\": 1}")).unwrap());
        }
        assert!(request.headers().get("authorization").is_none(), "the token goes to HubSpot only");
        if request.uri().path() != "/livez" {
            return Ok(answer.status(404).body(Bytes::new()).unwrap());
        }
        let (status, body) = net.livez?;
        Ok(answer.status(status).header("location", net.location).body(Bytes::from(body)).unwrap())
    }
}

/// What is done to the store.
#[derive(Clone, Debug)]
pub enum Deed {
    Waits(i64),
    Died,
    Held,
    Found(u64),
    SweptTo(i64),
    DiskLow,
    Closed,
}

pub struct Ward {
    pub config: Config,
    pub seen: Option<Seen>,
    pub serves: bool,
    pub net: Net,
    pub deeds: Vec<Deed>,
}

impl Ward {
    pub fn healthy() -> Self {
        let mut config = fixture::config(vec![fixture::connection("acme", fixture::PORTAL)]);
        config.store.location = Location::File("replaced".into());
        let types = [
            "conversation.newMessage",
            "conversation.propertyChange assignedTo",
            "conversation.propertyChange status",
            "conversation.propertyChange isArchived",
            "conversation.deletion",
            "conversation.privacyDeletion",
            "ticket.propertyChange",
            "object.creation 0-46",
        ];
        let seen = Seen {
            delivery: Some(call(-5 * MINUTE)),
            types: types.map(|kind| (kind.to_owned(), at(-HOUR))).into(),
            ..Seen::default()
        };
        let net =
            Net { livez: Ok((200, "{\"status\":\"ok\"}")), location: "", date: Some("Sat, 21 Nov 2026 09:00:00 GMT") };
        Self { config, seen: Some(seen), serves: true, net, deeds: Vec::new() }
    }

    pub fn seen(&mut self) -> &mut Seen {
        self.seen.as_mut().unwrap()
    }

    pub fn acme(&mut self) -> &mut Connection {
        self.config.connections.get_mut(&ConnectionName::from("acme")).unwrap()
    }

    /// Refused so many milliseconds from now.
    pub fn refused(&mut self, cause: &str, when: i64, v3: bool, skew_ms: Option<i64>) -> &mut Refused {
        let call = Call { v3, ..call(when) };
        self.seen().refusals.push_back(Refused { call, cause: cause.to_owned(), skew_ms });
        self.seen().refusals.back_mut().unwrap()
    }

    /// The bridge's own lines.
    pub async fn examine(mut self) -> Vec<Line> {
        let folder = tempfile::tempdir().unwrap();
        let memory = self.config.store.location == Location::Memory;
        if !memory {
            self.config.store.location = Location::File(folder.path().join("bridge.db"));
        }
        let clock = ManualClock::starting_at(START);
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let options = Options {
            location: self.config.store.location.clone(),
            lock_wait: Duration::ZERO,
            clock: Arc::clone(&shared),
            interrupts: Interrupts::default(),
            mode: Mode::Inline,
        };
        let sqlite = Arc::new(SqliteStore::open(options).await.unwrap());
        sqlite.set_cursor("sweep/acme", &at(-MINUTE).0.to_string()).await.unwrap();
        for deed in &self.deeds {
            done(deed, &sqlite, &clock).await;
        }
        let dynamic: Arc<dyn Store> = Arc::<SqliteStore>::clone(&sqlite);
        let common = Common { config: &self.config, store: &dynamic, clock: &shared, metrics: &Metrics::default() };
        let settings = &self.config.connections[&ConnectionName::from("acme")];
        let transport = Arc::new(Wire(Mutex::new(self.net)));
        let cx = Context::new(common, settings, transport, Arc::new(Scripted::default()));
        // As the groups before have done: HubSpot has answered once.
        cx.hubspot.token_info().await.unwrap();
        let open = !self.deeds.iter().any(|deed| matches!(deed, Deed::Closed));
        let patient = Patient {
            cx: &cx,
            config: &self.config,
            ledger: open.then(|| -> &dyn Ledger { sqlite.as_ref() }),
            store: open.then(|| -> &dyn Store { sqlite.as_ref() }),
            seen: self.seen,
            serves: self.serves,
            now: START,
        };
        let mut lines = webhook::lines(&patient).await;
        lines.extend(subscriptions::lines(&patient).await);
        lines.extend(store::lines(&patient).await);
        lines.extend(queue::lines(&patient).await);
        lines
    }
}

async fn done(deed: &Deed, store: &SqliteStore, clock: &ManualClock) {
    let acme = ConnectionName::from("acme");
    match deed {
        Deed::Waits(ms) => {
            clock.jump(-ms);
            let events = vec![message_event("t1", "m1")];
            store.append(Batch { events, dirty: Vec::new() }).await.unwrap();
            clock.jump(*ms);
        }
        Deed::Died => {
            let ended = Some((State::Dead, Reason::PayloadUnreadable));
            let events = vec![hubspot_bridge::domain::NewEvent { ended, ..message_event("t2", "m2") }];
            store.append(Batch { events, dirty: Vec::new() }).await.unwrap();
        }
        Deed::Held => store.hold(&acme, at(MINUTE), "unauthorized: HubSpot refuses the token").await.unwrap(),
        Deed::Found(count) => {
            let hour = START.0.div_euclid(HOUR);
            let text = format!("{{\"v\":1,\"hours\":{{\"{hour}\":{count},\"{}\":1000}}}}", hour - 25);
            store.set_cursor("swept/acme", &text).await.unwrap();
        }
        Deed::SweptTo(ms) => store.set_cursor("sweep/acme", &at(*ms).0.to_string()).await.unwrap(),
        Deed::DiskLow => store.pretend_space(Some((1, 1 << 40))),
        Deed::Closed => {}
    }
}

/// So many milliseconds from now.
pub fn at(ms: i64) -> Timestamp {
    Timestamp(START.0 + ms)
}

/// A delivery as it should come.
pub fn call(ms: i64) -> Call {
    Call {
        at: at(ms),
        host: Some("bridge.example.com".to_owned()),
        forwarded: Forwarded::default(),
        path: "/webhooks/hubspot/acme".to_owned(),
        v3: true,
    }
}
