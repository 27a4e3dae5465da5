//! Liveness and readiness.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use hubspot_bridge::admin::health::{Health, router};
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::store::Interrupts;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::house::House;

async fn get(health: &Arc<Health>, path: &str) -> (StatusCode, Value) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router(Arc::clone(health)).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test(start_paused = true)]
async fn ready_while_workers_live_and_until_it_drains() {
    let health = Arc::new(Health::new(House::new("").await.store));
    assert_eq!(get(&health, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE, "no worker yet");
    let (one, _two) = (health.worker(), health.worker());
    let (status, body) = get(&health, "/readyz").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        body,
        json!({ "status": "ready", "checks": [
            { "name": "draining", "ok": true, "detail": "no" },
            { "name": "workers", "ok": true, "detail": "2 alive" },
            { "name": "store", "ok": true, "detail": "writable" },
        ]})
    );
    drop(one);
    let (status, body) = get(&health, "/readyz").await;
    assert_eq!((status, &body["checks"][1]["detail"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("1 of 2 ended")));
}

#[tokio::test(start_paused = true)]
async fn draining_ends_readiness_and_not_life() {
    let health = Arc::new(Health::new(House::new("").await.store));
    let _worker = health.worker();
    assert_eq!(get(&health, "/readyz").await.0, StatusCode::OK);
    health.drain();
    assert_eq!(get(&health, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get(&health, "/livez").await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_write_is_seen_and_asked_once_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bridge.db");
    let options = Options {
        location: Location::File(file.clone()),
        lock_wait: Duration::ZERO,
        clock: Arc::new(SystemClock),
        interrupts: Interrupts::default(),
        mode: Mode::Inline,
    };
    let health = Arc::new(Health::new(Arc::new(SqliteStore::open(options).await.unwrap())));
    let _worker = health.worker();
    let breaker = rusqlite::Connection::open(&file).unwrap();
    breaker.execute_batch("ALTER TABLE meta RENAME TO gone").unwrap();
    let (status, body) = get(&health, "/readyz").await;
    assert_eq!((status, &body["checks"][2]["ok"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(false)), "{body}");
    assert_eq!(get(&health, "/livez").await.0, StatusCode::OK);

    breaker.execute_batch("ALTER TABLE gone RENAME TO meta").unwrap();
    assert_eq!(get(&health, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE, "the answer of a moment ago");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(get(&health, "/readyz").await.0, StatusCode::OK);
}
