//! The first page: what this is, where to go, and how it is doing.

use axum::extract::State;
use axum::response::Response;
use maud::html;

use super::{Site, layout};

/// `GET /`.
pub async fn page(State(site): State<Site>) -> Response {
    let threads = site.portal.thread_views();
    let seed = site.portal.seed();
    let open = threads.iter().filter(|thread| !thread.closed && !thread.archived).count();
    let main = html! {
        main.wide {
            section.hero {
                h1 { "A HubSpot inbox of your own" }
                p {
                    "Everything here runs on this machine: a simulated HubSpot portal, the bridge, and an AI agent. "
                    "Write as a customer, watch the answer come, then step in as a rep."
                }
            }
            section.cards aria-label="Where to go" {
                a.card href="/chat" { strong { "Chat as a customer" } span { "Ask something in the website's chat." } }
                a.card href="/email" { strong { "Send an e-mail" } span { "Write to hello@ or support@acme.example." } }
                a.card href="/inbox" { strong { "Work as a rep" } span { "Answer, comment, work on the ticket, give back." } }
                @if let Some(console) = &site.console {
                    a.card href=(console) { strong { "Open the bridge's console" } span { "What it did with each event, and why." } }
                }
                a.card href="/agent" { strong { "See the agent's side" } span { "What it was asked, and told of reps' words." } }
            }
            section #numbers data-live="change" {
                dl.numbers {
                    div { dt { "Open conversations" } dd { (open) } }
                    div { dt { "All conversations" } dd { (threads.len()) } }
                    div { dt { "Events not yet accepted" } dd { (site.portal.outstanding_events()) } }
                }
            }
            section.facts {
                h2 { "This portal" }
                dl {
                    dt { "Portal" } dd { code { (seed.portal_id) } }
                    dt { "AI user" } dd { (seed.ai.name()) " " code { (seed.ai.actor()) } }
                    @for rep in &seed.reps { dt { "Rep" } dd { (rep.name()) " " code { (rep.actor()) } } }
                    dt { "Everything as JSON" } dd { a href="/_sandbox/state" { "/_sandbox/state" } }
                }
            }
        }
    };
    layout::page("/", "Overview", &main)
}
