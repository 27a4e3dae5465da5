//! The webhook outbox: events wait, leave in signed batches, and are retried as HubSpot does, whoever carries them.
//!
//! The carrier ([`crate::sandbox::deliver`] over sockets, the simulation in process) asks for due attempts and reports
//! what became of each.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chance::Draw;
use super::event::Envelope;
use super::fault::DeliveryFaults;
use super::signature;
use crate::domain::Timestamp;

/// Events of one request.
const BATCH_MAX: usize = 100;
/// Requests HubSpot keeps in flight for an app and account.
const IN_FLIGHT_MAX: usize = 10;
/// Retries after the first attempt.
const RETRIES_MAX: u32 = 10;
/// Attempts the log keeps.
const LOG_MAX: usize = 2_000;
/// The first retry's mean wait in HubSpot's time; each one doubles it, so ten fill about a day.
const FIRST_RETRY: Duration = Duration::from_mins(1);
/// HubSpot gives a receiver this long.
pub const RESPONSE_DEADLINE: Duration = Duration::from_secs(5);

/// Which signature headers a delivery carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// The older one and v3 together: v1 for webhooks, v2 for workflow actions.
    #[default]
    Both,
    /// Only v1: what an app without v3 sees.
    V1,
    /// Only v2.
    V2,
    /// Only v3.
    V3,
}

/// Where and how deliveries go.
#[derive(Clone, Debug)]
pub struct Target {
    /// The full URL, which v3 signs.
    pub url: String,
    /// The app's client secret.
    pub secret: String,
    /// Which headers.
    pub signing: Signing,
    /// HubSpot's day of retries times this; 1.0 is HubSpot's own pace.
    pub retry_scale: f64,
}

impl Target {
    /// Where a workflow action is posted: beside the webhooks of the same connection.
    fn action_url(&self, name: &str) -> Option<String> {
        let (base, connection) = self.url.split_once("/webhooks/hubspot/")?;
        Some(format!("{base}/actions/hubspot/{connection}/{name}"))
    }
}

/// One attempt at one delivery, ready to be posted.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// To report on.
    pub id: u64,
    /// Where to.
    pub url: String,
    /// Content type, user agent and signatures, made for this attempt.
    pub headers: HeaderMap,
    /// A JSON array of events, or the JSON object of one workflow action.
    pub body: Bytes,
    /// From 0.
    pub number: u32,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Received {
    /// The receiver answered this status.
    Status(u16),
    /// No answer within [`RESPONSE_DEADLINE`].
    Timeout,
    /// No connection, or a broken one.
    Failed,
}

/// One line of the delivery log.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// The delivery.
    pub delivery: u64,
    /// From 0.
    pub attempt: u32,
    /// Epoch milliseconds.
    pub at: i64,
    /// Type and object of each event; of a workflow action `action {name}` and its object.
    pub events: Vec<(String, u64)>,
    /// What became of it; none while it runs.
    pub received: Option<Received>,
}

/// What one request carries.
#[derive(Debug)]
enum Load {
    Events(Vec<Envelope>),
    Action { name: String, object: u64, body: Bytes, signing: Option<Signing> },
}

impl Load {
    /// Events, or the one action.
    fn len(&self) -> usize {
        match self {
            Self::Events(events) => events.len(),
            Self::Action { .. } => 1,
        }
    }

    /// For the log.
    fn words(&self) -> Vec<(String, u64)> {
        match self {
            Self::Events(events) => events.iter().map(|e| (e.subscription_type.to_owned(), e.object_id)).collect(),
            Self::Action { name, object, .. } => vec![(format!("action {name}"), *object)],
        }
    }

    /// Is this the end? HubSpot tries a workflow action again after trouble, not after a refusal.
    fn settled_by(&self, received: Received) -> bool {
        match received {
            Received::Status(200..=299) => true,
            Received::Status(status @ 400..=499) => matches!(self, Self::Action { .. }) && status != 429,
            Received::Status(_) | Received::Timeout | Received::Failed => false,
        }
    }
}

#[derive(Debug)]
struct Delivery {
    load: Load,
    attempt: u32,
    due: Timestamp,
    in_flight: bool,
}

/// Waiting events, deliveries under way, and the log.
#[derive(Debug, Default)]
pub struct Outbox {
    /// None: events are raised and go nowhere.
    pub target: Option<Target>,
    /// Faults on the way.
    pub faults: DeliveryFaults,
    /// How often each of them struck, in words.
    pub struck: BTreeMap<&'static str, u64>,
    waiting: Vec<(Timestamp, Envelope)>,
    deliveries: BTreeMap<u64, Delivery>,
    next_id: u64,
    log: VecDeque<LogLine>,
}

impl Outbox {
    /// An event happened.
    pub fn push(&mut self, now: Timestamp, event: Envelope, draw: &mut Draw) {
        if self.target.is_none() {
            return;
        }
        if draw.chance(self.faults.lose) {
            self.strike("webhook lost");
            return;
        }
        if draw.chance(self.faults.duplicate) {
            self.strike("webhook doubled");
            let later = now.after(draw.within(Duration::from_millis(self.faults.delay_max_ms)));
            self.deliver(Load::Events(vec![event.clone()]), later);
        }
        let held = if draw.chance(self.faults.delay) {
            self.strike("webhook late");
            draw.within(Duration::from_millis(self.faults.delay_max_ms))
        } else {
            Duration::ZERO
        };
        self.waiting.push((now.after(held), event));
    }

    /// A workflow ran an action on this object. False without a target that has a place for actions.
    pub fn act(&mut self, now: Timestamp, name: &str, object: u64, body: &Value, signing: Option<Signing>) -> bool {
        if self.target.as_ref().and_then(|target| target.action_url(name)).is_none() {
            return false;
        }
        let body = Bytes::from(body.to_string());
        self.deliver(Load::Action { name: name.to_owned(), object, body, signing }, now);
        true
    }

    /// Attempts due now, at most ten in flight; each must be reported with [`Self::received`].
    pub fn due(&mut self, now: Timestamp, draw: &mut Draw) -> Vec<Attempt> {
        self.pack(now, draw);
        let Some(target) = self.target.clone() else { return Vec::new() };
        let in_flight = self.deliveries.values().filter(|delivery| delivery.in_flight).count();
        let mut ready: Vec<_> =
            self.deliveries.iter().filter(|(_, d)| !d.in_flight && d.due <= now).map(|(id, d)| (d.due, *id)).collect();
        ready.sort_unstable();
        ready.truncate(IN_FLIGHT_MAX.saturating_sub(in_flight));
        ready.into_iter().filter_map(|(_, id)| self.start(id, now, &target)).collect()
    }

    /// What became of an attempt: what is not settled is retried, up to ten times.
    pub fn received(&mut self, id: u64, now: Timestamp, received: Received, draw: &mut Draw) {
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        let attempt = delivery.attempt;
        let taken = delivery.load.settled_by(received);
        let forgotten = taken && draw.chance(self.faults.forget);
        if forgotten {
            *self.struck.entry("delivery forgotten").or_default() += 1;
        }
        let settled = taken && !forgotten;
        if settled || attempt >= RETRIES_MAX {
            self.deliveries.remove(&id);
        } else {
            let scale = self.target.as_ref().map_or(1.0, |target| target.retry_scale);
            let mean = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(attempt)).mul_f64(scale);
            delivery.due = now.after(mean.mul_f64(draw.jitter()));
            delivery.attempt += 1;
            delivery.in_flight = false;
        }
        let line = self.log.iter_mut().rev().find(|line| line.delivery == id && line.attempt == attempt);
        if let Some(line) = line {
            line.received = Some(received);
        }
    }

    /// When the next attempt can leave; none while ten are in flight.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.target.as_ref()?;
        if self.deliveries.values().filter(|delivery| delivery.in_flight).count() >= IN_FLIGHT_MAX {
            return None;
        }
        let waiting = self.waiting.iter().map(|(at, _)| *at);
        waiting.chain(self.deliveries.values().filter(|d| !d.in_flight).map(|d| d.due)).min()
    }

    /// Events not yet accepted by the receiver.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.waiting.len() + self.deliveries.values().map(|delivery| delivery.load.len()).sum::<usize>()
    }

    /// The newest attempts, oldest first.
    pub fn log(&self) -> impl Iterator<Item = &LogLine> {
        self.log.iter()
    }

    fn strike(&mut self, what: &'static str) {
        *self.struck.entry(what).or_default() += 1;
    }

    fn deliver(&mut self, load: Load, due: Timestamp) {
        self.next_id += 1;
        self.deliveries.insert(self.next_id, Delivery { load, attempt: 0, due, in_flight: false });
    }

    /// Makes deliveries of the events that wait no longer.
    fn pack(&mut self, now: Timestamp, draw: &mut Draw) {
        let (mut ready, waiting): (Vec<_>, Vec<_>) = self.waiting.drain(..).partition(|(at, _)| *at <= now);
        self.waiting = waiting;
        if ready.len() > 1 && draw.chance(self.faults.reorder) {
            self.strike("batch shuffled");
            draw.shuffle(&mut ready);
        }
        let size = if self.faults.batch == 0 { BATCH_MAX } else { self.faults.batch.min(BATCH_MAX) };
        let events: Vec<Envelope> = ready.into_iter().map(|(_, event)| event).collect();
        for batch in events.chunks(size) {
            self.deliver(Load::Events(batch.to_vec()), now);
        }
    }

    fn start(&mut self, id: u64, now: Timestamp, target: &Target) -> Option<Attempt> {
        let delivery = self.deliveries.get_mut(&id)?;
        delivery.in_flight = true;
        let (url, body, signing) = match &mut delivery.load {
            Load::Events(events) => {
                for event in events.iter_mut() {
                    event.attempt_number = delivery.attempt;
                }
                let body = Bytes::from(serde_json::to_vec(events).unwrap_or_default());
                (target.url.clone(), body, (target.signing, Older::V1))
            }
            Load::Action { name, body, signing, .. } => {
                // Nothing HubSpot signs an action with is v1.
                let usual = if target.signing == Signing::V1 { Signing::V2 } else { target.signing };
                let url = target.action_url(name).unwrap_or_else(|| target.url.clone());
                (url, body.clone(), (signing.unwrap_or(usual), Older::V2))
            }
        };
        if self.log.len() >= LOG_MAX {
            self.log.pop_front();
        }
        self.log.push_back(LogLine {
            delivery: id,
            attempt: delivery.attempt,
            at: now.0,
            events: delivery.load.words(),
            received: None,
        });
        let headers = headers(&target.secret, &url, signing, &body, now);
        Some(Attempt { id, url, headers, body, number: delivery.attempt })
    }
}

/// The signature before v3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Older {
    V1,
    V2,
}

/// The headers of one attempt; v3 is stamped anew each time, since it is good for five minutes only.
fn headers(secret: &str, url: &str, (signing, usual): (Signing, Older), body: &[u8], now: Timestamp) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static("HubSpot Connect 2.0 (http://dev.hubspot.com/) - WebHooks"));
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    let (older, v3) = match signing {
        Signing::Both => (Some(usual), true),
        Signing::V1 => (Some(Older::V1), false),
        Signing::V2 => (Some(Older::V2), false),
        Signing::V3 => (None, true),
    };
    if let Some(older) = older {
        let (signed, version) = match older {
            Older::V1 => (signature::v1(secret, body), "v1"),
            Older::V2 => (signature::v2(secret, "POST", url, body), "v2"),
        };
        set("x-hubspot-signature", &signed);
        set("x-hubspot-signature-version", version);
    }
    if v3 {
        set("x-hubspot-signature-v3", &signature::v3(secret, "POST", url, body, now));
        set("x-hubspot-request-timestamp", &now.0.to_string());
    }
    headers
}
