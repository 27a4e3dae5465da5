//! What operators see and do: health for the public listener, metrics and the JSON API for the admin listener.
//!
//! Reads the ledger, never decides anything; what a session does is changed by an event that the worker performs, its
//! custom data by a patch. The composition root builds [`State`] and serves the two routers.

mod actions;
mod auth;
mod body;
mod connections;
mod console;
mod context;
mod custom_data;
mod doctor;
mod error;
mod events;
pub mod health;
mod metrics;
mod operator;
mod params;
mod sessions;
mod stats;
mod views;
pub mod why;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{self, Path};
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use dashmap::DashMap;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use health::Health;

use crate::clock::Clock;
use crate::config::Config;
use crate::doctor::Examinations;
use crate::domain::ConnectionName;
use crate::handlers::Context;
use crate::intake::Observed;
use crate::store::{Ledger, Store};
use crate::telemetry::Metrics;
use crate::web;
use error::ApiError;

/// What the admin listener works on.
#[derive(Clone)]
pub struct State {
    /// Sessions, holds, and the events that operators raise.
    pub store: Arc<dyn Store>,
    /// Everything shown.
    pub ledger: Arc<dyn Ledger>,
    /// Connections, the token.
    pub config: Arc<Config>,
    /// Rendered at `/metrics`.
    pub metrics: Metrics,
    /// The connections at work, for looks at HubSpot and the agent; one that is not in it is shown without them.
    pub contexts: Arc<BTreeMap<ConnectionName, Context>>,
    /// What HubSpot's deliveries were like.
    pub observed: Observed,
    /// The doctor's runs, so that a connection is looked at by one at a time.
    pub examinations: Examinations,
    /// "Now" of every answer.
    pub clock: Arc<dyn Clock>,
    /// What is wrong with each connection's settings as HubSpot sees them, in sentences; found after the start.
    pub problems: Problems,
    /// The listener is to close: pages that are told of changes let go.
    pub closing: CancellationToken,
}

/// See [`State::problems`].
pub type Problems = Arc<DashMap<ConnectionName, Vec<String>>>;

type Answer = Result<Json<Value>, ApiError>;

/// The admin listener's routes. Everything but public metrics asks for the bearer token; pages of other sites are kept
/// out, with a token and without one (which is possible on loopback only).
pub fn router(admin: State) -> Router {
    let api = Router::new()
        .route("/events", get(events::list))
        .route("/events/{id}", get(events::show))
        .route("/sessions", get(sessions::list))
        .route("/sessions/{id}", get(sessions::show).patch(custom_data::patch))
        .route("/sessions/{id}/pause", post(actions::pause))
        .route("/sessions/{id}/resume", post(actions::resume))
        .route("/sessions/{id}/handoff", post(actions::handoff))
        .route("/connections", get(connections::list))
        .route("/connections/{name}/doctor", post(doctor::run))
        .route("/context", get(context::show))
        .route("/stats", get(stats::show))
        .route("/why/{id}", get(explain));
    Router::new()
        .nest("/api/v1", api)
        .route("/metrics", get(metrics::render))
        .merge(console::router())
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(admin.clone(), auth::require))
        .layer(from_fn(web::sealed))
        .with_state(admin)
}

async fn explain(extract::State(admin): extract::State<State>, Path(id): Path<String>, uri: Uri) -> Answer {
    params::Params::read(&uri, &[])?;
    let found = why::gather(admin.ledger.as_ref(), &id).await?;
    if found.events.is_empty() && found.sessions.is_empty() && found.mailboxes.is_empty() {
        let fix = "check the id; what is older than `store.retention` is gone, and what never arrived was never here";
        return Err(ApiError::not_found(format!("nothing known has the id {id:?}"), fix));
    }
    let story = why::tell(&found, &admin.store.holds().await?, admin.clock.now());
    Ok(Json(views::story(&id, &story)))
}

async fn no_such_route(uri: Uri) -> ApiError {
    ApiError::not_found(format!("there is no {}", uri.path()), "the API is under /api/v1, the metrics at /metrics")
}

async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    ApiError::wrong_method(format!("{} does not take {method}", uri.path()))
}
