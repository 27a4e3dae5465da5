//! No path or query breaks the admin API: it answers with JSON that is sealed, never with its own fault.
#![no_main]

use std::cell::LazyCell;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::Request;
use hubspot_bridge::admin;
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::config::load;
use hubspot_bridge::store::Interrupts;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::telemetry::Metrics;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

thread_local! {
    static HOUSE: LazyCell<(Runtime, Router)> = LazyCell::new(house);
}

fn house() -> (Runtime, Router) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let options = Options {
        location: Location::Memory,
        lock_wait: Duration::ZERO,
        clock: Arc::new(SystemClock),
        interrupts: Interrupts::default(),
        mode: Mode::Inline,
    };
    let store = Arc::new(runtime.block_on(SqliteStore::open(options)).expect("a store"));
    let state = admin::State {
        store: Arc::<SqliteStore>::clone(&store),
        ledger: store,
        config: Arc::new(load(None, &Default::default()).expect("defaults are good").config),
        metrics: Metrics::default(),
        contexts: Arc::default(),
        observed: Default::default(),
        examinations: Default::default(),
        clock: Arc::new(SystemClock),
        problems: admin::Problems::default(),
        closing: Default::default(),
    };
    (runtime, admin::router(state))
}

fuzz_target!(|asked: &str| {
    // A method's letter, then the path below the API with its query.
    let mut letters = asked.chars();
    let method = match letters.next() {
        Some('P') => "POST",
        Some('C') => "PATCH",
        _ => "GET",
    };
    let Ok(request) = Request::builder().method(method).uri(format!("/api/v1/{}", letters.as_str())).body(Body::empty())
    else {
        return;
    };
    HOUSE.with(|house| {
        let (runtime, router) = &**house;
        let response = runtime.block_on(router.clone().oneshot(request)).expect("an answer");
        assert!(!response.status().is_server_error(), "{asked:?}: {}", response.status());
        assert!(response.headers().contains_key("content-security-policy"));
        let body = runtime.block_on(to_bytes(response.into_body(), 1 << 20)).expect("a body");
        let json: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert!(json.is_object(), "{json}");
    });
});
