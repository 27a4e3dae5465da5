//! The sandbox's pages: a customer's chat and e-mail, a rep's inbox, what the bridge did with each event,
//! and the agent's side.
//!
//! Server-rendered; forms work without scripts, and a few lines of script keep the pages live.

mod agent;
mod chat;
mod email;
mod events;
mod inbox;
mod layout;
mod live;
mod overview;
mod thread;
mod ticket;

use axum::Router;
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;

pub use self::events::Bridge;
use super::portal::Portal;

/// What the pages show.
#[derive(Clone, Debug)]
pub struct Site {
    /// The portal.
    pub portal: Portal,
    /// The bridge, for the events page.
    pub bridge: Option<Bridge>,
    /// Ends the live streams.
    pub stop: CancellationToken,
}

/// The routes.
pub fn router(site: Site) -> Router {
    let assistant = site.bridge.as_ref().and_then(|bridge| bridge.assistant.clone());
    let pages = Router::new()
        .route("/", get(overview::page))
        .route("/chat", get(chat::start).post(chat::begin))
        .route("/chat/{thread}", get(chat::page).post(chat::say))
        .route("/email", get(email::start).post(email::send))
        .route("/email/{thread}", get(email::page).post(email::answer))
        .route("/inbox", get(inbox::page))
        .route("/inbox/{thread}", get(inbox::thread))
        .route("/inbox/{thread}/say", post(inbox::say))
        .route("/inbox/{thread}/assign", post(inbox::assign))
        .route("/inbox/{thread}/status", post(inbox::status))
        .route("/inbox/{thread}/undelivered", post(inbox::undelivered))
        .route("/inbox/{thread}/ticket", post(ticket::change))
        .route("/inbox/{thread}/note", post(ticket::note))
        .route("/inbox/{thread}/workflow", post(ticket::workflow))
        .route("/agent", get(agent::page))
        .route("/events", get(events::page))
        .route("/live", get(live::stream))
        .route("/assets/icon.svg", get(layout::icon))
        .route("/assets/sandbox.css", get(layout::css))
        .route("/assets/sandbox.js", get(layout::js))
        .with_state(site);
    match assistant {
        Some(assistant) => pages.merge(crate::sandbox::agent::router(assistant)),
        None => pages,
    }
}
