//! Collects what a story is told from: what the id names, the events of that conversation or ticket, and the mailboxes
//! they wait in. Everything is bounded; the newest is kept.

use crate::domain::{ConnectionName, NoteId, Object, Session, ThreadId, TicketId};
use crate::store::types::{EventFilter, Found};
use crate::store::{Error, Ledger};

/// Events of one thread, ticket, note or outside conversation.
const EVENTS_MAX: u32 = 50;

/// Conversations told for an id that names none itself (a session, a contact).
const CONVERSATIONS_MAX: usize = 3;

/// Everything known about an id; empty when nothing is.
pub(in crate::admin) async fn gather(ledger: &dyn Ledger, id: &str) -> Result<Found, Error> {
    let mut found = ledger.find(id).await?;
    if !id.starts_with("evt_") && !id.starts_with("ses_") {
        let objects = [
            Object::Thread(ThreadId::from(id)),
            Object::Ticket(TicketId::from(id)),
            Object::Outside(id.to_owned()),
            Object::Note(NoteId::from(id)),
        ];
        for object in objects {
            add_events(ledger, None, object, &mut found).await?;
        }
    }
    if found.events.is_empty() {
        let conversations: Vec<_> = found.sessions.iter().flat_map(conversations).take(CONVERSATIONS_MAX).collect();
        for (connection, object) in conversations {
            add_events(ledger, Some(connection), object, &mut found).await?;
        }
    }
    add_mailboxes(ledger, &mut found).await?;
    Ok(found)
}

/// The mailboxes a session's events are in.
fn conversations(session: &Session) -> impl Iterator<Item = (ConnectionName, Object)> {
    let thread = session.thread_id.clone().map(Object::Thread);
    let outside = session.agent_session_id.clone().map(Object::Outside);
    let connection = session.connection.clone();
    thread.into_iter().chain(outside).map(move |object| (connection.clone(), object))
}

async fn add_events(
    ledger: &dyn Ledger,
    connection: Option<ConnectionName>,
    object: Object,
    found: &mut Found,
) -> Result<(), Error> {
    let filter = EventFilter { connection, object: Some(object), ..EventFilter::default() };
    for event in ledger.events(filter, None, EVENTS_MAX).await?.items {
        if found.events.iter().all(|known| known.event.id != event.id) {
            found.events.extend(ledger.event(event.id).await?);
        }
    }
    Ok(())
}

/// An event that has not ended waits in a mailbox, and that says what happens next.
async fn add_mailboxes(ledger: &dyn Ledger, found: &mut Found) -> Result<(), Error> {
    let open = found.events.iter().map(|history| &history.event).filter(|event| !event.state.is_final());
    let mut waiting: Vec<(ConnectionName, Object)> =
        open.filter_map(|event| Some((event.connection.clone(), event.object.clone()?))).collect();
    waiting.sort();
    waiting.dedup();
    for (connection, object) in waiting {
        let known = |mailboxes: &Found| {
            mailboxes
                .mailboxes
                .iter()
                .any(|mailbox| mailbox.key.connection == connection && mailbox.key.object == object)
        };
        if !known(found) {
            let more = ledger.find(object.id()).await?.mailboxes.into_iter();
            let its = more.filter(|mailbox| mailbox.key.connection == connection && mailbox.key.object == object);
            found.mailboxes.extend(its);
        }
    }
    Ok(())
}
