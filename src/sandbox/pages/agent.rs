//! The agent's side: what a team's own agent was asked and told.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::{Site, layout};
use crate::sandbox::agent::{Heard, What};

/// `GET /agent`.
pub async fn page(State(site): State<Site>) -> Response {
    let main = html! {
        main.wide {
            h1 { "The agent's side" }
            p.quiet { "What the bridge asked the agent, and what it told it of reps' words, newest first." }
            section #heard data-live="tick" {
                @match &site.assistant {
                    None => p.notice {
                        "The bridge's agent is the built-in one, which remembers nothing and takes nothing that reps write. "
                        "Start the sandbox with " code { "--agent http" } " to see an agent of your own here."
                    },
                    Some(assistant) => (all(&assistant.heard())),
                }
            }
        }
    };
    layout::page("/agent", "Agent", &main)
}

fn all(heard: &[Heard]) -> Markup {
    html! {
        @if heard.is_empty() { p.notice { "Nothing yet. Write something in the chat." } }
        ol.events { @for one in heard.iter().rev() { (row(one)) } }
    }
}

fn row(one: &Heard) -> Markup {
    let (tone, label, who) = match &one.what {
        What::Turn { answered } => ("good", *answered, "The customer"),
        What::Relay { note: false, author } => ("busy", "rep's reply", author.as_deref().unwrap_or("A rep")),
        What::Relay { note: true, author } => ("calm", "internal note", author.as_deref().unwrap_or("A rep")),
    };
    html! {
        li {
            span.pill.(tone) { (label) }
            div {
                p.row { strong { (who) } (layout::time(one.at)) }
                p { (one.text) }
                p.quiet {
                    (one.session)
                    @if let Some(thread) = &one.thread { " · " a href=(format!("/inbox/{thread}")) { "thread " (thread) } }
                    @if one.times > 1 { " · told " (one.times) " times" }
                }
            }
        }
    }
}
