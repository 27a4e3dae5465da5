//! `GET /livez` and `GET /readyz`, on the public listener.
//!
//! Live: the process answers. Ready: not draining, every worker alive, the store writable. The illness of HubSpot or
//! of an agent changes neither: restarting the bridge mends neither.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Json, Router};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::store::Store;

/// A store that takes longer to say that it can write, cannot.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// However often `/readyz` is asked, the store is asked once in this time.
const STORE_CACHE: Duration = Duration::from_secs(1);

/// What readiness depends on; its parts are set by those who know.
pub struct Health {
    store: Arc<dyn Store>,
    draining: AtomicBool,
    started: AtomicUsize,
    ended: AtomicUsize,
    checked: Mutex<Option<(Instant, Result<(), String>)>>,
}

/// A worker's sign of life: readiness fails once it is dropped.
pub struct Alive(Arc<Health>);

/// One line of `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Check {
    /// `draining`, `workers`, `store`.
    pub name: &'static str,
    /// Fine?
    pub ok: bool,
    /// In words.
    pub detail: String,
}

/// What `/livez` answers, always.
#[derive(Debug, Serialize, ToSchema)]
struct Live {
    /// `ok`.
    status: &'static str,
}

/// What `/readyz` answers.
#[derive(Debug, Serialize, ToSchema)]
struct Ready {
    /// `ready`, or `not_ready` with the status 503.
    status: &'static str,
    /// What it depends on, in a stable order.
    checks: Vec<Check>,
}

impl Health {
    /// Not ready until a [`Self::worker`] is alive.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            draining: AtomicBool::new(false),
            started: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            checked: Mutex::new(None),
        }
    }

    /// From now on not ready; deliveries may still come until the listener closes.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Counts a worker as alive for as long as the returned sign is kept.
    #[must_use]
    pub fn worker(self: &Arc<Self>) -> Alive {
        self.started.fetch_add(1, Ordering::SeqCst);
        Alive(Arc::clone(self))
    }

    /// Every check, in a stable order.
    pub async fn checks(&self) -> [Check; 3] {
        let draining = self.draining.load(Ordering::SeqCst);
        let drain_words = if draining { "shutting down: running turns finish, no new ones start" } else { "no" };
        let store = self.check_store().await;
        [
            Check { name: "draining", ok: !draining, detail: drain_words.to_owned() },
            self.check_workers(),
            Check { name: "store", ok: store.is_ok(), detail: store.err().unwrap_or_else(|| "writable".to_owned()) },
        ]
    }

    fn check_workers(&self) -> Check {
        let (started, ended) = (self.started.load(Ordering::SeqCst), self.ended.load(Ordering::SeqCst));
        let detail = match (started, ended) {
            (0, _) => "none has started yet".to_owned(),
            (started, 0) => format!("{started} alive"),
            (started, ended) => format!("{ended} of {started} ended"),
        };
        Check { name: "workers", ok: started > 0 && ended == 0, detail }
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
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// The two routes of the public listener.
pub fn router(health: Arc<Health>) -> Router {
    routes().with_state(health).into()
}

pub(super) fn routes() -> OpenApiRouter<Arc<Health>> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready))
}

/// The process answers
#[utoipa::path(get, path = "/livez", tag = "health", operation_id = "live", security(()),
    responses((status = 200, description = "Always.", body = Live)))]
async fn live() -> Json<Live> {
    Json(Live { status: "ok" })
}

/// The bridge can do its work
///
/// Not draining, every worker alive, the store writable. HubSpot's or an agent's illness changes nothing.
#[utoipa::path(get, path = "/readyz", tag = "health", operation_id = "ready", security(()),
    responses(
        (status = 200, description = "Ready.", body = Ready),
        (status = 503, description = "Not ready; `checks` says why.", body = Ready),
    ))]
async fn ready(State(health): State<Arc<Health>>) -> (StatusCode, Json<Ready>) {
    let checks = health.checks().await;
    let ok = checks.iter().all(|check| check.ok);
    let code = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Ready { status: if ok { "ready" } else { "not_ready" }, checks: checks.into() }))
}
