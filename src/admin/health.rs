//! `GET /livez` and `GET /readyz`, on the public listener.
//!
//! Live: the process answers. Ready: not draining, every worker alive, the store writable. The illness of HubSpot or
//! of an agent changes neither: restarting the bridge mends neither.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use dashmap::DashMap;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::store::Store;

/// A store that takes longer to say that it can write, cannot.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// However often `/readyz` is asked, the store is asked once in this time.
const STORE_CACHE: Duration = Duration::from_secs(1);

/// What readiness depends on; its parts are set by those who know.
pub struct Health {
    store: Arc<dyn Store>,
    draining: AtomicBool,
    workers: DashMap<&'static str, bool>,
    checked: Mutex<Option<(Instant, Result<(), String>)>>,
}

/// A worker's sign of life: readiness fails once it is dropped.
pub struct Alive {
    name: &'static str,
    health: Arc<Health>,
}

/// One line of `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `draining`, `workers`, `store`.
    pub name: &'static str,
    /// Fine?
    pub ok: bool,
    /// In words.
    pub detail: String,
}

impl Health {
    /// Not ready until a worker is [`Self::alive`].
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { store, draining: AtomicBool::new(false), workers: DashMap::new(), checked: Mutex::new(None) })
    }

    /// From now on not ready; deliveries may still come until the listener closes.
    pub fn start_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Counts a worker as alive for as long as the returned sign is kept. Names are unique.
    #[must_use]
    pub fn alive(self: &Arc<Self>, name: &'static str) -> Alive {
        self.workers.insert(name, true);
        Alive { name, health: Arc::clone(self) }
    }

    /// Every check, in a stable order.
    pub async fn checks(&self) -> [Check; 3] {
        let draining = self.draining.load(Ordering::Relaxed);
        let drain_words = if draining { "shutting down: running turns finish, no new ones start" } else { "no" };
        let store = self.check_store().await;
        [
            Check { name: "draining", ok: !draining, detail: drain_words.to_owned() },
            self.check_workers(),
            Check { name: "store", ok: store.is_ok(), detail: store.err().unwrap_or_else(|| "writable".to_owned()) },
        ]
    }

    fn check_workers(&self) -> Check {
        let mut dead: Vec<&str> =
            self.workers.iter().filter(|entry| !*entry.value()).map(|entry| *entry.key()).collect();
        dead.sort_unstable();
        let detail = match (dead.is_empty(), self.workers.len()) {
            (true, 0) => "none has started yet".to_owned(),
            (true, alive) => format!("{alive} alive"),
            (false, _) => format!("ended: {}", dead.join(", ")),
        };
        Check { name: "workers", ok: dead.is_empty() && !self.workers.is_empty(), detail }
    }

    /// One caller asks the store, the others wait for its answer: a flood of probes is one write a second.
    async fn check_store(&self) -> Result<(), String> {
        let mut checked = self.checked.lock().await;
        if let Some((at, result)) = checked.as_ref()
            && at.elapsed() < STORE_CACHE
        {
            return result.clone();
        }
        let result = match timeout(STORE_TIMEOUT, self.store.check()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {} s", STORE_TIMEOUT.as_secs())),
        };
        *checked = Some((Instant::now(), result.clone()));
        result
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.health.workers.insert(self.name, false);
    }
}

/// The two routes of the public listener.
pub fn router(health: Arc<Health>) -> Router {
    Router::new().route("/livez", get(live)).route("/readyz", get(ready)).with_state(health)
}

async fn live() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn ready(State(health): State<Arc<Health>>) -> (StatusCode, Json<Value>) {
    let checks = health.checks().await;
    let ok = checks.iter().all(|check| check.ok);
    let code = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let checks = checks.map(|check| json!({ "name": check.name, "ok": check.ok, "detail": check.detail }));
    (code, Json(json!({ "status": if ok { "ready" } else { "not_ready" }, "checks": checks })))
}
