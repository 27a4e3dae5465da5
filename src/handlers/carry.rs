//! What somebody asked for in one mailbox (pause, resume, send to the AI, hand over), carried on to the mailbox of the
//! conversation: from a ticket to its conversations, from a conversation of the agent's to its thread.

use crate::domain::{DedupKey, Event, EventKind, NewEvent, Object, Outcome, Schedule, TurnId};
use crate::store::request::{self, ActionKind, HandoffRequest};

/// How the event that was carried on ends; none when it cannot be read.
#[must_use]
pub fn outcome(event: &Event) -> Option<Outcome> {
    if event.kind == EventKind::HandoffRequest {
        return request::decode::<HandoffRequest>(event.data.as_deref()).map(|_| Outcome::HandedOff);
    }
    request::action(event).map(|action| match action {
        ActionKind::Pause => Outcome::Paused,
        ActionKind::Resume | ActionKind::Send => Outcome::Resumed,
        ActionKind::Close => Outcome::StatusRecorded,
    })
}

/// The same request for another mailbox: the same for every run of this turn, and another for a replay.
#[must_use]
pub fn copy(event: &Event, turn: TurnId, target: &Object) -> NewEvent {
    let (turn, id) = (turn.0.to_string(), event.id.0.to_string());
    let dedup = DedupKey::of(&["carried", &event.connection.0, &turn, &id, target.kind(), target.id()]);
    let made = request::event(event.connection.clone(), target.clone(), event.kind, &(), dedup, Schedule::Now);
    let source = event.source.as_deref().unwrap_or("carried");
    NewEvent { data: event.data.clone(), ..request::urgent(made, source, event.happened_at()) }
}
