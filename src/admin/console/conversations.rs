//! `/conversations`: the sessions, last changed first, filtered and paged. A conversation that has no session yet is found by
//! its id.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract;
use axum::http::Uri;
use maud::{Markup, html};

use super::form::Form;
use super::{Page, conversation, layout, parts};
use crate::admin::State;
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::config::Connection;
use crate::domain::{ConnectionName, ContactId, Mode, Object, Session, SessionState, ThreadId, TicketId};
use crate::filters::ownership;
use crate::store::types;
use crate::store::types::{EventFilter, SessionFilter};

/// Rows of a page.
const ROWS: u32 = 50;

/// What is filtered by, in the order of the form.
const KEYS: [&str; 5] = ["connection", "state", "thread", "ticket", "contact"];

pub(super) async fn page(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    uri: Uri,
) -> Page {
    let given = Form::of(&uri);
    let cursor = given.get("cursor").parse::<i64>().ok();
    let list = admin.ledger.sessions(filter(&given)?, cursor, ROWS).await?;
    let nothing = list.items.is_empty() && cursor.is_none();
    let young = if nothing { without_session(&admin, &given).await? } else { Vec::new() };
    let main = html! {
        main.wide {
            h1 { "Conversations" }
            p.quiet { "Everybody the AI talks or talked with, the last changed first, and who has them now." }
            (form(&admin, &given))
            (section(&admin, &given, cursor, &list, &young))
        }
    };
    Ok(layout::page(&who, "/conversations", "Conversations", &main))
}

fn filter(given: &Form) -> Result<SessionFilter, ApiError> {
    let state = SessionState::from_name(given.get("state"));
    if state.is_none() && !given.get("state").is_empty() {
        let fix = format!("choose one of {}", SessionState::ALL.map(SessionState::as_str).join(", "));
        return Err(ApiError::bad_request("no conversation is ever in that state", fix));
    }
    Ok(SessionFilter {
        connection: given.text("connection"),
        thread: given.text("thread"),
        ticket: given.text("ticket"),
        contact: given.text("contact"),
        state,
    })
}

/// The connections in which the thread asked for has events, though no session.
async fn without_session(admin: &State, given: &Form) -> Result<Vec<ConnectionName>, ApiError> {
    let Some(thread) = given.text::<ThreadId>("thread") else { return Ok(Vec::new()) };
    if ["state", "ticket", "contact"].iter().any(|key| !given.get(key).is_empty()) {
        return Ok(Vec::new());
    }
    let (connection, object) = (given.text("connection"), Some(Object::Thread(thread)));
    let events = admin.ledger.events(EventFilter { connection, object, ..EventFilter::default() }, None, ROWS).await?;
    let found: BTreeSet<_> = events.items.into_iter().map(|event| event.connection).collect();
    Ok(found.into_iter().collect())
}

fn form(admin: &State, given: &Form) -> Markup {
    let chosen = |key, label, names: &[(&str, &str)]| {
        let value = given.get(key);
        html! {
            div.field { label { (label) select name=(key) {
                option value="" { "any" }
                @for (name, words) in names { option value=(name) selected[*name == value] { (words) } }
                @if !value.is_empty() && names.iter().all(|(name, _)| *name != value) { option value=(value) selected { (value) } }
            } } }
        }
    };
    let typed = |key, label, example: &str| {
        html! { div.field { label { (label) input name=(key) value=(given.get(key)) placeholder=(example) autocomplete="off" spellcheck="false"; } } }
    };
    let connections: Vec<_> = admin.config.connections.keys().map(|name| (name.as_str(), name.as_str())).collect();
    let states = SessionState::ALL.map(|state| (state.as_str(), has_it(state)));
    html! {
        form.filters action="/conversations" role="search" aria-label="Filter the conversations" {
            (chosen("connection", "Connection", &connections))
            (chosen("state", "Who has it", &states))
            (typed("thread", "Conversation", "thread id"))
            (typed("ticket", "Ticket", "ticket id"))
            (typed("contact", "Contact", "contact id"))
            div.acts {
                button { "Show" }
                @if is_filtered(given) { a.button.plain href="/conversations" { "Clear" } }
            }
        }
    }
}

fn is_filtered(given: &Form) -> bool {
    KEYS.iter().any(|key| !given.get(key).is_empty())
}

/// The owner's side in words.
fn has_it(state: SessionState) -> &'static str {
    match state {
        SessionState::Ai => "the AI",
        SessionState::HandedOff => "a human",
        SessionState::Paused => "nobody: the AI is paused",
        SessionState::Closed => "nobody: it is closed",
    }
}

/// Only the first page is live: elsewhere rows would move away under the reader.
fn section(
    admin: &State,
    given: &Form,
    cursor: Option<i64>,
    list: &types::Page<Session>,
    young: &[ConnectionName],
) -> Markup {
    let at = |cursor: &str| {
        let mut params: Vec<_> = KEYS.iter().map(|key| (*key, given.get(key))).collect();
        params.push(("cursor", cursor));
        parts::link("/conversations", &params)
    };
    html! {
        section #conversations data-live=[cursor.is_none().then_some("change")] aria-label="The conversations found" {
            @if !young.is_empty() { (found_young(given.get("thread"), young)) }
            @else if list.items.is_empty() { (none(given, cursor)) }
            @else { (parts::scroll("conversations-table", "Table of conversations", &table(admin, &list.items))) }
            @if cursor.is_some() || list.next.is_some() {
                nav.pages aria-label="Pages of the list" {
                    @if cursor.is_some() { a.button.plain href=(at("")) { "Back to the last changed" } }
                    @if let Some(next) = list.next { a.button.plain rel="next" href=(at(&next.to_string())) { "Older" } }
                }
            }
        }
    }
}

fn table(admin: &State, sessions: &[Session]) -> Markup {
    html! {
        table {
            caption.unseen { "Conversations, the last changed first" }
            thead {
                tr {
                    th scope="col" { "Conversation" } th scope="col" { "Who has it" } th scope="col" { "Mode" }
                    th scope="col" { "Ticket" } th scope="col" { "Contact" } th scope="col" { "Agent's id" } th scope="col" { "Last change" }
                }
            }
            tbody { @for session in sessions { (row(session, admin.config.connections.get(&session.connection))) } }
        }
    }
}

fn row(session: &Session, settings: Option<&Connection>) -> Markup {
    let thread = session.thread_id.as_ref().map(ThreadId::as_str);
    let id = thread.or(session.agent_session_id.as_deref());
    let mode = settings.map_or(session.mode, |settings| ownership::mode_in_force(Some(session), settings));
    html! {
        tr {
            th scope="row" {
                @match id {
                    Some(id) => a href=(conversation::path(&session.connection, id)) { (id) },
                    None => a href=(parts::why(&session.id.to_string())) { (session.id) },
                }
                span.quiet { (session.connection) @if thread.is_none() { ", outside HubSpot" } }
            }
            td { (conversation::pill(Some(session))) }
            td { (match mode { Mode::Autopilot => "autopilot", Mode::Assist => "assist" }) }
            td { (linked(session.ticket_id.as_ref().map(TicketId::as_str))) }
            td { (linked(session.contact_id.as_ref().map(ContactId::as_str))) }
            td { @match &session.agent_session_id { Some(id) => code { (id) }, None => span.quiet { "none" } } }
            td { (layout::time(session.updated_at)) }
        }
    }
}

fn linked(id: Option<&str>) -> Markup {
    html! { @match id { Some(id) => a href=(parts::why(id)) { (id) }, None => span.quiet { "none" } } }
}

fn found_young(thread: &str, connections: &[ConnectionName]) -> Markup {
    html! {
        div.notice {
            p { "The conversation has no session yet: nothing of it was answered or handed off. Its events are known." }
            ul.links { @for connection in connections { li { a href=(conversation::path(connection, thread)) { "Conversation " (thread) ", connection " (connection) } } } }
        }
    }
}

fn none(given: &Form, cursor: Option<i64>) -> Markup {
    html! {
        p.notice {
            @if cursor.is_some() { "There is nothing older." }
            @else if is_filtered(given) { "No conversation is like that. Take a part of the filter away, or look for an id with the search above." }
            @else { "No conversations yet. When the AI first answers one, or hands one off, it shows here by itself." }
        }
    }
}
