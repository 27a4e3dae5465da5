//! Collects what a story is told from: what the id names, the events of that conversation or ticket, and the mailboxes
//! they wait in. Everything is bounded: the newest is kept, and what is left is said.

use super::{Known, audits};
use crate::domain::{
    ConnectionName, Event, EventId, EventKind, NoteId, Object, Outcome, Reason, Session, SessionId, State, ThreadId,
    TicketId,
};
use crate::store::types::{EventFilter, EventHistory, Found, SessionFilter};
use crate::store::{Error, Ledger};

/// Events of one thread, ticket, note or outside conversation.
const EVENTS_MAX: u32 = 50;
/// So many are looked through for those.
const LOOKED_AT_MAX: u32 = 1_000;
const PAGE: u32 = 200;

/// What of a conversation's or a ticket's events is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Whose; none where only the id is known.
    pub connection: Option<ConnectionName>,
    /// Of what.
    pub object: Object,
    /// Internal comments and echoes that were passed over.
    pub folded: u32,
    /// There are older ones.
    pub older: bool,
}

/// Conversations told for an id that names none itself (a session, a contact).
pub(super) const CONVERSATIONS_MAX: usize = 3;

/// Everything known about an id; empty when nothing is.
pub(in crate::admin) async fn gather(ledger: &dyn Ledger, id: &str) -> Result<Known, Error> {
    let mut known = Known { found: ledger.find(id).await?, ..Known::default() };
    only_what_it_names(id, &mut known.found);
    if !id.starts_with("evt_") && !id.starts_with("ses_") {
        let objects = [
            Object::Thread(ThreadId::from(id)),
            Object::Ticket(TicketId::from(id)),
            Object::Outside(id.to_owned()),
            Object::Note(NoteId::from(id)),
        ];
        for object in objects {
            add_events(ledger, None, object, &mut known).await?;
        }
    }
    if known.found.sessions.is_empty() {
        add_sessions(ledger, &mut known.found).await?;
    } else {
        add_conversations(ledger, &mut known).await?;
    }
    complete(ledger, known).await
}

/// The same for sessions that are known already.
pub(super) async fn of_sessions(ledger: &dyn Ledger, sessions: Vec<Session>) -> Result<Known, Error> {
    let mut known = Known { found: Found { sessions, ..Found::default() }, ..Known::default() };
    add_conversations(ledger, &mut known).await?;
    complete(ledger, known).await
}

/// The same for threads; empty when the ledger knows none of them.
pub(super) async fn of_threads(
    ledger: &dyn Ledger,
    connection: &ConnectionName,
    threads: &[ThreadId],
) -> Result<Known, Error> {
    let mut known = Known::default();
    for thread in threads {
        add_events(ledger, Some(connection.clone()), Object::Thread(thread.clone()), &mut known).await?;
    }
    complete(ledger, known).await
}

async fn complete(ledger: &dyn Ledger, mut known: Known) -> Result<Known, Error> {
    add_mailboxes(ledger, &mut known.found).await?;
    known.audits = audits::of(ledger, &known.found).await?;
    Ok(known)
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
async fn add_conversations(ledger: &dyn Ledger, known: &mut Known) -> Result<(), Error> {
    let sessions = known.found.sessions.iter().take(CONVERSATIONS_MAX);
    let conversations: Vec<_> = sessions.flat_map(conversations).collect();
    for (connection, object) in conversations {
        add_events(ledger, Some(connection), object, known).await?;
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
    known: &mut Known,
) -> Result<(), Error> {
    // Of a conversation's ticket only what the bridge does to it is told, not each property a rep changes.
    let of_conversation = connection.is_some() && matches!(object, Object::Ticket(_));
    let filter = EventFilter { connection: connection.clone(), object: Some(object.clone()), ..EventFilter::default() };
    let is_told = |event: &Event| !(of_conversation && event.kind == EventKind::TicketProperty);
    let (mut events, left) = telling(ledger, &filter, Left::of(connection, object), is_told).await?;
    events.retain(|event| known.found.events.iter().all(|known| known.event.id != event.id));
    for event in events {
        let read = ledger.event(event.id).await?;
        known.found.events.push(read.unwrap_or_else(|| EventHistory {
            event,
            runs: Vec::new(),
            past_ends: Vec::new(),
        }));
    }
    let said = known.left.iter().any(|other| other.object == left.object);
    known.left.extend(Some(left).filter(|left| !said && (left.folded > 0 || left.older)));
    Ok(())
}

/// The newest events of an object that decided something, and those that are open. Of few events it is all of them; of
/// many, what was passed over as nobody's question is only counted.
async fn telling(
    ledger: &dyn Ledger,
    filter: &EventFilter,
    mut left: Left,
    is_told: impl Fn(&Event) -> bool,
) -> Result<(Vec<Event>, Left), Error> {
    let newest = ledger.events(filter.clone(), None, EVENTS_MAX).await?;
    if newest.next.is_none() {
        return Ok((newest.items.into_iter().filter(is_told).collect(), left));
    }
    let (mut told, mut looked_at, mut cursor) = (Vec::new(), 0, None);
    let most = usize::try_from(EVENTS_MAX).unwrap_or(usize::MAX);
    'pages: loop {
        let page = ledger.events(filter.clone(), cursor, PAGE).await?;
        for event in page.items {
            if told.len() == most || looked_at == LOOKED_AT_MAX {
                left.older = true;
                break 'pages;
            }
            looked_at += 1;
            if is_beside_the_point(&event) {
                left.folded += 1;
            } else if is_told(&event) {
                told.push(event);
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    // What is open decides what happens next, however old it is.
    for state in [State::Pending, State::Running] {
        let open = EventFilter { state: Some(state), ..filter.clone() };
        let open = ledger.events(open, None, EVENTS_MAX).await?.items;
        let more = open.into_iter().filter(|event| is_told(event) && told.iter().all(|known| known.id != event.id));
        let more: Vec<Event> = more.collect();
        told.extend(more);
    }
    Ok((told, left))
}

/// Comments, echoes of the bridge's own doing, items of the system: nothing that anybody waits for.
fn is_beside_the_point(event: &Event) -> bool {
    matches!(event.reason, Some(Reason::InternalComment | Reason::NotAMessage | Reason::OwnMessage | Reason::OwnWrite))
        && event.outcome == Some(Outcome::Skipped)
}

impl Left {
    fn of(connection: Option<ConnectionName>, object: Object) -> Self {
        Self { connection, object, folded: 0, older: false }
    }

    /// What is not told, and how to see it.
    pub(super) fn words(&self) -> String {
        let folded = match self.folded {
            0 => String::new(),
            1 => "1 internal comment or echo was left out. ".to_owned(),
            many => format!("{many} internal comments and echoes were left out. "),
        };
        let (kind, id) = (self.object.kind(), self.object.id());
        let older = format!("What is older of {kind} {id} is left out. ");
        let older = if self.older { older.as_str() } else { "" };
        let how = match &self.object {
            Object::Thread(_) | Object::Ticket(_) => {
                let of = self.connection.as_ref().map(|name| format!(" --connection {name}")).unwrap_or_default();
                format!("All of them: `hubspot-bridge events list{of} --{kind} {id}`, or Events in the console.")
            }
            Object::Outside(_) | Object::Note(_) => "All of them: Events in the console.".to_owned(),
        };
        format!("{folded}{older}{how}")
    }
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
