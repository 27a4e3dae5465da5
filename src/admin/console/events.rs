//! `/events`: the ledger, newest first, filtered and paged.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};

use super::form::Form;
use super::{Page, layout, parts};
use crate::admin::State;
use crate::admin::operator::Operator;
use crate::domain::{self, Event, EventId, Object, Outcome, Reason, Timestamp};
use crate::store::types;
use crate::store::types::EventFilter;

/// Rows of a page.
const ROWS: u32 = 50;

/// What is filtered by, in the order of the form.
const KEYS: [&str; 8] = ["connection", "state", "outcome", "reason", "thread", "ticket", "message", "since"];

fn is_filtered(given: &Form) -> bool {
    KEYS.iter().any(|key| !given.get(key).is_empty())
}

/// The same filter elsewhere in the list.
fn at(given: &Form, cursor: &str) -> String {
    let mut params: Vec<_> = KEYS.iter().map(|key| (*key, given.get(key))).collect();
    params.push(("cursor", cursor));
    parts::link("/events", &params)
}

/// A field that cannot be, and why.
type Problems = BTreeMap<&'static str, &'static str>;

pub(super) async fn page(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    uri: Uri,
) -> Page {
    let given = Form::of(&uri);
    let mut problems = Problems::new();
    if let Ok(id) = given.get("event").parse::<EventId>() {
        return Ok(Redirect::to(&format!("/events/{id}")).into_response());
    }
    if !given.get("event").is_empty() {
        problems.insert("event", "An event's id looks like evt_12.");
    }
    let filter = filter(&given, &mut problems);
    let cursor = given.get("cursor").parse::<i64>().ok();
    let list = if problems.is_empty() { Some(admin.ledger.events(filter, cursor, ROWS).await?) } else { None };
    let main = html! {
        main.wide {
            h1 { "Events" }
            p.quiet { "Everything HubSpot, workflows, OpenCX and operators told the bridge, newest first, and what became of it." }
            (form(&admin, &given, &problems))
            @match &list {
                Some(list) => (section(&given, cursor, list)),
                None => p.notice { "Correct the marked field to see the events." },
            }
        }
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    Ok((status, layout::page(&who, "/events", "Events", &main)).into_response())
}

fn filter(given: &Form, problems: &mut Problems) -> EventFilter {
    let (thread, ticket) = (given.text("thread").map(Object::Thread), given.text("ticket").map(Object::Ticket));
    if thread.is_some() && ticket.is_some() {
        problems.insert("ticket", "An event is of a conversation or of a ticket: leave one of them empty.");
    }
    let mut named = |key: &'static str, known: bool| {
        if !known && !given.get(key).is_empty() {
            problems.insert(key, "There is no such word in the list.");
        }
    };
    let state = domain::State::from_name(given.get("state"));
    named("state", state.is_some());
    let outcome = Outcome::from_name(given.get("outcome"));
    named("outcome", outcome.is_some());
    let reason = Reason::from_name(given.get("reason"));
    named("reason", reason.is_some());
    let since = since(given.get("since"));
    if since.is_none() && !given.get("since").is_empty() {
        problems.insert("since", "Write a date and a time, such as 2026-11-21T09:00.");
    }
    EventFilter {
        connection: given.text("connection"),
        state,
        outcome,
        reason,
        object: thread.or(ticket),
        message: given.text("message"),
        since,
    }
}

/// RFC 3339, or what a browser's field for date and time sends, which knows no zone: UTC, as everything shown.
fn since(text: &str) -> Option<Timestamp> {
    let zoned = [text.to_owned(), format!("{text}Z"), format!("{text}:00Z")];
    zoned.iter().find_map(|text| Timestamp::parse(text))
}

fn form(admin: &State, given: &Form, problems: &Problems) -> Markup {
    let connections: Vec<&str> = admin.config.connections.keys().map(domain::ConnectionName::as_str).collect();
    let states: Vec<&str> = domain::State::ALL.map(domain::State::as_str).to_vec();
    let outcomes: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    let chosen = |key, label, names: &[&str]| {
        let value = given.get(key);
        field(key, label, problems, &|marks| {
            html! {
                select name=(key) aria-invalid=[marks.0] aria-describedby=[marks.1] {
                    option value="" { "any" }
                    @for name in names { option value=(name) selected[*name == value] { (parts::words(name)) } }
                    @if !value.is_empty() && !names.contains(&value) { option value=(value) selected { (value) } }
                }
            }
        })
    };
    let typed = |key, label, kind: &str, value: &str, example: &str| {
        field(key, label, problems, &|marks| {
            html! {
                input type=(kind) name=(key) value=(value) placeholder=(example) autocomplete="off" spellcheck="false"
                    step=[(kind != "text").then_some("1")] aria-invalid=[marks.0] aria-describedby=[marks.1];
            }
        })
    };
    let since = since(given.get("since")).map(|at| at.to_string()).unwrap_or_default();
    html! {
        form.filters action="/events" role="search" aria-label="Filter the events" {
            (chosen("connection", "Connection", &connections))
            (chosen("state", "State", &states))
            (chosen("outcome", "Outcome", &outcomes))
            (chosen("reason", "Reason", &reasons))
            (typed("thread", "Conversation", "text", given.get("thread"), "thread id"))
            (typed("ticket", "Ticket", "text", given.get("ticket"), "ticket id"))
            (typed("message", "Message", "text", given.get("message"), "message id"))
            (typed("event", "Event", "text", given.get("event"), "evt_12"))
            // Without a zone: the browser's field takes none.
            (typed("since", "Received since (UTC)", "datetime-local", since.trim_end_matches('Z').trim_end_matches(".000"), ""))
            div.acts {
                button { "Show" }
                @if is_filtered(given) { a.button.plain href="/events" { "Clear" } }
            }
        }
    }
}

/// A labelled field with what is wrong with it.
fn field(
    key: &str,
    label: &str,
    problems: &Problems,
    input: &dyn Fn((Option<&'static str>, Option<String>)) -> Markup,
) -> Markup {
    let problem = problems.get(key);
    let id = format!("{key}-problem");
    html! {
        div.field {
            label { (label) (input((problem.map(|_| "true"), problem.map(|_| id.clone())))) }
            @if let Some(problem) = problem { p.failed id=(id) { (problem) } }
        }
    }
}

/// Only the first page is live: elsewhere rows would move away under the reader.
fn section(given: &Form, cursor: Option<i64>, list: &types::Page<Event>) -> Markup {
    html! {
        section #events data-live=[cursor.is_none().then_some("change")] aria-label="The events found" {
            @if list.items.is_empty() { (none(given, cursor)) }
            @else { (table(&list.items)) }
            @if cursor.is_some() || list.next.is_some() {
                nav.pages aria-label="Pages of the list" {
                    @if cursor.is_some() { a.button.plain href=(at(given, "")) { "Back to the newest" } }
                    @if let Some(next) = list.next { a.button.plain rel="next" href=(at(given, &next.to_string())) { "Older" } }
                }
            }
        }
    }
}

/// Events as a table.
pub(super) fn table(events: &[Event]) -> Markup {
    let table = html! {
        table {
            caption.unseen { "Events, newest first" }
            thead {
                tr {
                    th scope="col" { "Event" } th scope="col" { "What" } th scope="col" { "About" }
                    th scope="col" { "Outcome" } th.number scope="col" { "Attempts" } th.number scope="col" { "Seen" }
                }
            }
            tbody { @for event in events { (row(event)) } }
        }
    };
    parts::scroll("events-table", "Table of events", &table)
}

fn none(given: &Form, cursor: Option<i64>) -> Markup {
    html! {
        p.notice {
            @if cursor.is_some() { "There is nothing older." }
            @else if is_filtered(given) { "No event is like that. Take a part of the filter away, or look for an id with the search above." }
            @else {
                "No events yet. When HubSpot delivers the first, it shows here by itself; if it should have by now, look at "
                a href="/connections" { "the connections" } "."
            }
        }
    }
}

fn row(event: &Event) -> Markup {
    let id = event.id.to_string();
    html! {
        tr {
            th scope="row" { a href=(format!("/events/{id}")) { (id) } (layout::time(event.received_at)) }
            td { (parts::kind(event)) @if let Some(message) = &event.message_id { code { (message) } } }
            td { (parts::object(event)) span.quiet { (event.connection) } }
            td {
                (parts::pill(event))
                @if let Some(reason) = event.reason {
                    " " code title=(reason.sentence()) { (reason) }
                    p.more { (parts::prose(reason.sentence())) }
                }
                @else if let Some(due) = event.due_at { p.more { "due " (layout::time(due)) } }
            }
            td.number { (event.attempts) }
            td.number { (event.seen) }
        }
    }
}
