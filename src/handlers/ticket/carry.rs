//! What somebody asked of a ticket's conversations (pause, resume, send to the AI, hand over) goes on to each of them.

use std::collections::BTreeSet;

use crate::domain::{Ending, Event, NewEvent, Object, Reason, TicketId, TurnId};
use crate::handlers::{Context, Stop, carry, unreadable};
use crate::hubspot::Class;
use crate::store::request::{self, ActionKind};

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
        let Some(outcome) = carry::outcome(event) else {
            carried.endings.push(unreadable(event));
            continue;
        };
        // What is closed is not answered because a ticket moves: a new message of the customer opens it.
        let sends = request::action(event) == Some(ActionKind::Send);
        let targets: Vec<&Object> = targets.iter().filter(|target| !(sends && closed.contains(*target))).collect();
        if targets.is_empty() {
            carried.endings.push(Ending::skipped(event.id, Reason::NoLinkedSession));
            continue;
        }
        carried.events.extend(targets.iter().map(|target| carry::copy(event, turn, target)));
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
