//! The JSON of the public contract: events, sessions, runs, stories. Times RFC 3339 UTC, ids strings.

use serde_json::{Value, json};

use crate::domain::{Event, Session, Timestamp};
use crate::store::StepRecord;
use crate::store::types::{EventHistory, Hold, Page, RunRecord};

/// `{items, next}`.
pub(super) fn page<T>(page: &Page<T>, item: impl Fn(&T) -> Value) -> Value {
    json!({
        "items": page.items.iter().map(item).collect::<Vec<_>>(),
        "next": page.next.map(|next| next.to_string()),
    })
}

pub(super) fn event(event: &Event) -> Value {
    json!({
        "id": event.id.to_string(),
        "connection": event.connection.as_str(),
        "type": event.kind.as_str(),
        "object_id": event.object.as_ref().map(super::super::domain::event::Object::id),
        "message_id": event.message_id.as_ref().map(super::super::domain::ids::MessageId::as_str),
        "state": event.state.as_str(),
        "outcome": event.outcome.map(super::super::domain::outcome::Outcome::as_str),
        "reason": event.reason.map(super::super::domain::reason::Reason::as_str),
        "detail": detail(event),
        "attempts": event.attempts,
        "seen": event.seen,
        "received_at": time(event.received_at),
        "due_at": event.due_at.map(time),
        "finished_at": event.finished_at.map(time),
        "session_id": event.session.map(|id| id.to_string()),
    })
}

/// The event and its `runs`, each with its `steps`.
pub(super) fn history(history: &EventHistory) -> Value {
    let mut value = event(&history.event);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("runs".to_owned(), history.runs.iter().map(run).collect());
    }
    value
}

pub(super) fn session(session: &Session) -> Value {
    json!({
        "id": session.id.to_string(),
        "connection": session.connection.as_str(),
        "state": session.state.as_str(),
        "mode": session.mode.as_str(),
        "thread_id": session.thread_id.as_ref().map(super::super::domain::ids::ThreadId::as_str),
        "ticket_id": session.ticket_id.as_ref().map(super::super::domain::ids::TicketId::as_str),
        "contact_id": session.contact_id.as_ref().map(super::super::domain::ids::ContactId::as_str),
        "agent_session_id": session.agent_session_id,
        "custom_data": session.custom_data,
        "custom_data_pending": session.custom_data_pending,
        "answered_through": session.answered_through.as_ref().map(|through| json!({
            "at": time(through.at),
            "message_id": through.message.as_str(),
        })),
        "ai_since": session.ai_since.map(time),
        "handed_off_at": session.handed_off_at.map(time),
        "created_at": time(session.created_at),
        "updated_at": time(session.updated_at),
        "version": session.version,
    })
}

pub(super) fn hold(hold: &Hold) -> Value {
    json!({ "cause": hold.cause, "since": time(hold.since), "until": time(hold.until) })
}

pub(super) fn time(at: Timestamp) -> String {
    at.to_string()
}

/// The reason's sentence and fix, and what the turn added to it.
fn detail(event: &Event) -> Option<String> {
    let reason = event.reason.map(|reason| format!("{} {}", reason.sentence(), reason.fix()));
    match (reason, &event.detail) {
        (Some(reason), Some(detail)) => Some(format!("{reason} Detail: {detail}")),
        (reason, detail) => reason.or_else(|| detail.clone()),
    }
}

fn run(run: &RunRecord) -> Value {
    json!({
        "run": run.run,
        "started_at": time(run.started_at),
        "ended_at": run.ended_at.map(time),
        "note": run.note,
        "steps": run.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

/// Never the step's text: it may hold what was said.
fn step(step: &StepRecord) -> Value {
    json!({
        "name": step.name,
        "status": step.status.as_str(),
        "intended_at": time(step.intended_at),
        "act_deadline": time(step.act_deadline),
        "settled_at": step.settled_at.map(time),
        "result": step.result.as_deref().and_then(|result| serde_json::from_str::<Value>(result).ok()),
    })
}
