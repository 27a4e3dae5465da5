//! 5. Handlers: what a turn does. Every outside effect is a journalled step.
//!
//! The worker calls [`run`] with a leased, opened turn and gets either how its events end, or why the run stops here.

pub mod carry;
pub mod context;
pub mod conversation;
pub mod handoff;
pub mod interrupted;
pub mod journal;
pub mod note;
pub mod outside;
pub mod relay;
pub mod stop;
pub mod team;
pub mod ticket;

pub use context::Context;
pub use stop::Stop;

use crate::domain::{Ending, EventKind, Object, Reason};
use crate::store::interrupts::Watch;
use crate::store::{Finish, Lease, Turn};

/// Why a run must come to an end whatever it takes: a human gets what the AI could not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastResort {
    /// `attempts_exhausted` or `expired`.
    pub reason: Reason,
    /// The last error, for the ledger.
    pub detail: String,
}

/// One run of a turn, as the worker hands it over.
#[derive(Debug)]
pub struct Run<'a> {
    /// The right to work on the mailbox.
    pub lease: &'a Lease,
    /// The bound events and the journal so far.
    pub turn: Turn,
    /// Rings when something arrived that must be noticed.
    pub watch: &'a Watch,
    /// Set when no further attempt will follow.
    pub last_resort: Option<LastResort>,
}

/// Runs one turn.
pub async fn run(cx: &Context, run: Run<'_>) -> Result<Finish, Stop> {
    // Boxed: a turn's state machine is large, and it lives across every await of the worker.
    match run.lease.key.object.clone() {
        Object::Thread(thread) => Box::pin(conversation::run(cx, run, thread)).await,
        Object::Ticket(ticket) => Box::pin(ticket::run(cx, run, ticket)).await,
        Object::Outside(id) => Box::pin(outside::run(cx, run, id)).await,
        Object::Note(id) => Box::pin(note::run(cx, run, id)).await,
    }
}

/// Events that this release does not act on, or not in this mailbox, though a newer one stored them.
#[must_use]
pub fn unknown_kind(event: &crate::domain::Event) -> Option<Ending> {
    let known = match event.kind {
        EventKind::NoteCreated | EventKind::Unreadable => false,
        EventKind::TicketWrite => matches!(event.object, Some(Object::Ticket(_))),
        EventKind::DeliveryCheck => matches!(event.object, Some(Object::Thread(_))),
        EventKind::NewMessage
        | EventKind::Swept
        | EventKind::ThreadProperty
        | EventKind::TicketProperty
        | EventKind::HandoffRequest
        | EventKind::Action => true,
    };
    (!known).then(|| unreadable(event))
}

/// The end of an event whose parameters make no sense.
#[must_use]
pub fn unreadable(event: &crate::domain::Event) -> Ending {
    Ending::dead(event.id, Reason::PayloadUnreadable).detail("this release does not know such events")
}
