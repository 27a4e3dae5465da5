//! What an id turned out to be, and what belongs to it.

use serde::Serialize;

use super::Known;
use crate::domain::{ConnectionName, Event, MessageId, Object, Session};

/// What the story is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(in crate::admin) struct Subject {
    /// `event`, `message`, `thread`, `ticket`, `session`, `contact`, `email`, `outside` or `note`.
    pub kind: &'static str,
    /// As it was asked for.
    pub id: String,
    /// Whose.
    pub connection: Option<String>,
    /// The conversation.
    pub thread_id: Option<String>,
    /// Its ticket.
    pub ticket_id: Option<String>,
    /// Its customer's contact.
    pub contact_id: Option<String>,
    /// The AI's session for it.
    pub session_id: Option<String>,
}

impl Subject {
    pub(super) fn of(id: &str, known: &Known) -> Self {
        let event = known.found.events.iter().map(|history| &history.event).max_by_key(|event| event.id);
        let session = known.found.sessions.iter().max_by_key(|session| session.updated_at);
        let mailbox = known.found.mailboxes.first().map(|mailbox| &mailbox.key);
        let connection = event.map(|event| &event.connection);
        let connection = connection.or(session.map(|session| &session.connection));
        let connection = connection.or(mailbox.map(|key| &key.connection)).map(|name: &ConnectionName| name.0.clone());
        let objects = known.found.events.iter().filter_map(|history| history.event.object.as_ref());
        let objects: Vec<&Object> = objects.chain(mailbox.map(|key| &key.object)).collect();
        let thread = objects.iter().find_map(|object| match object {
            Object::Thread(thread) => Some(thread.0.clone()),
            Object::Ticket(_) | Object::Outside(_) | Object::Note(_) => None,
        });
        let ticket = objects.iter().find_map(|object| match object {
            Object::Ticket(ticket) => Some(ticket.0.clone()),
            Object::Thread(_) | Object::Outside(_) | Object::Note(_) => None,
        });
        Self {
            kind: kind(id, &objects, session, known),
            id: id.to_owned(),
            connection,
            thread_id: session.and_then(|session| session.thread_id.clone()).map(|id| id.0).or(thread),
            ticket_id: session.and_then(|session| session.ticket_id.clone()).map(|id| id.0).or(ticket),
            contact_id: session.and_then(|session| session.contact_id.clone()).map(|id| id.0),
            session_id: session.map(|session| session.id.to_string()),
        }
    }
}

fn kind(id: &str, objects: &[&Object], session: Option<&Session>, known: &Known) -> &'static str {
    if id.contains('@') {
        return "email";
    }
    if id.starts_with("evt_") {
        return "event";
    }
    if id.starts_with("ses_") {
        return "session";
    }
    if let Some(object) = objects.iter().find(|object| object.id() == id) {
        return object.kind();
    }
    let announces = |event: &Event| event.message_id.as_ref().map(MessageId::as_str) == Some(id);
    if known.found.events.iter().any(|history| announces(&history.event)) {
        return "message";
    }
    match session {
        Some(session) if session.thread_id.as_ref().is_some_and(|thread| thread.0 == id) => "thread",
        Some(session) if session.ticket_id.as_ref().is_some_and(|ticket| ticket.0 == id) => "ticket",
        Some(session) if session.contact_id.as_ref().is_some_and(|contact| contact.0 == id) => "contact",
        Some(session) if session.agent_session_id.as_deref() == Some(id) => "outside",
        Some(_) => "session",
        None => "event",
    }
}
