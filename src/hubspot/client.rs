//! The client itself: room in the budget, the token, one attempt, and what the answer teaches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::budget::{Budget, Permits, WAIT_MAX};
use super::call::Call;
use super::classify::classify;
use super::error::{Class, Error};
use super::headers;
use super::paths::Paths;
use super::pulse::{Api, Beat, Pulse};
use super::transport::{Transport, TransportError};
use crate::clock::Clock;
use crate::config::hubspot::Hubspot;
use crate::config::{Plan, Secret};
use crate::domain::{ConnectionName, Lane};
use crate::telemetry::metrics::{self, Metrics};

/// What a client needs to know of its connection.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose, for the metrics.
    pub connection: ConnectionName,
    /// Read anew for each call, so that a rotated one is picked up.
    pub access_token: Secret,
    /// Where HubSpot is.
    pub hubspot: Hubspot,
    /// The rate budget.
    pub plan: Plan,
}

/// HubSpot, for one connection. Clones are cheap and share the budget.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
    lane: Lane,
    timeout: Duration,
    reserved: Option<Arc<Permits>>,
}

pub(super) struct Shared {
    connection: metrics::Connection,
    pub(super) token: Secret,
    host: String,
    pub(super) paths: Paths,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    budget: Arc<Budget>,
    /// Of CRM search: HubSpot counts it by itself, not among the other calls.
    searches: Arc<Budget>,
    learnt: Mutex<Learnt>,
    /// How the last calls ended.
    pulses: Mutex<BTreeMap<Api, Pulse>>,
}

/// What an answer, or none, says of HubSpot's health.
fn beat(answer: &Result<http::Response<Bytes>, TransportError>, object: Option<String>) -> Beat {
    match answer {
        Ok(answer) if answer.status().is_server_error() => Beat::Trouble { object },
        Ok(answer) if answer.status().is_success() => Beat::Success,
        Ok(_) => Beat::Refusal,
        // Where nobody listens no object is at fault.
        Err(TransportError::Connect(_)) => Beat::Trouble { object: None },
        Err(TransportError::Timeout(_) | TransportError::Cut(_)) => Beat::Trouble { object },
    }
}

/// A minute off: HubSpot's signatures are refused at five.
fn is_skewed(skew_ms: i64) -> bool {
    skew_ms.abs() > 60_000
}

/// What answers taught, for later ones.
#[derive(Debug, Default)]
struct Learnt {
    skew_ms: Option<i64>,
    zone: Option<TimeZone>,
    /// The host of links into HubSpot.
    ui_domain: Option<String>,
}

impl Client {
    /// A client on the conversation lane.
    #[must_use]
    pub fn new(settings: Settings, transport: Arc<dyn Transport>, clock: Arc<dyn Clock>, metrics: Metrics) -> Self {
        let shared = Shared {
            connection: metrics::Connection { connection: settings.connection.0 },
            token: settings.access_token,
            host: settings.hubspot.api_url.trim_end_matches('/').to_owned(),
            paths: Paths::new(&settings.hubspot),
            transport,
            clock,
            metrics,
            budget: Budget::for_plan(settings.plan),
            searches: Budget::for_search(),
            learnt: Mutex::default(),
            pulses: Mutex::default(),
        };
        let timeout = settings.hubspot.timeout;
        Self { shared: Arc::new(shared), lane: Lane::Conversation, timeout, reserved: None }
    }

    /// The same client, whose calls go in this lane: conversations before tickets when room is short.
    #[must_use]
    pub fn on_lane(&self, lane: Lane) -> Self {
        Self { lane, ..self.clone() }
    }

    /// The same client, none of whose calls takes longer: a request must not outlive its mailbox's lease.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self { timeout: self.timeout.min(limit), ..self.clone() }
    }

    /// The host of links into HubSpot, once [`Self::account`] was asked.
    #[must_use]
    pub fn ui_domain(&self) -> Option<String> {
        self.shared.learnt().ui_domain.clone()
    }

    /// Waits until the budget has room for that many calls (at most a window's) and gives a clone whose next `calls` calls
    /// do not wait for it; unused ones flow back when the clone is dropped.
    pub async fn reserve(&self, calls: u32) -> Result<Self, Error> {
        let calls = usize::try_from(calls).unwrap_or(usize::MAX);
        let permits = self.room("reserve", &self.shared.budget, calls).await?;
        Ok(Self { reserved: Some(Arc::new(permits)), ..self.clone() })
    }

    /// HubSpot's clock minus ours in milliseconds, as of the last answer: HubSpot's `Date` has whole seconds.
    #[must_use]
    pub fn clock_skew(&self) -> Option<i64> {
        self.shared.learnt().skew_ms
    }

    /// The network it calls through: the doctor calls the bridge's own address by the same way.
    #[must_use]
    pub fn transport(&self) -> &dyn Transport {
        self.shared.transport.as_ref()
    }

    /// How the last calls to this part of HubSpot's API ended, by whomever they were made.
    #[must_use]
    pub fn pulse(&self, api: Api) -> Pulse {
        self.shared.pulses().get(&api).cloned().unwrap_or_default()
    }

    /// Calls left in HubSpot's present window; none while nothing is known of it.
    #[must_use]
    pub fn budget_remaining(&self) -> Option<u32> {
        self.shared.budget.remaining().map(|calls| u32::try_from(calls).unwrap_or(u32::MAX))
    }

    /// Calls that HubSpot's window holds, as far as is known.
    #[must_use]
    pub fn budget_size(&self) -> u32 {
        u32::try_from(self.shared.budget.capacity()).unwrap_or(u32::MAX)
    }

    /// Makes the call and reads the answer.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let (route, acts) = (call.route, call.acts);
        let body = self.send(call).await?;
        serde_json::from_slice(&body).map_err(|error| {
            // The error's own text may quote the answer.
            let place = format!("its body could not be read (column {}, {:?} error)", error.column(), error.classify());
            Error::unreadable(route, acts, &place)
        })
    }

    /// Makes the call; the answer's body is whatever it is.
    pub(super) async fn send(&self, call: Call) -> Result<Bytes, Error> {
        let shared = &self.shared;
        let budget = if call.search { &shared.searches } else { &shared.budget };
        let reserved = self.reserved.as_ref().filter(|_| !call.search);
        if !reserved.is_some_and(|permits| permits.spend()) {
            self.room(call.route, budget, 1).await?.spend();
        }
        let route = call.route;
        let about = call.api().map(|api| (api, call.object()));
        let request = shared.request(call)?;
        let started = Instant::now();
        let answer = shared.transport.send(request, self.timeout).await;
        shared.metrics.called_hubspot(shared.clock.now(), started.elapsed());
        shared.count(route, &answer);
        if let Some((api, object)) = about {
            shared.pulses().entry(api).or_default().record(beat(&answer, object), Instant::now());
        }
        let answer = answer.map_err(|cause| Error::unanswered(route, &cause))?;
        shared.learn(answer.headers());
        let status = answer.status();
        if status.is_success() {
            shared.show_budget();
            return Ok(answer.into_body());
        }
        let zone = shared.learnt().zone.clone();
        let error = classify(route, status, answer.headers(), answer.body(), shared.clock.now(), zone.as_ref());
        if let (429, Class::Retry { after: Some(after) }) = (status.as_u16(), &error.class) {
            budget.pause(*after);
        }
        shared.show_budget();
        Err(error)
    }

    async fn room(&self, route: &'static str, budget: &Arc<Budget>, calls: usize) -> Result<Permits, Error> {
        let permits = budget.take(self.lane, calls).await;
        self.shared.show_budget();
        permits.ok_or_else(|| Error::no_room(route, WAIT_MAX, budget.interval()))
    }
}

impl Shared {
    fn request(&self, call: Call) -> Result<http::Request<Bytes>, Error> {
        let unusable = |why: &str| Error::no_token(call.route, why);
        let token = self.token.reveal().map_err(|error| unusable(&error.kind().to_string()))?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| unusable("it holds characters that no token has"))?;
        bearer.set_sensitive(true);
        let mut request = http::Request::builder()
            .method(call.method)
            .uri(format!("{}{}", self.host, call.target))
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/json");
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(call.body.unwrap_or_default()).map_err(|_| {
            let cause = TransportError::Connect("not a web address; check `hubspot.api_url`".to_owned());
            Error::unanswered(call.route, &cause)
        })
    }

    fn count(&self, route: &'static str, answer: &Result<http::Response<Bytes>, TransportError>) {
        let status = match answer {
            Ok(answer) => answer.status().as_u16().to_string(),
            Err(TransportError::Connect(_)) => "connect".to_owned(),
            Err(TransportError::Timeout(_)) => "timeout".to_owned(),
            Err(TransportError::Cut(_)) => "cut".to_owned(),
        };
        tracing::debug!(http.route = route, http.status = status, "called HubSpot");
        let labels = metrics::Request { route: route.to_owned(), status };
        self.metrics.hubspot_requests.get_or_create(&labels).inc();
    }

    fn learn(&self, headers: &HeaderMap) {
        self.budget.observe(headers::rate_window(headers));
        if let Some(theirs) = headers::date(headers) {
            let skew_ms = theirs.0.saturating_sub(self.clock.now().0);
            let before = self.learnt().skew_ms.replace(skew_ms);
            if is_skewed(skew_ms) && !before.is_some_and(is_skewed) {
                let connection = &self.connection.connection;
                tracing::warn!(
                    connection,
                    skew_ms,
                    "this machine's clock differs from HubSpot's; v3 signatures fail at 300 s"
                );
            }
        }
    }

    /// The daily limit starts anew at this zone's midnight.
    pub(super) fn learn_zone(&self, zone: TimeZone) {
        self.learnt().zone = Some(zone);
    }

    /// Links lead there.
    pub(super) fn learn_ui_domain(&self, domain: String) {
        self.learnt().ui_domain = Some(domain);
    }

    fn show_budget(&self) {
        if let Some(calls) = self.budget.remaining() {
            let gauge = self.metrics.hubspot_budget_remaining.get_or_create(&self.connection);
            gauge.set(i64::try_from(calls).unwrap_or(i64::MAX));
        }
    }

    fn pulses(&self) -> std::sync::MutexGuard<'_, BTreeMap<Api, Pulse>> {
        self.pulses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learnt(&self) -> std::sync::MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
