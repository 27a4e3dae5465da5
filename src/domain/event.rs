//! Events: one element of a delivery, or one the bridge raised itself, and the mailbox it waits in.

use std::fmt;
use std::time::Duration;

use super::{
    ActorId, AppId, ConnectionName, EventId, MessageId, NoteId, Outcome, Reason, SessionId, State, ThreadId, TicketId,
    Timestamp, TurnId,
};

/// What happened. The first four come from HubSpot, the rest the bridge raises itself; the last stands for what could not be
/// read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// `conversation.newMessage` (and its alias `conversation.messageCreated`).
    NewMessage,
    /// `conversation.propertyChange`: `assignedTo`, `status`, `isArchived`.
    ThreadProperty,
    /// `ticket.propertyChange`.
    TicketProperty,
    /// `object.creation` of a note (`0-46`).
    NoteCreated,
    /// A message the sweep found that no webhook announced.
    Swept,
    /// Session custom data to be written to a ticket.
    TicketWrite,
    /// Somebody asked for a handoff (admin API, OpenCX, a workflow).
    HandoffRequest,
    /// A workflow action or an operator's action on a session.
    Action,
    /// Look again whether a posted reply was delivered.
    DeliveryCheck,
    /// An element of a delivery that could not be read.
    Unreadable,
}

impl EventKind {
    /// The stable name: HubSpot's subscription type, or our own word. Stored, and a metrics label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewMessage => "conversation.newMessage",
            Self::ThreadProperty => "conversation.propertyChange",
            Self::TicketProperty => "ticket.propertyChange",
            Self::NoteCreated => "object.creation",
            Self::Swept => "swept",
            Self::TicketWrite => "ticket_write",
            Self::HandoffRequest => "handoff_request",
            Self::Action => "action",
            Self::DeliveryCheck => "delivery_check",
            Self::Unreadable => "unreadable",
        }
    }

    /// Every kind, for tables and for reading what is stored.
    pub const ALL: [Self; 10] = [
        Self::NewMessage,
        Self::ThreadProperty,
        Self::TicketProperty,
        Self::NoteCreated,
        Self::Swept,
        Self::TicketWrite,
        Self::HandoffRequest,
        Self::Action,
        Self::DeliveryCheck,
        Self::Unreadable,
    ];

    /// The kind of a stored name; none when a newer version wrote it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Does it announce one message of a thread?
    #[must_use]
    pub fn announces_message(self) -> bool {
        matches!(self, Self::NewMessage | Self::Swept)
    }
}

/// What a mailbox is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Object {
    /// One conversation thread.
    Thread(ThreadId),
    /// One ticket.
    Ticket(TicketId),
    /// A conversation that lives outside HubSpot, by the agent's own id of it.
    Outside(String),
    /// One CRM note: nothing but the note itself says which ticket it belongs to.
    Note(NoteId),
}

impl Object {
    /// HubSpot's id of it; the agent's own of a conversation outside HubSpot.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Thread(id) => id.as_str(),
            Self::Ticket(id) => id.as_str(),
            Self::Outside(id) => id,
            Self::Note(id) => id.as_str(),
        }
    }

    /// The stable name of what it is; stored.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Thread(_) => "thread",
            Self::Ticket(_) => "ticket",
            Self::Outside(_) => "outside",
            Self::Note(_) => "note",
        }
    }

    /// The object of a stored kind and id; none when a newer version wrote it.
    #[must_use]
    pub fn from_kind(kind: &str, id: String) -> Option<Self> {
        match kind {
            "thread" => Some(Self::Thread(id.into())),
            "ticket" => Some(Self::Ticket(id.into())),
            "outside" => Some(Self::Outside(id)),
            "note" => Some(Self::Note(id.into())),
            _ => None,
        }
    }

    /// Conversations go before tickets.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self {
            Self::Thread(_) | Self::Outside(_) => Lane::Conversation,
            Self::Ticket(_) | Self::Note(_) => Lane::Ticket,
        }
    }
}

/// The two priorities of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Threads, and conversations outside HubSpot.
    Conversation,
    /// Tickets and notes.
    Ticket,
}

/// The name of one mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxKey {
    /// Whose.
    pub connection: ConnectionName,
    /// About what.
    pub object: Object,
}

impl fmt::Display for MailboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.connection, self.object.kind(), self.object.id())
    }
}

/// What a second delivery of the same event has in common with the first: a truncated SHA-256 (see `intake::dedup`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DedupKey(pub [u8; 16]);

/// When an event lets its mailbox become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// At once: reps, ownership, ticket changes and writes, requests.
    Now,
    /// May be a customer message: `min(last + quiet, first + max)` over those waiting.
    Quiet {
        /// Silence that ends a burst.
        quiet: Duration,
        /// The longest a burst may be waited for.
        max: Duration,
    },
    /// Not before this time: delivery checks.
    At(Timestamp),
}

/// An event on its way into the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Whose.
    pub connection: ConnectionName,
    /// What it is about; none when the element could not be read that far.
    pub object: Option<Object>,
    /// What happened.
    pub kind: EventKind,
    /// The message announced.
    pub message_id: Option<MessageId>,
    /// `MESSAGE`, `COMMENT`, …, as the envelope says; absent on some, then the re-fetch decides.
    pub message_type: Option<String>,
    /// The property changed.
    pub property: Option<String>,
    /// The value, of conversation properties only: ticket values are never stored.
    pub value: Option<String>,
    /// HubSpot's `eventId`; not unique.
    pub hubspot_event_id: Option<String>,
    /// The app the event was sent to.
    pub app_id: Option<AppId>,
    /// `changeSource` and `sourceId`, joined by a colon when both are there.
    pub source: Option<String>,
    /// When HubSpot says it happened.
    pub occurred_at: Option<Timestamp>,
    /// Parameters of internal events, versioned JSON without message text.
    pub data: Option<String>,
    /// What makes it a duplicate.
    pub dedup: DedupKey,
    /// How often the delivery held it (1, or more when one delivery repeats it).
    pub seen: u32,
    /// When it makes its mailbox due.
    pub schedule: Schedule,
    /// Raises the mailbox's interrupt: a running turn must notice it.
    pub interrupt: bool,
    /// Settled by the envelope alone: stored as ended, never queued.
    pub ended: Option<(State, Reason)>,
    /// Words that add to the reason of `ended`; never contents.
    pub detail: Option<String>,
}

/// An event as the ledger holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Ours.
    pub id: EventId,
    /// Whose.
    pub connection: ConnectionName,
    /// The thread or ticket.
    pub object: Option<Object>,
    /// What happened.
    pub kind: EventKind,
    /// The message announced.
    pub message_id: Option<MessageId>,
    /// As the envelope said.
    pub message_type: Option<String>,
    /// The property changed.
    pub property: Option<String>,
    /// The value, of conversation properties only.
    pub value: Option<String>,
    /// HubSpot's `eventId`.
    pub hubspot_event_id: Option<String>,
    /// The app the event was sent to.
    pub app_id: Option<AppId>,
    /// `changeSource:sourceId`.
    pub source: Option<String>,
    /// When HubSpot says it happened.
    pub occurred_at: Option<Timestamp>,
    /// Parameters of internal events.
    pub data: Option<String>,
    /// How often it arrived.
    pub seen: u32,
    /// When the bridge stored it.
    pub received_at: Timestamp,
    /// When it was or will be due; none once it ended.
    pub due_at: Option<Timestamp>,
    /// Where it is.
    pub state: State,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why so.
    pub reason: Option<Reason>,
    /// Free words that add to the reason, never message text.
    pub detail: Option<String>,
    /// Runs it was part of.
    pub attempts: u32,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The turn it was bound to.
    pub turn: Option<TurnId>,
    /// The session it concerned.
    pub session: Option<SessionId>,
}

impl Event {
    /// When it happened, or when we heard of it.
    #[must_use]
    pub fn happened_at(&self) -> Timestamp {
        self.occurred_at.unwrap_or(self.received_at)
    }

    /// `assignedTo` may be `A-123`, `123`, empty or null: HubSpot's pages disagree.
    #[must_use]
    pub fn assigned_to(&self) -> Option<ActorId> {
        let value = self.value.as_deref().map(str::trim).filter(|value| !value.is_empty())?;
        let bare = value.bytes().all(|byte| byte.is_ascii_digit());
        Some(ActorId(if bare { format!("A-{value}") } else { value.to_owned() }))
    }
}

impl DedupKey {
    /// The key of a message, whichever way the bridge hears of it: webhook, alias, retry or sweep.
    #[must_use]
    pub fn of_message(portal: super::PortalId, message: &MessageId) -> Self {
        Self::of(&["message", &portal.to_string(), message.as_str()])
    }

    /// A truncated SHA-256 over the parts, each with its length so that no two lists run together.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut key = [0; 16];
        key.copy_from_slice(digest.split_at(16).0);
        Self(key)
    }
}
