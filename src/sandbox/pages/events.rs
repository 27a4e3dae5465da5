//! What the bridge did with each event, read from its admin API.

use std::fmt;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Site, layout};
use crate::domain::Timestamp;
use crate::sandbox::agent::Assistant;

/// The bridge beside this portal.
#[derive(Clone)]
pub struct Bridge {
    /// Its admin listener, e.g. `http://127.0.0.1:8081`.
    pub admin_url: String,
    /// See [`crate::sandbox::deliver::client`].
    pub client: reqwest::Client,
    /// The agent it asks, when that runs here too.
    pub assistant: Option<Assistant>,
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bridge").field("admin_url", &self.admin_url).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Item>,
}

/// One event, as the admin API lists it; only what is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    object_id: Option<String>,
    state: String,
    outcome: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
    attempts: u32,
    seen: u32,
    received_at: Option<String>,
}

impl Bridge {
    async fn events(&self) -> reqwest::Result<Vec<Item>> {
        let url = format!("{}/api/v1/events?limit=50", self.admin_url.trim_end_matches('/'));
        Ok(self.client.get(url).send().await?.error_for_status()?.json::<Page>().await?.items)
    }
}

/// `GET /events`.
pub async fn page(State(site): State<Site>) -> Response {
    let content = match &site.bridge {
        None => problem("No bridge is connected to this portal."),
        Some(bridge) => match bridge.events().await {
            Ok(items) => table(&items),
            Err(error) => problem(&match error.status() {
                Some(status) => format!("The bridge's admin API answered {status}."),
                None => format!("The bridge does not answer at {}.", bridge.admin_url),
            }),
        },
    };
    let main = html! {
        main.wide {
            h1 { "What the bridge did" }
            p.quiet { "Every event HubSpot delivered, newest first, with its outcome and the reason." }
            section #events data-live="tick" { (content) }
        }
    };
    layout::page("/events", "Events", &main)
}

fn problem(text: &str) -> Markup {
    html! { p.notice { (text) } }
}

fn table(items: &[Item]) -> Markup {
    html! {
        @if items.is_empty() { p.notice { "No events yet. Write something in the chat." } }
        ol.events { @for item in items { (row(item)) } }
    }
}

fn row(item: &Item) -> Markup {
    let outcome = item.outcome.as_deref().filter(|outcome| !outcome.is_empty()).unwrap_or(&item.state);
    let at = item.received_at.as_deref().and_then(Timestamp::parse);
    html! {
        li {
            span.pill.(tone(&item.state)) { (outcome) }
            div {
                p.row {
                    strong { (item.kind) }
                    @if let Some(at) = at { (layout::time(at)) }
                }
                @if let Some(reason) = item.reason.as_deref().filter(|reason| !reason.is_empty()) { p { code { (reason) } } }
                @if let Some(detail) = item.detail.as_deref().filter(|detail| !detail.is_empty()) { p.quiet { (detail) } }
                p.quiet {
                    (item.id)
                    @if let Some(object) = &item.object_id {
                        " · "
                        @if item.kind.starts_with("conversation.") { a href=(format!("/inbox/{object}")) { "thread " (object) } }
                        @else { (object) }
                    }
                    @if item.attempts > 1 { " · " (item.attempts) " attempts" }
                    @if item.seen > 1 { " · seen " (item.seen) " times" }
                }
            }
        }
    }
}

fn tone(state: &str) -> &'static str {
    match state {
        "done" => "good",
        "skipped" => "calm",
        "dead" => "bad",
        _ => "busy",
    }
}
