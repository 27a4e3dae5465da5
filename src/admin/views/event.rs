//! One event, and its history.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{time, words};
use crate::domain::{Event, MessageId, Object, Outcome, Reason};
use crate::store::StepRecord;
use crate::store::types::{EventHistory, PastEnd, RunRecord};

/// One event: an element of a delivery, or one the bridge raised itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(in crate::admin) struct EventView {
    /// `evt_1`, in order of arrival.
    #[schema(examples("evt_12"))]
    id: String,
    /// The connection's name.
    #[schema(examples("acme"))]
    connection: String,
    #[serde(rename = "type")]
    #[schema(value_type = words::Kind)]
    kind: &'static str,
    /// HubSpot's id of the thread, ticket or note; the agent's own of a conversation outside HubSpot. Null when the element
    /// could not be read.
    object_id: Option<String>,
    /// HubSpot's id of the message announced.
    message_id: Option<String>,
    #[schema(value_type = words::State)]
    state: &'static str,
    /// Null while it is open.
    #[schema(value_type = Option<words::Outcome>)]
    outcome: Option<&'static str>,
    /// Null while it is open, and where the outcome says it all.
    #[schema(value_type = Option<words::Reason>)]
    reason: Option<&'static str>,
    /// The reason in a sentence, what to do about it, and what the turn adds; never what was said.
    detail: Option<String>,
    /// Runs it was part of.
    attempts: u32,
    /// How often it arrived; a duplicate counts here.
    seen: u32,
    /// When it was stored.
    #[schema(format = DateTime)]
    received_at: String,
    /// When it is to be worked on; null once it ended.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    /// The session it concerned.
    #[schema(examples("ses_3"))]
    session_id: Option<String>,
}

/// An event and everything tried for it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventHistory)]
pub(in crate::admin) struct HistoryView {
    #[serde(flatten)]
    event: EventView,
    /// Oldest first.
    runs: Vec<Run>,
    /// How it ended before each replay, oldest first.
    past_ends: Vec<End>,
}

/// How an event ended before it was replayed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PastEnd)]
pub(in crate::admin) struct End {
    /// When it ended.
    #[schema(format = DateTime)]
    finished_at: String,
    #[schema(value_type = words::Outcome)]
    outcome: &'static str,
    /// Null where the outcome says it all.
    #[schema(value_type = Option<words::Reason>)]
    reason: Option<&'static str>,
    /// The reason in a sentence, what to do about it, and what the turn adds; never what was said.
    detail: Option<String>,
    /// When it was put back.
    #[schema(format = DateTime)]
    replayed_at: String,
}

/// One run of the turn an event belongs to.
#[expect(clippy::struct_field_names, reason = "the public name of its number")]
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin) struct Run {
    /// 1, 2, … within its turn.
    run: u32,
    /// The turn it is a run of; another one after a replay.
    #[schema(examples("turn_7"))]
    turn: String,
    /// When it began.
    #[schema(format = DateTime)]
    started_at: String,
    /// When it ended; null while it runs, or if it crashed.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// How it ended: `finished`, `crashed`, or why it was put off.
    note: Option<String>,
    /// The steps it wrote last.
    steps: Vec<Step>,
}

/// One outside effect of a turn; never the text, which may be what was said.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin) struct Step {
    /// `ask_agent`, `post_reply`, `ticket`, ….
    #[schema(examples("post_reply"))]
    name: String,
    #[schema(value_type = words::Step)]
    status: &'static str,
    /// When it was journalled, before it acted.
    #[schema(format = DateTime)]
    intended_at: String,
    /// When it would have acted, if it acted at all.
    #[schema(format = DateTime)]
    act_deadline: String,
    /// When its result was journalled.
    #[schema(format = DateTime)]
    settled_at: Option<String>,
    /// What came of it, by the step's own shape: an object with `v` and ids, or null.
    result: Option<Value>,
}

pub(in crate::admin) fn event(event: &Event) -> EventView {
    EventView {
        id: event.id.to_string(),
        connection: event.connection.to_string(),
        kind: event.kind.as_str(),
        object_id: event.object.as_ref().map(Object::id).map(str::to_owned),
        message_id: event.message_id.as_ref().map(MessageId::as_str).map(str::to_owned),
        state: event.state.as_str(),
        outcome: event.outcome.map(Outcome::as_str),
        reason: event.reason.map(Reason::as_str),
        detail: detail(event.reason, event.detail.as_deref()),
        attempts: event.attempts,
        seen: event.seen,
        received_at: time(event.received_at),
        due_at: event.due_at.map(time),
        finished_at: event.finished_at.map(time),
        session_id: event.session.map(|id| id.to_string()),
    }
}

/// The event and its `runs`, each with its `steps`.
pub(in crate::admin) fn history(history: &EventHistory) -> HistoryView {
    HistoryView {
        event: event(&history.event),
        runs: history.runs.iter().map(run).collect(),
        past_ends: history.past_ends.iter().map(past_end).collect(),
    }
}

/// The reason's sentence and fix, and what the turn added to it.
fn detail(reason: Option<Reason>, detail: Option<&str>) -> Option<String> {
    let reason = reason.map(|reason| format!("{} {}", reason.sentence(), reason.fix()));
    match (reason, detail) {
        (Some(reason), Some(detail)) => Some(format!("{reason} Detail: {detail}")),
        (reason, detail) => reason.or_else(|| detail.map(str::to_owned)),
    }
}

fn past_end(end: &PastEnd) -> End {
    End {
        finished_at: time(end.finished_at),
        outcome: end.outcome.as_str(),
        reason: end.reason.map(Reason::as_str),
        detail: detail(end.reason, end.detail.as_deref()),
        replayed_at: time(end.replayed_at),
    }
}

fn run(run: &RunRecord) -> Run {
    Run {
        run: run.run,
        turn: run.turn.to_string(),
        started_at: time(run.started_at),
        ended_at: run.ended_at.map(time),
        note: run.note.clone(),
        steps: run.steps.iter().map(step).collect(),
    }
}

fn step(step: &StepRecord) -> Step {
    Step {
        name: step.name.clone(),
        status: step.status.as_str(),
        intended_at: time(step.intended_at),
        act_deadline: time(step.act_deadline),
        settled_at: step.settled_at.map(time),
        result: step.result.as_deref().and_then(|result| serde_json::from_str(result).ok()),
    }
}
