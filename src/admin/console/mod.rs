//! The console: pages for people, on the admin listener. Server-rendered, usable without scripts and with the keyboard,
//! live where scripts run; nothing comes from elsewhere.
//!
//! One file per page. A page reads what the API reads and shows it; actions are forms that post, confirmed on a page of
//! their own, noted in the audit before they are done.

mod audit;
mod chart;
mod connections;
mod doctor;
mod layout;
mod live;
mod overview;
mod settings;
pub(super) mod sign_in;
mod trends;
mod words;

use axum::Router;
use axum::routing::get;

use super::State;

/// The pages' routes, below `/`.
pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/", get(overview::page))
        .route("/connections", get(connections::list))
        .route("/connections/{name}", get(connections::show))
        .route("/connections/{name}/doctor", get(doctor::ask).post(doctor::run))
        .route("/settings", get(settings::page))
        .route("/audit", get(audit::page))
        .route("/sign-in", get(sign_in::page).post(sign_in::enter))
        .route("/sign-out", axum::routing::post(sign_in::leave))
        .route("/live", get(live::stream))
        .route("/assets/icon.svg", get(layout::icon))
        .route("/assets/console.css", get(layout::css))
        .route("/assets/console.js", get(layout::js))
}
