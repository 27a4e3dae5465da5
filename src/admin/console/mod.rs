//! The console: pages for people, on the admin listener. Server-rendered, usable without scripts and with the keyboard,
//! live where scripts run; nothing comes from elsewhere.
//!
//! One file per page. A page reads what the API reads and shows it; actions are forms that post, confirmed on a page of
//! their own, noted in the audit before they are done.

mod layout;
mod live;
pub(super) mod sign_in;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, extract};
use maud::html;

use super::State;
use super::operator::Operator;

/// The pages' routes, below `/`.
pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/", get(overview))
        .route("/sign-in", get(sign_in::page).post(sign_in::enter))
        .route("/sign-out", axum::routing::post(sign_in::leave))
        .route("/live", get(live::stream))
        .route("/assets/icon.svg", get(layout::icon))
        .route("/assets/console.css", get(layout::css))
        .route("/assets/console.js", get(layout::js))
}

async fn overview(extract::State(_): extract::State<State>, Extension(who): Extension<Operator>) -> Response {
    layout::page(&who, "/", "Overview", &html! { main.wide { h1 { "Overview" } } })
}
