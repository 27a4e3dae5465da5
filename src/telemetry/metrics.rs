//! The metrics of the public contract. Names are stable, labels bounded: unknown types are `other`.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::recent::Durations;
use crate::domain::{ConnectionName, Outcome, Reason, Timestamp};

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident { $($field:ident),* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub struct $name { $(
            #[doc = "The label of the same name."]
            pub $field: String,
        )* }
    )*};
}

labels! {
    /// Labels of what came in.
    Received { connection, r#type }
    /// Labels of how it ended.
    Finished { connection, outcome, reason }
    /// Labels of a call to HubSpot; `route` is a template, `status` a number or `timeout`, `cut`, `connect`.
    Request { route, status }
    /// One connection.
    Connection { connection }
    /// A held connection.
    Held { connection, cause }
    /// Mailboxes by state.
    Mailboxes { state }
    /// A refused signature.
    Signature { connection, cause }
    /// Who gets alerts: `webhook`, `command`.
    Receiver { receiver }
}

/// Every metric of the bridge; cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// `bridge_events_received_total`.
    pub events_received: Family<Received, Counter>,
    /// `bridge_events_finished_total`.
    pub events_finished: Family<Finished, Counter>,
    /// `bridge_ack_seconds`: from the first byte of a delivery's handler to its answer.
    pub ack_seconds: Histogram,
    /// `bridge_turn_seconds`: one run of a turn.
    pub turn_seconds: Histogram,
    /// `bridge_agent_seconds`: one call to an agent.
    pub agent_seconds: Histogram,
    /// `bridge_hubspot_seconds`: one call to HubSpot, answered or not, without the wait for room in the rate budget.
    pub hubspot_seconds: Histogram,
    /// `bridge_oldest_due_seconds`: how long the oldest due mailbox has waited.
    pub oldest_due_seconds: Gauge<f64, AtomicU64>,
    /// `bridge_mailboxes`.
    pub mailboxes: Family<Mailboxes, Gauge>,
    /// `bridge_hubspot_requests_total`.
    pub hubspot_requests: Family<Request, Counter>,
    /// `bridge_hubspot_budget_remaining`.
    pub hubspot_budget_remaining: Family<Connection, Gauge>,
    /// `bridge_connection_held`: 1 while held.
    pub connection_held: Family<Held, Gauge>,
    /// `bridge_sweep_found_total`.
    pub sweep_found: Family<Connection, Counter>,
    /// `bridge_last_event_timestamp_seconds`.
    pub last_event_timestamp: Family<Received, Gauge>,
    /// `bridge_signature_failures_total`.
    pub signature_failures: Family<Signature, Counter>,
    /// `bridge_turn_panics_total`.
    pub turn_panics: Counter,
    /// The last hour's calls to agents, for the console.
    pub agent_lately: Durations,
    /// The last hour's calls to HubSpot, for the console.
    pub hubspot_lately: Durations,
    /// `bridge_alerts_failed_total`: attempts to deliver an alert that failed.
    pub alerts_failed: Family<Receiver, Counter>,
}

const ACK_BUCKETS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.25, 1.0, 5.0];
const WORK_BUCKETS: [f64; 10] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 60.0];

const MAY_DIE_OF: [Reason; 9] = [
    Reason::PayloadUnreadable,
    Reason::MessageNotFound,
    Reason::ObjectNotFound,
    Reason::MissingScope,
    Reason::RejectedByHubspot,
    Reason::AgentFailed,
    Reason::AttemptsExhausted,
    Reason::Expired,
    Reason::Interrupted,
];

/// Why deliveries are refused that HubSpot itself sends: a wrong secret, and a wrong clock.
const MISTAKEN: [&str; 2] = ["mismatch", "timestamp_out_of_window"];

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            events_received: Family::default(),
            events_finished: Family::default(),
            ack_seconds: Histogram::new(ACK_BUCKETS),
            turn_seconds: Histogram::new(WORK_BUCKETS),
            agent_seconds: Histogram::new(WORK_BUCKETS),
            hubspot_seconds: Histogram::new(WORK_BUCKETS),
            oldest_due_seconds: Gauge::default(),
            mailboxes: Family::default(),
            hubspot_requests: Family::default(),
            hubspot_budget_remaining: Family::default(),
            connection_held: Family::default(),
            sweep_found: Family::default(),
            last_event_timestamp: Family::default(),
            signature_failures: Family::default(),
            turn_panics: Counter::default(),
            agent_lately: Durations::default(),
            hubspot_lately: Durations::default(),
            alerts_failed: Family::default(),
        };
        metrics.registry = Arc::new(metrics.register());
        metrics
    }
}

impl Metrics {
    fn register(&self) -> Registry {
        let mut registry = Registry::with_prefix("bridge");
        registry.register("events_received", "Events received, by type", self.events_received.clone());
        registry.register("events_finished", "Events ended, by outcome and reason", self.events_finished.clone());
        registry.register("ack_seconds", "Time to answer a delivery", self.ack_seconds.clone());
        registry.register("turn_seconds", "Time of one run of a turn", self.turn_seconds.clone());
        registry.register("agent_seconds", "Time of one call to an agent", self.agent_seconds.clone());
        registry.register("hubspot_seconds", "Time of one call to HubSpot", self.hubspot_seconds.clone());
        registry.register("oldest_due_seconds", "Wait of the oldest due mailbox", self.oldest_due_seconds.clone());
        registry.register("mailboxes", "Mailboxes with work, by state", self.mailboxes.clone());
        registry.register("hubspot_requests", "Calls to HubSpot, by route and status", self.hubspot_requests.clone());
        registry.register(
            "hubspot_budget_remaining",
            "Calls left in HubSpot's present window",
            self.hubspot_budget_remaining.clone(),
        );
        registry.register("connection_held", "1 while a connection is held", self.connection_held.clone());
        registry.register("sweep_found", "Messages no webhook announced", self.sweep_found.clone());
        registry.register(
            "last_event_timestamp_seconds",
            "When the last event of a type arrived",
            self.last_event_timestamp.clone(),
        );
        registry.register("signature_failures", "Refused deliveries, by cause", self.signature_failures.clone());
        registry.register("turn_panics", "Turns that panicked", self.turn_panics.clone());
        registry.register("alerts_failed", "Failed attempts to deliver an alert", self.alerts_failed.clone());
        registry
    }

    /// A call to an agent that ended at `now` took so long.
    pub fn asked_agent(&self, now: Timestamp, took: Duration) {
        self.agent_seconds.observe(took.as_secs_f64());
        self.agent_lately.observe(now, took);
    }

    /// A call to HubSpot that ended at `now` took so long.
    pub fn called_hubspot(&self, now: Timestamp, took: Duration) {
        self.hubspot_seconds.observe(took.as_secs_f64());
        self.hubspot_lately.observe(now, took);
    }

    /// Shows what the alert rules ask about a connection, with none of it: a series that begins with its first event is
    /// no increase to Prometheus.
    pub fn expect(&self, connection: &ConnectionName) {
        let dead = MAY_DIE_OF.map(|reason| (Outcome::Dead, reason));
        let unanswered = [Outcome::HandedOff, Outcome::Drafted].map(|outcome| (outcome, Reason::AgentFailed));
        for (outcome, reason) in dead.into_iter().chain(unanswered) {
            let (outcome, reason) = (outcome.as_str().to_owned(), reason.as_str().to_owned());
            let labels = Finished { connection: connection.to_string(), outcome, reason };
            self.events_finished.get_or_create(&labels).inc_by(0);
        }
        for cause in MISTAKEN {
            let labels = Signature { connection: connection.to_string(), cause: cause.to_owned() };
            self.signature_failures.get_or_create(&labels).inc_by(0);
        }
        self.sweep_found.get_or_create(&Connection { connection: connection.to_string() }).inc_by(0);
    }

    /// The text exposition format.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}
