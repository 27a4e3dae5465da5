//! Collects what a story is told from: what the id names, the events of that conversation or ticket, and the mailboxes
//! they wait in. Everything is bounded; the newest is kept, and the runs of a turn are read once.

use std::collections::BTreeMap;

use super::{Known, audits};
use crate::domain::{
    ConnectionName, EventId, EventKind, NoteId, Object, Session, SessionId, ThreadId, TicketId, TurnId,
};
use crate::store::types::{EventFilter, EventHistory, Found, SessionFilter};
use crate::store::{Error, Ledger};

/// Events of one thread, ticket, note or outside conversation.
const EVENTS_MAX: u32 = 50;

/// Conversations told for an id that names none itself (a session, a contact).
pub(super) const CONVERSATIONS_MAX: usize = 3;

/// Everything known about an id; empty when nothing is.
pub(in crate::admin) async fn gather(ledger: &dyn Ledger, id: &str) -> Result<Known, Error> {
    let mut found = ledger.find(id).await?;
    only_what_it_names(id, &mut found);
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
    if found.sessions.is_empty() {
        add_sessions(ledger, &mut found).await?;
    } else {
        add_conversations(ledger, &mut found).await?;
    }
    complete(ledger, found).await
}

/// The same for sessions that are known already.
pub(super) async fn of_sessions(ledger: &dyn Ledger, sessions: Vec<Session>) -> Result<Known, Error> {
    let mut found = Found { sessions, ..Found::default() };
    add_conversations(ledger, &mut found).await?;
    complete(ledger, found).await
}

/// The same for threads; empty when the ledger knows none of them.
pub(super) async fn of_threads(
    ledger: &dyn Ledger,
    connection: &ConnectionName,
    threads: &[ThreadId],
) -> Result<Known, Error> {
    let mut found = Found::default();
    for thread in threads {
        add_events(ledger, Some(connection.clone()), Object::Thread(thread.clone()), &mut found).await?;
    }
    complete(ledger, found).await
}

async fn complete(ledger: &dyn Ledger, mut found: Found) -> Result<Known, Error> {
    add_mailboxes(ledger, &mut found).await?;
    let audits = audits::of(ledger, &found).await?;
    Ok(Known { found, audits, remarks: Vec::new() })
}

/// Ours look like `evt_1` and `ses_1`: a bare number is HubSpot's, and must not tell of another customer's event or
/// session that happens to have the same one.
fn only_what_it_names(id: &str, found: &mut Found) {
    if id.starts_with("evt_") || id.starts_with("ses_") {
        return;
    }
    let (own_event, own_session) = (id.parse::<EventId>().ok(), id.parse::<SessionId>().ok());
    found.events.retain(|history| {
        let event = &history.event;
        let about = event.message_id.as_ref().is_some_and(|message| message.as_str() == id)
            || event.object.as_ref().is_some_and(|object| object.id() == id);
        own_event != Some(event.id) || about
    });
    found.sessions.retain(|session| own_session != Some(session.id) || links(session).any(|linked| linked == id));
}

fn links(session: &Session) -> impl Iterator<Item = &str> {
    let thread = session.thread_id.as_ref().map(ThreadId::as_str);
    let ticket = session.ticket_id.as_ref().map(TicketId::as_str);
    let contact = session.contact_id.as_ref().map(crate::domain::ContactId::as_str);
    [thread, ticket, contact, session.agent_session_id.as_deref()].into_iter().flatten()
}

/// The sessions of the conversation that an event is of: who has it now is part of its story.
async fn add_sessions(ledger: &dyn Ledger, found: &mut Found) -> Result<(), Error> {
    let Some(event) = found.events.iter().map(|history| &history.event).max_by_key(|event| event.id) else {
        return Ok(());
    };
    let connection = Some(event.connection.clone());
    let filter = match &event.object {
        Some(Object::Thread(thread)) => {
            SessionFilter { connection, thread: Some(thread.clone()), ..SessionFilter::default() }
        }
        Some(Object::Ticket(ticket)) => {
            SessionFilter { connection, ticket: Some(ticket.clone()), ..SessionFilter::default() }
        }
        Some(Object::Outside(id)) => {
            found.sessions = ledger.find(id).await?.sessions;
            return Ok(());
        }
        Some(Object::Note(_)) | None => return Ok(()),
    };
    found.sessions = ledger.sessions(filter, None, 3).await?.items;
    Ok(())
}

/// The events of the sessions' conversations, and what was asked of their tickets.
async fn add_conversations(ledger: &dyn Ledger, found: &mut Found) -> Result<(), Error> {
    let conversations: Vec<_> = found.sessions.iter().take(CONVERSATIONS_MAX).flat_map(conversations).collect();
    for (connection, object) in conversations {
        add_events(ledger, Some(connection), object, found).await?;
    }
    Ok(())
}

/// The mailboxes a session's events are in.
fn conversations(session: &Session) -> impl Iterator<Item = (ConnectionName, Object)> {
    let thread = session.thread_id.clone().map(Object::Thread);
    let outside = session.agent_session_id.clone().map(Object::Outside);
    let ticket = session.ticket_id.clone().map(Object::Ticket);
    let connection = session.connection.clone();
    thread.into_iter().chain(outside).chain(ticket).map(move |object| (connection.clone(), object))
}

async fn add_events(
    ledger: &dyn Ledger,
    connection: Option<ConnectionName>,
    object: Object,
    found: &mut Found,
) -> Result<(), Error> {
    // Of a conversation's ticket only what the bridge does to it is told, not each property a rep changes.
    let of_conversation = connection.is_some() && matches!(object, Object::Ticket(_));
    let filter = EventFilter { connection, object: Some(object), ..EventFilter::default() };
    let mut events = ledger.events(filter, None, EVENTS_MAX).await?.items;
    events.retain(|event| !(of_conversation && event.kind == EventKind::TicketProperty));
    events.retain(|event| found.events.iter().all(|known| known.event.id != event.id));
    // Events of one turn have the same runs; the one that was in most of them stands for all.
    let mut speakers: BTreeMap<TurnId, (u32, EventId)> = BTreeMap::new();
    for event in &events {
        if let Some(turn) = event.turn {
            let own = (event.attempts, event.id);
            speakers.entry(turn).and_modify(|most| *most = own.max(*most)).or_insert(own);
        }
    }
    for event in events {
        let speaks = event.turn.and_then(|turn| speakers.get(&turn)).is_some_and(|(_, id)| *id == event.id);
        let read = if speaks { ledger.event(event.id).await? } else { None };
        found.events.push(read.unwrap_or_else(|| EventHistory { event, runs: Vec::new() }));
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
