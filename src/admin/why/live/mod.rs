//! `why --live`: the conversation as HubSpot shows it at this moment, one line a look. Each look fails on its own, and
//! none of them changes anything.

mod conversation;
mod records;

use std::future::Future;
use std::time::Duration;

use serde::Serialize;

use super::Known;
use super::subject::Subject;
use crate::admin::State;
use crate::doctor::Line;
use crate::domain::{ConnectionName, ContactId, Session, ThreadId, TicketId};

/// A look takes no longer: people wait for it.
const PATIENCE: Duration = Duration::from_secs(4);
/// What to do when HubSpot does not answer.
const ASK_AGAIN: &str = "Ask again in a moment; `hubspot-bridge doctor` says more when it goes on.";

/// What was seen in HubSpot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(in crate::admin) struct Live {
    /// When it was looked, RFC 3339.
    pub checked_at: String,
    /// One line a look, in a stable order.
    pub lines: Vec<Line>,
}

/// Looks at what the story is about.
pub(super) async fn look(admin: &State, subject: &Subject, known: &Known) -> Live {
    let checked_at = admin.clock.now().to_string();
    let name = subject.connection.clone().map(ConnectionName);
    let Some(cx) = name.as_ref().and_then(|name| admin.contexts.get(name)) else {
        let seen = "Its connection is not at work in this bridge, so HubSpot was not asked.";
        let line = Line::failed("connection", seen, "Look for the connection's name in the settings.");
        return Live { checked_at, lines: vec![line] };
    };
    let thread_id = subject.thread_id.clone().map(ThreadId);
    // The one that changed last comes first.
    let mut sessions = known.found.sessions.iter();
    let session: Option<Session> = sessions.find(|session| session.thread_id == thread_id).cloned();
    let mut lines = Vec::new();
    let mut thread = None;
    let has_thread = thread_id.is_some();
    match thread_id {
        Some(id) => match in_time(conversation::read(cx, &id)).await {
            Ok((line, found)) => {
                lines.push(line);
                thread = found;
            }
            Err(late) => lines.push(Line::failed("thread", late, ASK_AGAIN)),
        },
        None => lines.push(Line::ok("thread", "It belongs to no HubSpot thread.")),
    }
    let of_session = |session: &Session| (session.contact_id.clone(), session.ticket_id.clone());
    let (contact, ticket) = session.as_ref().map(of_session).unwrap_or_default();
    let contact = contact.or_else(|| thread.as_ref().and_then(|thread| thread.contact_id.clone()));
    let contact = contact.or_else(|| subject.contact_id.clone().map(ContactId));
    let ticket = thread.as_ref().and_then(|thread| thread.ticket_id.clone()).or(ticket);
    let ticket = ticket.or_else(|| subject.ticket_id.clone().map(TicketId));
    // Of a thread that was not read nobody knows what it names.
    let unread = has_thread && thread.is_none();
    let items = async {
        match thread {
            Some(thread) => conversation::lines(cx, thread, session.clone()).await,
            None => Vec::new(),
        }
    };
    let of_contact = async {
        match &contact {
            None if unread => unseen("contact"),
            contact => records::contact(cx, contact.as_ref()).await,
        }
    };
    let of_ticket = async {
        match &ticket {
            None if unread => vec![unseen("ticket")],
            ticket => records::ticket(cx, ticket.as_ref(), session.as_ref()).await,
        }
    };
    let (items, contact, ticket) = tokio::join!(in_time(items), in_time(of_contact), in_time(of_ticket));
    lines.extend(items.unwrap_or_else(|late| vec![Line::failed("messages", late, ASK_AGAIN)]));
    lines.push(contact.unwrap_or_else(|late| Line::failed("contact", late, ASK_AGAIN)));
    lines.extend(ticket.unwrap_or_else(|late| vec![Line::failed("ticket", late, ASK_AGAIN)]));
    Live { checked_at, lines }
}

fn unseen(check: &str) -> Line {
    Line::warning(check, "Not looked at: see `thread`.", "Ask again when the thread can be read.").following("thread")
}

async fn in_time<T>(look: impl Future<Output = T>) -> Result<T, String> {
    let late = |_| format!("HubSpot did not answer within {} s.", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, look).await.map_err(late)
}

/// Words of an error as a sentence.
fn sentence(what: &str, error: &dyn std::fmt::Display) -> String {
    format!("{what}: {}.", error.to_string().trim_end_matches('.'))
}
