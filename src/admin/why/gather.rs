//! Collects what a story is told from: what the id names, the events of that conversation or ticket, and the mailboxes
//! they wait in. Everything is bounded; the newest is kept.

use crate::domain::{ConnectionName, Object, ThreadId, TicketId};
use crate::store::types::{EventFilter, Found};
use crate::store::{Error, Ledger};

/// Events of one thread or ticket.
const EVENTS_MAX: u32 = 50;

/// Conversations told for an id that names none itself (a session, a contact).
const CONVERSATIONS_MAX: usize = 3;

/// Everything known about an id; empty when nothing is.
pub(in crate::admin) async fn gather(ledger: &dyn Ledger, id: &str) -> Result<Found, Error> {
    let mut found = ledger.find(id).await?;
    if !id.starts_with("evt_") && !id.starts_with("ses_") {
        for object in [Object::Thread(ThreadId::from(id)), Object::Ticket(TicketId::from(id))] {
            add_events(ledger, None, object, &mut found).await?;
        }
    }
    if found.events.is_empty() {
        let threads =
            found.sessions.iter().filter_map(|session| Some((session.connection.clone(), session.thread_id.clone()?)));
        let threads: Vec<_> = threads.take(CONVERSATIONS_MAX).collect();
        for (connection, thread) in threads {
            add_events(ledger, Some(connection), Object::Thread(thread), &mut found).await?;
        }
    }
    add_mailboxes(ledger, &mut found).await?;
    Ok(found)
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
