//! The sandbox's pages: a customer's chat and e-mail, a rep's inbox, and the agent's side. What the
//! bridge did is in its own console.
//!
//! Server-rendered; forms work without scripts, and a few lines of script keep the pages live.

mod agent;
mod chat;
mod email;
mod inbox;
mod layout;
mod live;
mod overview;
mod thread;
mod ticket;

use axum::Router;
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;

use super::agent::Assistant;
use super::portal::Portal;
use crate::web::page;

/// What the pages show.
#[derive(Clone, Debug)]
pub struct Site {
    /// The portal.
    pub portal: Portal,
    /// Where the console of the bridge beside this portal is, e.g. `http://127.0.0.1:8081`.
    pub console: Option<String>,
    /// The agent that bridge asks, when it runs here too.
    pub assistant: Option<Assistant>,
    /// Ends the live streams.
    pub stop: CancellationToken,
}

/// The routes.
pub fn router(site: Site) -> Router {
    let assistant = site.assistant.clone();
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
        .route("/live", get(live::stream))
        .merge(page::assets(layout::CSS))
        .with_state(site);
    match assistant {
        Some(assistant) => pages.merge(crate::sandbox::agent::router(assistant)),
        None => pages,
    }
}
