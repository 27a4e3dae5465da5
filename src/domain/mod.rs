//! The words of the bridge as plain types: ids, times, events, conversations, sessions, outcomes.
//!
//! Invariant: nothing here does I/O, is async, or is a wire format. Everything else may import this; this imports
//! nothing of the crate.

pub mod conversation;
pub mod customer;
pub mod event;
pub mod ids;
pub mod outcome;
pub mod reason;
pub mod session;
pub mod time;

pub use conversation::{
    ActorKind, Attachment, Channel, Direction, Message, MessageKind, Participant, Thread, Truncation,
};
pub use customer::{Company, Contact, CustomerContext, Deal, Part, PastTicket};
pub use event::{DedupKey, Event, EventKind, Lane, MailboxKey, NewEvent, Object, Schedule};
pub use ids::{
    ActorId, AppId, ConnectionName, ContactId, EventId, EventIds, MessageId, NoteId, PortalId, SessionId, ThreadId,
    TicketId, TurnId,
};
pub use outcome::{Ending, Outcome, State};
pub use reason::Reason;
pub use session::{AnsweredThrough, Mode, Session, SessionPatch, SessionState};
pub use time::{Timestamp, lasting};
