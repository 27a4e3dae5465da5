//! `/why?id=…`: what happened to something and why, as a page. The story is the API's and the command's.
//!
//! The search posts, so that a customer's e-mail address stays out of address lines, histories and proxies' logs: what is
//! found by one is answered at once, an id is led to its page.

use axum::Extension;
use axum::extract::{self, Request};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};

use super::form::Form;
use super::{Page, layout, parts};
use crate::admin::State;
use crate::admin::operator::Operator;
use crate::admin::why::{self, answer::Answer};
use crate::domain::Timestamp;
use crate::limits::NAME_BYTES;

pub(super) async fn page(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    uri: Uri,
) -> Page {
    let given = Form::of(&uri);
    show(&admin, &who, given.get("id").trim(), given.get("live") == "1").await
}

pub(super) async fn ask(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    request: Request,
) -> Page {
    let form = Form::read(request).await?;
    let id = form.get("id").trim();
    if is_address(id) || id.len() > NAME_BYTES {
        return show(&admin, &who, id, form.get("live") == "1").await;
    }
    Ok(Redirect::to(&parts::why(id)).into_response())
}

fn is_address(id: &str) -> bool {
    id.contains('@')
}

async fn show(admin: &State, who: &Operator, id: &str, live: bool) -> Page {
    if id.is_empty() {
        return Ok(layout::page(who, "", "Why?", &help(None, None)));
    }
    let unknown = |why: Option<&str>| {
        let shown = if id.len() > NAME_BYTES { "That" } else { id };
        (StatusCode::NOT_FOUND, layout::page(who, "", "Why?", &help(Some(shown), why))).into_response()
    };
    if id.len() > NAME_BYTES {
        return Ok(unknown(None));
    }
    match why::answer::answer(admin, id, live).await {
        Ok(story) => {
            let title = if is_address(id) { "Why: a contact".to_owned() } else { format!("Why {id}") };
            Ok(layout::page(who, "", &title, &told(&story)))
        }
        Err(error) if error.is_not_found() => Ok(unknown(Some(error.message_and_fix().0).filter(|_| is_address(id)))),
        Err(error) => Err(error),
    }
}

fn told(story: &Answer) -> Markup {
    // A page that looked into HubSpot is as of then: it asks again when somebody wants to know.
    // So does one by address: it asked HubSpot as well.
    let live = (story.live.is_none() && !is_address(&story.id)).then_some("change");
    html! {
        main.wide {
            h1 { "Why: " span.id { (story.id) } }
            section #story data-live=[live] {
                div.now {
                    h2 { "Where it stands" }
                    p { (parts::prose(&story.now)) }
                    @if let Some(next) = &story.next { p { (parts::prose(&next.what)) @if let Some(at) = &next.at { " At " (at) "." } } }
                    @if let Some(todo) = &story.todo { h2 { "What to do" } p { (parts::prose(todo)) } }
                }
                (seen(story))
                @let all = all_events(story);
                @if all.is_some() || !story.links.is_empty() {
                    ul.links { @if let Some(all) = all { li { a href=(all) { "All its events" } } } @for link in &story.links { li { a href=(link.url) rel="noreferrer" { (link.what) } } } }
                }
                h2 { "What happened, newest first" }
                ol.moments {
                    @for line in &story.lines {
                        (parts::moment(Timestamp::parse(&line.at).unwrap_or(Timestamp(0)), &html! { p { (parts::prose(&line.text)) } }))
                    }
                }
            }
        }
    }
}

/// The list that no story shortens.
fn all_events(story: &Answer) -> Option<String> {
    let subject = story.subject.as_ref()?;
    let connection = ("connection", subject.connection.as_deref().unwrap_or_default());
    let thread = subject.thread_id.as_deref().map(|id| ("thread", id));
    let of = thread.or(subject.ticket_id.as_deref().map(|id| ("ticket", id)))?;
    Some(parts::link("/events", &[connection, of]))
}

/// What HubSpot shows of the conversation now, or the way to look.
fn seen(story: &Answer) -> Markup {
    let again = |label: &str| {
        html! {
            @if is_address(&story.id) {
                form method="post" action="/why" {
                    input type="hidden" name="id" value=(story.id);
                    input type="hidden" name="live" value="1";
                    button.plain { (label) }
                }
            } @else {
                p { a.button.plain href=(parts::link("/why", &[("id", &story.id), ("live", "1")])) { (label) } }
            }
        }
    };
    html! {
        h2 { "In HubSpot now" }
        @match &story.live {
            None => (again("Check in HubSpot now")),
            Some(live) => {
                p.quiet { "Looked at " (live.checked_at) "." }
                ul.checks {
                    @for line in &live.lines { (parts::check(line)) }
                }
                (again("Look again"))
            }
        }
    }
}

/// For whoever has no id yet, or one that nothing has.
fn help(unknown: Option<&str>, why: Option<&str>) -> Markup {
    html! {
        main.narrow {
            h1 { @if unknown.is_some() { "Nothing known" } @else { "Why?" } }
            @if let Some(id) = unknown {
                p { @if let Some(why) = why { (why) "." } @else { "Nothing the bridge knows has the id " code { (id) } "." } }
            }
            form.stack method="post" action="/why" {
                label {
                    "An id, or a contact's e-mail"
                    input type="search" name="id" value=(unknown.unwrap_or_default()) autocomplete="off" spellcheck="false" required;
                }
                button { "Find" }
            }
            h2 { "What can be looked for" }
            ul {
                li { "a conversation: the number after " code { "/inbox/" } " in the address of HubSpot's inbox" }
                li { "a ticket or a contact: the last number in the address of its record; a contact by its e-mail too" }
                li { "a message, by HubSpot's id of it" }
                li { "an event (" code { "evt_12" } ") or a session (" code { "ses_3" } ") of the bridge" }
            }
            @if unknown.is_some() {
                h2 { "Where it may be" }
                ul {
                    li { "It is older than " code { "store.retention" } ": what is that old is gone." }
                    li { "It never arrived: look at " a href="/connections" { "the connection" } " and whether HubSpot calls the right address." }
                    li { "It is of another portal than the connections here." }
                }
            }
        }
    }
}
