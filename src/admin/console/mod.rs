//! The console: pages for people, on the admin listener. Server-rendered, usable without scripts and with the keyboard,
//! live where scripts run; nothing comes from elsewhere.
//!
//! One file per page. A page reads what the API reads and shows it; actions are forms that post, confirmed on a page of
//! their own, noted in the audit before they are done. An [`ApiError`](super::error::ApiError) is a page here, see
//! [`refusal`].

mod actions;
mod conversation;
mod conversations;
mod dead;
mod event;
mod events;
mod form;
mod layout;
mod live;
mod parts;
mod portals;
pub(super) mod refusal;
pub(super) mod sign_in;
mod tries;
mod why;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, extract};
use maud::html;

use super::State;
use super::error::ApiError;
use super::operator::Operator;

/// A page, or why there is none.
type Page = Result<Response, ApiError>;

/// What the pages of one process share.
#[derive(Clone, Debug, Default)]
struct Shared {
    live: live::Live,
    portals: portals::Portals,
    tries: tries::Tries,
}

/// The pages' routes, below `/`.
pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/", get(overview))
        .route("/events", get(events::page))
        .route("/events/{id}", get(event::page))
        .route("/events/{id}/replay", get(actions::event::ask_replay).post(actions::event::replay))
        .route("/events/{id}/skip", get(actions::event::ask_skip).post(actions::event::skip))
        .route("/conversations", get(conversations::page))
        .route("/conversations/{connection}/{id}", get(conversation::page))
        .route(
            "/conversations/{connection}/{id}/{deed}",
            get(actions::conversation::ask).post(actions::conversation::perform),
        )
        .route("/dead", get(dead::page))
        .route("/dead/replay", get(dead::replay::ask).post(dead::replay::perform))
        .route("/why", get(why::page))
        .route("/sign-in", get(sign_in::page).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/live", get(live::stream))
        .route("/assets/icon.svg", get(layout::icon))
        .route("/assets/console.css", get(layout::css))
        .route("/assets/console.js", get(layout::js))
        .layer(Extension(Shared::default()))
}

async fn overview(extract::State(_): extract::State<State>, Extension(who): Extension<Operator>) -> Response {
    layout::page(&who, "/", "Overview", &html! { main.wide { h1 { "Overview" } } })
}
