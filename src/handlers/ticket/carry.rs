//! What somebody asked of a ticket's conversations (pause, resume, send to the AI, hand over) goes on to each of them.

use std::collections::BTreeSet;

use crate::domain::{
    DedupKey, Ending, Event, EventKind, NewEvent, Object, Outcome, Reason, Schedule, TicketId, TurnId,
};
use crate::handlers::{Context, Stop, unreadable};
use crate::hubspot::Class;
use crate::store::request::{self, Action, ActionKind, HandoffRequest};

/// The requests as the conversations get them, and how the ticket's own events end.
#[derive(Debug, Default)]
pub(super) struct Carried {
    pub events: Vec<NewEvent>,
    pub endings: Vec<Ending>,
}

/// Carries the requests on.
pub(super) async fn on(cx: &Context, ticket: &TicketId, turn: TurnId, requests: &[Event]) -> Result<Carried, Stop> {
    let mut carried = Carried::default();
    if requests.is_empty() {
        return Ok(carried);
    }
    let (targets, closed) = conversations(cx, ticket).await?;
    for event in requests {
        let Some(outcome) = outcome(event) else {
            carried.endings.push(unreadable(event));
            continue;
        };
        if targets.is_empty() {
            carried.endings.push(Ending::skipped(event.id, Reason::NoLinkedSession));
            continue;
        }
        // What is closed is not answered because a ticket moves: a new message of the customer opens it.
        let sends = request::decode::<Action>(event.data.as_deref()).is_some_and(|it| it.action == ActionKind::Send);
        let targets: Vec<&Object> = targets.iter().filter(|target| !(sends && closed.contains(*target))).collect();
        carried.events.extend(targets.iter().filter_map(|target| copy(cx, event, turn, target)));
        let many = if targets.len() == 1 { "conversation" } else { "conversations" };
        let detail = format!("carried on to {} {many}", targets.len());
        carried.endings.push(Ending::done(event.id, outcome).detail(detail));
    }
    Ok(carried)
}

/// Every session of the ticket, and the ticket's threads that have none; and which of them are closed.
async fn conversations(cx: &Context, ticket: &TicketId) -> Result<(BTreeSet<Object>, BTreeSet<Object>), Stop> {
    let mut closed = BTreeSet::new();
    let sessions = cx.store.sessions_of_ticket(&cx.settings.name, ticket).await?;
    let mut targets: BTreeSet<Object> = sessions
        .into_iter()
        .filter_map(|session| {
            let outside = session.agent_session_id.map(Object::Outside);
            session.thread_id.map(Object::Thread).or(outside)
        })
        .collect();
    match cx.hubspot.on_lane(crate::domain::Lane::Ticket).threads_of_ticket(ticket).await {
        Ok(threads) => {
            for thread in threads {
                if thread.closed {
                    closed.insert(Object::Thread(thread.id.clone()));
                }
                targets.insert(Object::Thread(thread.id));
            }
        }
        Err(error) => match error.class {
            Class::Retry { .. } | Class::Hold { .. } => return Err(error.into()),
            // The sessions are known all the same.
            Class::NotFound | Class::Conflict { .. } | Class::Permanent { .. } | Class::Unsupported => {
                tracing::warn!(error = %error, "the threads of a ticket could not be read");
            }
        },
    }
    Ok((targets, closed))
}

/// What becomes of the ticket's own event; none when it cannot be read.
fn outcome(event: &Event) -> Option<Outcome> {
    if event.kind == EventKind::HandoffRequest {
        return request::decode::<HandoffRequest>(event.data.as_deref()).map(|_| Outcome::HandedOff);
    }
    request::decode::<Action>(event.data.as_deref()).map(|action| match action.action {
        ActionKind::Pause => Outcome::Paused,
        ActionKind::Resume | ActionKind::Send => Outcome::Resumed,
        ActionKind::Close => Outcome::StatusRecorded,
    })
}

/// The request for one conversation: the same for every run of this turn.
fn copy(cx: &Context, event: &Event, turn: TurnId, target: &Object) -> Option<NewEvent> {
    let (connection, source) = (cx.settings.name.clone(), event.source.as_deref().unwrap_or("ticket"));
    let (turn, id) = (turn.0.to_string(), event.id.0.to_string());
    let dedup = DedupKey::of(&["carried", &connection.0, &turn, &id, target.kind(), target.id()]);
    let (object, kind, data) = (target.clone(), event.kind, event.data.as_deref());
    let made = if kind == EventKind::HandoffRequest {
        let wanted: HandoffRequest = request::decode(data)?;
        request::event(connection, object, kind, &wanted, dedup, Schedule::Now)
    } else {
        let wanted: Action = request::decode(data)?;
        request::event(connection, object, kind, &wanted, dedup, Schedule::Now)
    };
    Some(request::urgent(made, source, event.happened_at()))
}
