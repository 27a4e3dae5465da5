//! The rep's inbox: the list, one conversation, and what a rep can do in it. Its ticket is in [`super::ticket`].

use std::time::Duration;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Site, layout, thread, ticket};
use crate::domain::{ActorId, ThreadId};
use crate::sandbox::portal::people::ActionError;
use crate::sandbox::portal::seed::Agent;
use crate::sandbox::portal::{Seed, ThreadView};

/// Who is working: kept in the address, so that two windows can be two reps.
#[derive(Default, Deserialize)]
pub struct As {
    #[serde(default, rename = "as")]
    actor: String,
}

impl As {
    fn rep<'a>(&self, seed: &'a Seed) -> Option<&'a Agent> {
        seed.reps.iter().find(|rep| rep.actor().0 == self.actor).or_else(|| seed.reps.first())
    }
}

/// `GET /inbox`.
pub async fn page(State(site): State<Site>, Query(who): Query<As>) -> Response {
    let seed = site.portal.seed();
    let Some(rep) = who.rep(&seed) else { return layout::no_thread() };
    let main = html! {
        main.desk.none {
            h1.unseen { "Inbox" }
            (list(&site, &seed, rep, None))
            section.empty { p.quiet { "Choose a conversation." } }
        }
    };
    layout::page("/inbox", "Inbox", &main)
}

/// `GET /inbox/{thread}`.
pub async fn thread(State(site): State<Site>, Path(id): Path<String>, Query(who): Query<As>) -> Response {
    let seed = site.portal.seed();
    let (view, rep) = (site.portal.thread_view(&ThreadId(id)), who.rep(&seed));
    let (Some(view), Some(rep)) = (view, rep) else { return layout::no_thread() };
    let main =
        html! { main.desk.one { (list(&site, &seed, rep, Some(&view.id))) (conversation(&site, &seed, rep, &view)) } };
    layout::page("/inbox", &view.customer, &main)
}

fn list(site: &Site, seed: &Seed, rep: &Agent, chosen: Option<&ThreadId>) -> Markup {
    let views = site.portal.thread_views();
    let shown: Vec<_> = views.iter().filter(|view| !view.archived && !view.spam).collect();
    html! {
        aside.threads aria-label="Conversations" {
            nav.who aria-label="You are" {
                span.quiet { "You are" }
                @for one in &seed.reps {
                    @let here = chosen.map_or_else(|| "/inbox".to_owned(), |id| format!("/inbox/{id}"));
                    a href=(format!("{here}?as={}", one.actor())) aria-current=[(one.user_id == rep.user_id).then_some("true")] { (one.first) }
                }
            }
            ul.list #threads data-live="change" {
                @if shown.is_empty() {
                    li.quiet { "No conversations yet. " a href="/chat" { "Chat as a customer" } " to begin one." }
                }
                @for view in shown { (entry(view, seed, rep, chosen == Some(&view.id))) }
            }
        }
    }
}

fn entry(view: &ThreadView, seed: &Seed, rep: &Agent, current: bool) -> Markup {
    let last = view.lines.iter().rev().find(|line| !line.text.is_empty()).map_or("", |line| line.text.as_str());
    html! {
        li {
            a href=(format!("/inbox/{}?as={}", view.id, rep.actor())) aria-current=[current.then_some("true")] {
                span.row { strong { (view.customer) } (layout::time(view.latest)) }
                span.snippet { (last) }
                span.row {
                    span.quiet { (channel(view)) @if let Some(ticket) = &view.ticket { " · ticket: " (ticket.status) } }
                    (owner(view, seed))
                }
            }
        }
    }
}

fn channel(view: &ThreadView) -> &'static str {
    match (view.channel_id.as_str(), view.closed) {
        ("1000", false) => "Chat",
        ("1000", true) => "Chat, closed",
        (_, false) => "E-mail",
        (_, true) => "E-mail, closed",
    }
}

fn owner(view: &ThreadView, seed: &Seed) -> Markup {
    match &view.owner {
        None => html! { span.tag { "unassigned" } },
        Some((actor, _)) if *actor == seed.ai.actor().0 => html! { span.tag.ai { "AI" } },
        Some((_, name)) => html! { span.tag.rep { (name) } },
    }
}

fn conversation(site: &Site, seed: &Seed, rep: &Agent, view: &ThreadView) -> Markup {
    let path = |act: &str| format!("/inbox/{}/{act}?as={}", view.id, rep.actor());
    let (me, ai) = (rep.actor().0, seed.ai.actor().0);
    html! {
        section.conversation aria-label="Conversation" {
            header.bar #head data-live="change" {
                div {
                    h1 { a.back href=(format!("/inbox?as={me}")) aria-label="All conversations" { "‹" } (view.customer) }
                    p.quiet { (channel(view)) " · " (owner(view, seed)) " · " code { (view.id) } }
                    p.quiet {
                        @match &view.contact {
                            Some((id, name)) => { "Contact " (name) " " code { (id) } },
                            None => "No contact",
                        }
                        @if let Some(address) = &view.address { " · " (address) }
                    }
                }
                form.acts method="post" action=(path("assign")) data-quiet {
                    @let own = view.owner.as_ref().map(|(actor, _)| actor.as_str());
                    @if own != Some(&me) { button name="to" value=(me) { "Claim" } }
                    @if own != Some(&ai) { button.plain name="to" value=(ai) { "Give to AI" } }
                    @if own.is_some() { button.plain name="to" value="" { "Unassign" } }
                    button.plain name="status" value=(if view.closed { "open" } else { "closed" }) formaction=(path("status")) {
                        (if view.closed { "Reopen" } else { "Close" })
                    }
                }
            }
            div.lines #lines data-live="bottom" { (thread::all(view, &path("undelivered"))) }
            form.compose method="post" action=(path("say")) data-quiet {
                textarea name="text" rows="2" required aria-label=(format!("Write as {}", rep.name())) placeholder=(format!("Write as {}", rep.name())) {}
                button name="kind" value="reply" { "Reply" }
                button.note name="kind" value="comment" { "Comment" }
            }
            (ticket::panel(site, view, &path))
        }
    }
}

#[derive(Deserialize)]
pub struct Say {
    text: String,
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
pub struct Assign {
    to: String,
}

#[derive(Deserialize)]
pub struct Status {
    status: String,
}

/// `POST /inbox/{thread}/say`.
pub async fn say(
    State(site): State<Site>,
    Path(id): Path<String>,
    Query(who): Query<As>,
    Form(form): Form<Say>,
) -> Response {
    act(&site, id, &who, |thread, rep| {
        let portal = &site.portal;
        let said = if form.kind == "comment" {
            portal.rep_comments(thread, rep, &form.text)
        } else {
            portal.rep_replies(thread, rep, &form.text)
        };
        said.map(|_| ())
    })
}

/// `POST /inbox/{thread}/assign`.
pub async fn assign(
    State(site): State<Site>,
    Path(id): Path<String>,
    Query(who): Query<As>,
    Form(form): Form<Assign>,
) -> Response {
    let to = Some(form.to).filter(|to| !to.is_empty()).map(ActorId);
    act(&site, id, &who, |thread, rep| site.portal.assign(thread, to.as_ref(), rep))
}

/// `POST /inbox/{thread}/status`.
pub async fn status(
    State(site): State<Site>,
    Path(id): Path<String>,
    Query(who): Query<As>,
    Form(form): Form<Status>,
) -> Response {
    act(&site, id, &who, |thread, rep| site.portal.set_closed(thread, form.status == "closed", rep))
}

/// `POST /inbox/{thread}/undelivered`: the newest message to the customer did not arrive.
pub async fn undelivered(State(site): State<Site>, Path(id): Path<String>, Query(who): Query<As>) -> Response {
    let why = "The recipient's mailbox does not exist.";
    act(&site, id, &who, |thread, _| site.portal.last_reply_fails(thread, why, Duration::ZERO).map(drop))
}

/// Does something as the rep who works, and goes back to the conversation.
pub(super) fn act(
    site: &Site,
    id: String,
    who: &As,
    action: impl FnOnce(&ThreadId, &ActorId) -> Result<(), ActionError>,
) -> Response {
    let seed = site.portal.seed();
    let Some(rep) = who.rep(&seed).map(Agent::actor) else { return layout::no_thread() };
    let thread = ThreadId(id);
    match action(&thread, &rep) {
        Ok(()) => Redirect::to(&format!("/inbox/{thread}?as={rep}")).into_response(),
        Err(error) => layout::refusal(StatusCode::BAD_REQUEST, "Not done", &error.to_string()),
    }
}
