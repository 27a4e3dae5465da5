//! The console: pages for people, on the admin listener. Server-rendered, usable without scripts and with the keyboard,
//! live where scripts run; nothing comes from elsewhere.
//!
//! One file per page. A page reads what the API reads and shows it; actions are forms that post, confirmed on a page of
//! their own, noted in the audit before they are done. An [`ApiError`] is a page here, see
//! [`refusal`].

mod actions;
mod audit;
mod chart;
mod connections;
mod conversation;
mod conversations;
mod dead;
mod doctor;
mod event;
mod events;
mod form;
mod layout;
mod live;
mod overview;
mod parts;
mod portals;
pub(super) mod refusal;
mod settings;
pub(super) mod sign_in;
mod trends;
mod tries;
mod why;
mod words;

use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};

use super::State;
use super::error::ApiError;
use crate::web::page;

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
        .route("/", get(overview::page))
        .route("/connections", get(connections::list))
        .route("/connections/{name}", get(connections::show))
        .route("/connections/{name}/doctor", get(doctor::ask).post(doctor::run))
        .route("/settings", get(settings::page))
        .route("/audit", get(audit::page))
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
        .route("/why", get(why::page).post(why::ask))
        .route("/sign-in", get(sign_in::page).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/live", get(live::stream))
        .merge(page::assets(layout::CSS))
        .layer(Extension(Shared::default()))
}
