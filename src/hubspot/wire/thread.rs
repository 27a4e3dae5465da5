//! Threads.

use serde::Deserialize;

use super::id::Id;
use super::stamp::Stamp;
use crate::domain::{ContactId, Thread, ThreadId, TicketId, Timestamp};

/// One thread.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::hubspot) struct WireThread {
    id: Id,
    status: Option<String>,
    closed_at: Option<Stamp>,
    inbox_id: Option<Id>,
    original_channel_id: Option<Id>,
    assigned_to: Option<Id>,
    associated_contact_id: Option<Id>,
    /// Absent, not empty, when there is no ticket.
    thread_associations: Option<Associations>,
    archived: Option<bool>,
    spam: Option<bool>,
    latest_message_timestamp: Option<Stamp>,
    latest_message_received_timestamp: Option<Stamp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Associations {
    associated_ticket_id: Option<Id>,
}

impl WireThread {
    /// When anything was last said in it.
    pub(in crate::hubspot) fn latest(&self) -> Option<Timestamp> {
        self.latest_message_timestamp.map(|stamp| stamp.0)
    }

    /// As the domain has it.
    pub(in crate::hubspot) fn into_thread(self) -> Thread {
        let ticket = self.thread_associations.and_then(|associations| associations.associated_ticket_id);
        Thread {
            id: ThreadId(self.id.text().unwrap_or_default()),
            closed: self.status.is_some_and(|status| status == "CLOSED"),
            closed_at: self.closed_at.map(|stamp| stamp.0),
            inbox_id: self.inbox_id.and_then(Id::text),
            channel_id: self.original_channel_id.and_then(Id::text),
            assigned_to: self.assigned_to.and_then(Id::actor),
            contact_id: self.associated_contact_id.and_then(Id::text).map(ContactId),
            ticket_id: ticket.and_then(Id::text).map(TicketId),
            archived: self.archived.unwrap_or_default(),
            spam: self.spam.unwrap_or_default(),
            latest_received_at: self.latest_message_received_timestamp.map(|stamp| stamp.0),
        }
    }
}
