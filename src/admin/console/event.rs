//! `/events/{id}`: one event, whole: how it ended and why, what happens next, every attempt, what was stored of it.

use axum::Extension;
use axum::extract::{self, Path};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::{Page, Shared, actions, conversation, layout, parts, words};
use crate::admin::State;
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::admin::portal::Portal;
use crate::admin::why::{self, answer::Answer};
use crate::domain::{Event, EventId, EventKind, Object, Outcome, Session, Timestamp};
use crate::store::types::{AuditRecord, EventFilter, EventHistory, PastEnd, RunRecord};
use crate::store::{SessionKey, StepRecord};

/// Neighbours looked through for those of the same turn, and lines of the audit.
const NEIGHBOURS: u32 = 50;

/// Everything the page shows.
struct Shown {
    history: EventHistory,
    story: Answer,
    session: Option<Session>,
    turn: Vec<Event>,
    audits: Vec<AuditRecord>,
    portal: Option<Portal>,
}

pub(super) async fn page(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Extension(shared): Extension<Shared>,
    Path(id): Path<String>,
    uri: Uri,
) -> Page {
    let missing = || {
        let fix = "check the id: it looks like evt_12; what is older than `store.retention` is gone";
        ApiError::not_found(format!("there is no event {id:?}"), fix)
    };
    let event: EventId = id.parse().map_err(|_| missing())?;
    let history = admin.ledger.event(event).await?.ok_or_else(missing)?;
    Ok(show(&who, &Box::pin(read(&admin, &shared, history)).await?, &actions::notice(&uri)))
}

async fn read(admin: &State, shared: &Shared, history: EventHistory) -> Result<Shown, ApiError> {
    let event = &history.event;
    let story = why::answer::answer(admin, &event.id.to_string(), false).await?;
    let session = match session_key(event) {
        Some(key) => admin.ledger.session_by(&key).await?,
        None => None,
    };
    let turn = same_turn(admin, event).await?;
    let audits = admin.ledger.audits(Some(event.id.to_string()), None, NEIGHBOURS).await?.items;
    let portal = shared.portals.of(admin, &event.connection).await;
    Ok(Shown { history, story, session, turn, audits, portal })
}

fn session_key(event: &Event) -> Option<SessionKey> {
    let of_thread = || match &event.object {
        Some(Object::Thread(thread)) => Some(SessionKey::Thread(event.connection.clone(), thread.clone())),
        Some(Object::Outside(id)) => Some(SessionKey::Agent(event.connection.clone(), id.clone())),
        Some(Object::Ticket(_) | Object::Note(_)) | None => None,
    };
    event.session.map(SessionKey::Id).or_else(of_thread)
}

/// The other events that were worked on together with it, as far as they are near.
async fn same_turn(admin: &State, event: &Event) -> Result<Vec<Event>, ApiError> {
    let (Some(turn), Some(object)) = (event.turn, event.object.clone()) else { return Ok(Vec::new()) };
    let filter =
        EventFilter { connection: Some(event.connection.clone()), object: Some(object), ..EventFilter::default() };
    // Ids rise for all conversations together: what is further away was hardly answered together with it.
    let cursor = event.id.0.saturating_add(1_000);
    let mut near = admin.ledger.events(filter, Some(cursor), 2 * NEIGHBOURS).await?.items;
    near.retain(|other| other.turn == Some(turn) && other.id != event.id);
    Ok(near)
}

fn show(who: &Operator, shown: &Shown, notice: &Markup) -> Response {
    let event = &shown.history.event;
    let main = html! {
        main.wide {
            p.back { a href="/events" { "Events" } }
            h1 { (event.id) ": " (parts::kind(event)) }
            (notice)
            section #event data-live="change" aria-label="The event" {
                (head(event))
                (actions::of_event(event))
                (next(event, &shown.story))
                (timeline(&shown.history))
                (links(shown))
                (audits(&shown.audits))
                (envelope(event))
            }
        }
    };
    layout::page(who, "/events", &event.id.to_string(), &main)
}

fn head(event: &Event) -> Markup {
    html! {
        div.now {
            p.facts-line {
                (parts::pill(event))
                @if let Some(outcome) = event.outcome { " " (why::outcome_words(outcome)) "." }
                @else { " It has not ended: " (event.state.as_str()) "." }
            }
            p { (parts::object(event)) ", connection " (event.connection) }
            @if let Some(reason) = event.reason {
                p { code { (reason) } " " (parts::prose(reason.sentence())) }
                @if event.outcome == Some(Outcome::Skipped) { p.quiet { (parts::prose(&why::advice(Outcome::Skipped, reason))) } }
                @else { p.quiet { "What to do: " (parts::prose(reason.fix())) } }
            }
            @if let Some(detail) = &event.detail { p.quiet { "Detail: " (detail) } }
        }
    }
}

fn next(event: &Event, story: &Answer) -> Markup {
    html! {
        h2 { @if event.state.is_final() { "Where it stands" } @else { "What happens next" } }
        p { (parts::prose(&story.now)) }
        @if let Some(todo) = story.todo.as_deref().filter(|todo| event.reason.is_none_or(|reason| reason.fix() != *todo)) {
            p.quiet { "What to do: " (parts::prose(todo)) }
        }
    }
}

fn timeline(history: &EventHistory) -> Markup {
    let event = &history.event;
    html! {
        h2 { "What happened" }
        ol.moments {
            (parts::moment(event.received_at, &html! { p { (parts::prose(&why::came_in(event))) } }))
            @for (at, words) in moments(history) { (parts::moment(at, &words)) }
            @if let (Some(outcome), Some(at)) = (event.outcome, event.finished_at) {
                (parts::moment(at, &html! {
                    p { (why::outcome_words(outcome)) ", " (words::took(at.since(event.received_at))) " after it was received." }
                }))
            }
        }
    }
}

/// Its runs, and how it ended before each replay, as they came.
fn moments(history: &EventHistory) -> Vec<(Timestamp, Markup)> {
    let mut moments: Vec<_> = history.runs.iter().map(|run| (run.started_at, attempt(run))).collect();
    for end in &history.past_ends {
        moments.push((end.finished_at, past_end(end)));
        moments.push((end.replayed_at, html! { p { "It was replayed." } }));
    }
    moments.sort_by_key(|(at, _)| *at);
    moments
}

fn past_end(end: &PastEnd) -> Markup {
    html! {
        p {
            (why::outcome_words(end.outcome)) "."
            @if let Some(reason) = end.reason { " " code { (reason) } " " (parts::prose(reason.sentence())) }
        }
        @if let Some(detail) = &end.detail { p.quiet { "Detail: " (detail) } }
    }
}

fn attempt(run: &RunRecord) -> Markup {
    let took = run.ended_at.map(|at| words::took(at.since(run.started_at)));
    html! {
        h3 { "Attempt " (run.run) }
        p.quiet {
            @match (why::run_end(run), &took) {
                (Some(end), _) => { "It " (parts::prose(&end)) "." @if let Some(took) = &took { " It took " (took) "." } },
                (None, Some(took)) => { "It took " (took) "." },
                (None, None) => "It is running.",
            }
        }
        @if !run.steps.is_empty() { ol.steps { @for step in &run.steps { (action(step)) } } }
    }
}

fn action(step: &StepRecord) -> Markup {
    let took = step.settled_at.map(|at| words::took(at.since(step.intended_at)));
    html! {
        li {
            (layout::time(step.intended_at))
            p { (parts::prose(&why::step_line(step).text)) @if let Some(took) = took { " " span.quiet { "(" (took) ")" } } }
        }
    }
}

fn links(shown: &Shown) -> Markup {
    let event = &shown.history.event;
    let (connection, object) = (event.connection.as_str(), event.object.as_ref());
    let session = shown.session.as_ref();
    let portal = shown.portal.as_ref();
    let in_hubspot = |object: Option<&Object>| portal.zip(object).and_then(|(portal, object)| portal.object(object));
    let ticket = session.and_then(|session| session.ticket_id.clone()).map(Object::Ticket);
    let contact = session.and_then(|session| session.contact_id.as_ref()).filter(|_| shown.story.leads_to_contact());
    let contact = portal.zip(contact).and_then(|(portal, contact)| portal.contact(contact.as_str()));
    let others = in_hubspot(object).into_iter().chain(in_hubspot(ticket.as_ref().filter(|it| Some(*it) != object)));
    let others = others.chain(contact.map(|link| ("The contact in HubSpot", link)));
    html! {
        h2 { "Where to look" }
        ul.links {
            @match object {
                Some(Object::Thread(id)) => {
                    li { a href=(conversation::path(&event.connection, id.as_str())) { "The conversation" } }
                    li { a href=(parts::link("/events", &[("connection", connection), ("thread", id.as_str())])) { "All events of the conversation" } }
                },
                Some(Object::Ticket(id)) => {
                    li { a href=(parts::link("/events", &[("connection", connection), ("ticket", id.as_str())])) { "All events of the ticket" } }
                },
                Some(Object::Outside(_) | Object::Note(_)) | None => {},
            }
            @if let Some(object) = object { li { a href=(parts::why(object.id())) { "The whole story of " (object.id()) } } }
            @if let Some(session) = session { li { a href=(parts::why(&session.id.to_string())) { "The session " (session.id) } } }
            @for (label, link) in others { li { a href=(link) rel="external" { (label) } } }
            @for other in &shown.turn {
                li { "Of the same turn: " a href=(format!("/events/{}", other.id)) { (other.id) } ", " (parts::kind(other)) " " (parts::pill(other)) }
            }
        }
    }
}

/// What people asked of the thing; nothing when nobody did.
pub(super) fn audits(audits: &[AuditRecord]) -> Markup {
    html! {
        @if !audits.is_empty() {
            h2 { "What people asked of it" }
            ol.moments {
                @for AuditRecord { at, audit, .. } in audits {
                    (parts::moment(*at, &html! {
                        p { (audit.who) ": " (parts::words(&audit.action)) @if let Some(detail) = &audit.detail { " (" (detail) ")" } }
                    }))
                }
            }
        }
    }
}

/// As stored: never what was said, and of a ticket's property only its name.
fn envelope(event: &Event) -> Markup {
    let value = event.value.as_deref().filter(|_| event.kind == EventKind::ThreadProperty);
    let value = value.map(why::mask::value);
    let object = event.object.as_ref().map(|object| format!("{} {}", object.kind(), object.id()));
    let due = event.due_at.map(|at| at.to_string());
    let rows = [
        ("type", Some(event.kind.as_str().to_owned())),
        ("object", object),
        ("message id", event.message_id.as_ref().map(ToString::to_string)),
        ("message type", event.message_type.clone()),
        ("property", event.property.clone()),
        ("value", value.map(str::to_owned)),
        ("HubSpot's event id", event.hubspot_event_id.clone()),
        ("app id", event.app_id.map(|id| id.to_string())),
        ("source", event.source.clone()),
        ("occurred at", event.occurred_at.map(|at| at.to_string())),
        ("received at", Some(event.received_at.to_string())),
        ("seen", Some(event.seen.to_string())),
        ("state", Some(event.state.as_str().to_owned())),
        ("due at", due),
        ("finished at", event.finished_at.map(|at| at.to_string())),
        ("attempts", Some(event.attempts.to_string())),
        ("turn", event.turn.map(|turn| turn.to_string())),
        ("session", event.session.map(|session| session.to_string())),
    ];
    html! {
        details #envelope .envelope {
            summary { "The event as it is stored" }
            dl {
                @for (name, value) in rows { @if let Some(value) = value { dt { (name) } dd { code { (value) } } } }
            }
            @if let Some(data) = event.data.as_deref() {
                h3 { "Its parameters" }
                pre.scroll #data tabindex="0" role="region" aria-label="Parameters of the event" { (parameters(event.kind, data)) }
            }
        }
    }
}

/// What a workflow gave as a reason is free text, and anything may hold an address.
fn parameters(kind: EventKind, data: &str) -> String {
    let Ok(mut parsed) = serde_json::from_str::<Value>(data) else { return "not readable".to_owned() };
    if kind == EventKind::HandoffRequest
        && let Some(reason) = parsed.get_mut("reason").filter(|reason| reason.is_string())
    {
        *reason = Value::from("a remark for the reps, not shown");
    }
    hide_addresses(&mut parsed);
    serde_json::to_string_pretty(&parsed).unwrap_or_default()
}

fn hide_addresses(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('@') => "not shown".clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(hide_addresses),
        Value::Object(fields) => fields.values_mut().for_each(hide_addresses),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
