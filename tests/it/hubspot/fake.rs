//! A transport that answers from a script and remembers what it was sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::hubspot::Hubspot;
use hubspot_bridge::config::{Plan, Secret};
use hubspot_bridge::domain::{ConnectionName, Timestamp};
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use hubspot_bridge::hubspot::{Client, Settings};
use hubspot_bridge::telemetry::metrics::Metrics;

pub type Answer = Result<http::Response<Bytes>, TransportError>;

#[derive(Default)]
pub struct Fake {
    script: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<(http::Request<Bytes>, Duration)>>,
}

#[async_trait]
impl Transport for Fake {
    async fn send(&self, request: http::Request<Bytes>, timeout: Duration) -> Answer {
        self.requests.lock().unwrap().push((request, timeout));
        let next = self.script.lock().unwrap().pop_front();
        next.unwrap_or_else(|| answer(200, &[], "{}"))
    }
}

impl Fake {
    /// What was asked, as `METHOD /path?query`.
    pub fn asked(&self) -> Vec<String> {
        let line = |request: &http::Request<Bytes>| {
            format!("{} {}", request.method(), request.uri().path_and_query().map_or("", |target| target.as_str()))
        };
        self.requests.lock().unwrap().iter().map(|(request, _)| line(request)).collect()
    }

    /// The body of one request.
    pub fn body(&self, at: usize) -> serde_json::Value {
        serde_json::from_slice(self.requests.lock().unwrap()[at].0.body()).unwrap()
    }

    pub fn header(&self, at: usize, name: &str) -> Option<String> {
        Some(self.requests.lock().unwrap()[at].0.headers().get(name)?.to_str().unwrap().to_owned())
    }

    pub fn timeout(&self, at: usize) -> Duration {
        self.requests.lock().unwrap()[at].1
    }
}

#[expect(clippy::unnecessary_wraps, reason = "scripts hold failures too")]
pub fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Ok(response.body(Bytes::copy_from_slice(body.as_bytes())).unwrap())
}

pub fn ok(body: &serde_json::Value) -> Answer {
    answer(200, &[], &body.to_string())
}

/// Saturday, 2026-11-21 12:00 UTC.
pub const NOON: &str = "2026-11-21T12:00:00Z";

pub struct World {
    pub client: Client,
    pub fake: Arc<Fake>,
    pub clock: Arc<ManualClock>,
    pub metrics: Metrics,
}

pub fn world(script: Vec<Answer>) -> World {
    on_plan(Plan::Auto, script)
}

pub fn on_plan(plan: Plan, script: Vec<Answer>) -> World {
    with_token(plan, Secret::Value("pat-na1-test".into()), script)
}

pub fn with_token(plan: Plan, access_token: Secret, script: Vec<Answer>) -> World {
    let fake = Arc::new(Fake { script: Mutex::new(script.into()), ..Fake::default() });
    let clock = ManualClock::starting_at(Timestamp::parse(NOON).unwrap());
    let metrics = Metrics::default();
    let hubspot = Hubspot {
        api_url: "https://api.example.com".into(),
        conversations_path: "/conversations/v3/conversations".into(),
        crm_path: "/crm/v3".into(),
        timeout: Duration::from_secs(10),
    };
    let settings = Settings { connection: ConnectionName::from("acme"), access_token, hubspot, plan };
    let transport: Arc<dyn Transport> = Arc::<Fake>::clone(&fake);
    let time: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    World { client: Client::new(settings, transport, time, metrics.clone()), fake, clock, metrics }
}
