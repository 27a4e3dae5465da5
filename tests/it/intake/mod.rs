//! Intake: what HubSpot may send, what it is answered, what reaches the store.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails should stop where it fails")]

mod actions;
mod answers;
mod documented;
pub(crate) mod fixture;
mod hostile;
mod judging;
mod listener;
mod notes;
mod opencx;
mod properties;
mod quiet;
pub(crate) mod recording;
mod routing;
mod signature;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, Response, StatusCode};
use hubspot_bridge::clock::Clock;
use hubspot_bridge::config::Config;
use hubspot_bridge::domain::{NewEvent, Timestamp};
use hubspot_bridge::intake;
use hubspot_bridge::store::Batch;
use hubspot_bridge::telemetry::Metrics;
use serde_json::Value;
use tower::ServiceExt as _;

use fixture::{PORTAL, SECRET};
use recording::Recording;

/// The instant of the tests' clock.
const NOW: Timestamp = Timestamp(1_702_439_389_500);

#[derive(Debug)]
struct StoppedClock(Timestamp);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// The intake in process, without a socket, and the store behind it.
pub(crate) struct Bridge {
    router: Router,
    store: Arc<Recording>,
    metrics: Metrics,
}

impl Bridge {
    /// One connection, `acme`, on [`PORTAL`].
    fn new() -> Self {
        Self::with(fixture::config(vec![fixture::connection("acme", PORTAL)]))
    }

    pub(crate) fn with(config: Config) -> Self {
        let store = Arc::new(Recording::default());
        let shared: Arc<Recording> = Arc::clone(&store);
        let intake = fixture::intake(config, shared, Arc::new(StoppedClock(NOW)));
        let metrics = intake.metrics.clone();
        Self { router: intake::router(intake), store, metrics }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// Delivers a signed body to `acme`.
    async fn deliver(&self, body: impl Into<String>) -> Answer {
        self.send(signed("/webhooks/hubspot/acme", body.into())).await
    }

    fn batches(&self) -> Vec<Batch> {
        self.store.batches.lock().unwrap().clone()
    }

    pub(crate) fn stored(&self) -> Vec<NewEvent> {
        self.batches().into_iter().flat_map(|batch| batch.events).collect()
    }
}

/// Signed as HubSpot would, v3, now.
pub(crate) fn signed(path: &str, body: String) -> Request<Body> {
    let timestamp = NOW.0.to_string();
    let signature = fixture::sign_v3(SECRET, path, body.as_bytes(), &timestamp);
    Request::post(path)
        .header("x-hubspot-signature-v3", signature)
        .header("x-hubspot-request-timestamp", timestamp)
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap()
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    retry_after: Option<String>,
    pub(crate) body: String,
}

impl Answer {
    async fn read(response: Response<Body>) -> Self {
        let status = response.status();
        let retry_after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Self { status, retry_after, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// `error.code`, after checking that the error is complete.
    fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        let text = |key: &str| body["error"][key].as_str().unwrap().to_owned();
        assert!(!text("message").is_empty() && !text("fix").is_empty(), "{body}");
        text("code")
    }
}
