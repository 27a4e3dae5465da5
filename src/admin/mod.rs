//! What operators see and do: health for the public listener, metrics and the JSON API for the admin listener.
//!
//! Reads the ledger, never decides anything; what a session does is changed by an event that the worker performs, its
//! custom data by a patch. The composition root builds [`State`] and serves the two routers.

mod actions;
mod audit;
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
pub mod openapi;
mod operator;
mod params;
mod portal;
mod replay;
mod sessions;
mod stats;
mod views;
pub mod why;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Json, Router};
use dashmap::DashMap;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use health::Health;

use crate::clock::Clock;
use crate::config::Config;
use crate::doctor::Examinations;
use crate::domain::{ConnectionName, Timestamp};
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

/// When this router was made, which is when the bridge started.
#[derive(Clone, Copy, Debug)]
struct Started(Timestamp);

/// See [`State::problems`].
pub type Problems = Arc<DashMap<ConnectionName, Vec<String>>>;

type Answer<T = Value> = Result<Json<T>, ApiError>;

/// The admin listener's routes. Everything but public metrics asks for the bearer token; pages of other sites are kept
/// out, with a token and without one (which is possible on loopback only).
pub fn router(admin: State) -> Router {
    Router::from(api())
        .merge(console::router())
        .layer(Extension(Started(admin.clock.now())))
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(admin.clone(), auth::require))
        .layer(from_fn(web::sealed))
        .with_state(admin)
}

/// What programs use. Every route is added with `routes!`, which takes its path from its own attribute: so the document
/// tells of all of them.
fn api() -> OpenApiRouter<State> {
    let api = OpenApiRouter::new()
        .routes(routes!(events::list))
        .routes(routes!(events::show))
        .routes(routes!(replay::many))
        .routes(routes!(replay::one))
        .routes(routes!(replay::skip_one))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::show, custom_data::patch))
        .routes(routes!(actions::pause_one))
        .routes(routes!(actions::resume_one))
        .routes(routes!(actions::hand_off_one))
        .routes(routes!(connections::list))
        .routes(routes!(doctor::run))
        .routes(routes!(context::show))
        .routes(routes!(stats::show))
        .routes(routes!(audit::list))
        .routes(routes!(why::answer::explain));
    OpenApiRouter::new().nest("/api/v1", api).routes(routes!(metrics::render)).routes(routes!(openapi::show))
}

async fn no_such_route(uri: Uri) -> ApiError {
    ApiError::not_found(
        format!("there is no {}", uri.path()),
        "the pages begin at /, the API is under /api/v1, the metrics at /metrics",
    )
}

async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    ApiError::wrong_method(format!("{} does not take {method}", uri.path()))
}
