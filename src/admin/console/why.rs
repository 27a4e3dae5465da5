//! `/why?id=…`: what happened to something and why, as a page. The story is the API's and the command's.

use axum::Extension;
use axum::extract;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use maud::{Markup, html};

use super::{Page, layout, parts};
use crate::admin::operator::Operator;
use crate::admin::why::{self, Story};
use crate::admin::{State, console::events};
use crate::limits::NAME_BYTES;

pub(super) async fn page(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    uri: Uri,
) -> Page {
    let id = events::Given::read(&uri).get("id").trim().to_owned();
    if id.is_empty() {
        return Ok(layout::page(&who, "", "Why?", &help(None)));
    }
    if id.len() > NAME_BYTES {
        return Ok((StatusCode::NOT_FOUND, layout::page(&who, "", "Why?", &help(Some("That")))).into_response());
    }
    let found = why::gather(admin.ledger.as_ref(), &id).await?;
    if found.events.is_empty() && found.sessions.is_empty() && found.mailboxes.is_empty() {
        return Ok((StatusCode::NOT_FOUND, layout::page(&who, "", "Why?", &help(Some(&id)))).into_response());
    }
    let story = why::tell(&found, &admin.store.holds().await?, admin.clock.now());
    Ok(layout::page(&who, "", &format!("Why {id}"), &told(&id, &story)))
}

fn told(id: &str, story: &Story) -> Markup {
    html! {
        main.wide {
            h1 { "Why: " span.id { (id) } }
            section #story data-live="change" {
                div.now {
                    h2 { "Where it stands" }
                    p { (parts::prose(&story.now)) }
                    @if let Some(todo) = &story.todo { h2 { "What to do" } p { (parts::prose(todo)) } }
                }
                (live(id))
                h2 { "What happened, newest first" }
                ol.moments {
                    @for line in &story.lines { (parts::moment(line.at, &html! { p { (parts::prose(&line.text)) } })) }
                }
            }
        }
    }
}

/// The way to a look at the conversation in HubSpot now (`&live=1`), and what was seen there.
fn live(_id: &str) -> Markup {
    html! {}
}

/// For whoever has no id yet, or one that nothing has.
fn help(unknown: Option<&str>) -> Markup {
    html! {
        main.narrow {
            h1 { @if unknown.is_some() { "Nothing known" } @else { "Why?" } }
            @if let Some(id) = unknown {
                p { "Nothing the bridge knows has the id " code { (id) } "." }
            }
            form.stack action="/why" {
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
