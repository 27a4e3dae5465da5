//! 2. The store: mailboxes, ledger, turns with journalled steps, sessions.
//!
//! Two traits, each a list of whole transactions: [`Store`] is what intake, worker and handlers use, [`Ledger`] reads
//! for people. Never SQL, never an open transaction. Every implementation passes `tests/it/store`.

mod audit;
pub mod error;
pub mod interrupts;
pub mod ledger;
mod numbers;
pub mod request;
pub mod sqlite;
pub mod types;

use async_trait::async_trait;

pub use error::Error;
pub use interrupts::Interrupts;
pub use ledger::Ledger;
pub use types::{
    Appended, Audit, Batch, Claim, Finish, Hold, Lease, Operation, Renewal, SessionChange, SessionKey, StepIntent,
    StepRecord, StepResult, StepStatus, Turn,
};

use crate::domain::{ConnectionName, DedupKey, Event, MailboxKey, MessageId, Session, Timestamp};

/// Whole transactions of the bridge. Stamps come from the store's own clock.
#[async_trait]
pub trait Store: Send + Sync {
    /// Stores every event of a delivery; returns once they are on disk. A duplicate (same dedup key) raises `seen`
    /// on the first event's row; a duplicate ticket property marks its property as changed again. Raises the
    /// mailboxes' interrupts, in the rows and in the in-process registry, after the commit. [`Error::Overloaded`] at
    /// once when too many writes wait, [`Error::DiskLow`] when the disk is nearly full; everything else waits for its turn. A conversation property that interrupts
    /// also ends its mailbox's deferral.
    async fn append(&self, batch: Batch) -> Result<Appended, Error>;

    /// The same for what follows from work that was taken (a request carried on, an operator's word): it waits for its
    /// turn instead of being refused as overload or for a nearly full disk.
    async fn append_own(&self, batch: Batch) -> Result<Appended, Error>;

    /// Leases up to `n` due mailboxes of a lane, oldest first, in turn across the connections that are not held.
    /// Frees leases that ran out first: their turns stay open, and a run they had started was a failed attempt.
    async fn claim(&self, claim: Claim) -> Result<Vec<Lease>, Error>;

    /// Extends a lease by its time to live, and takes the interrupt mark.
    async fn renew(&self, lease: &Lease) -> Result<Renewal, Error>;

    /// Binds the mailbox's due events to a turn and starts a run of it, or resumes the open one with its steps.
    /// Binds at most 100 events of a thread, 1,000 of a ticket; the burst of a quiet period whole, once it is over.
    /// Takes the interrupt mark. A turn whose events are none and whose dirty properties are none is never opened:
    /// `None` then, and the lease is released.
    async fn open_turn(&self, lease: &Lease) -> Result<Option<Turn>, Error>;

    /// Binds the message events that arrived since to the open turn. At most once in a turn's life; the second call
    /// returns nothing.
    async fn extend_turn(&self, lease: &Lease) -> Result<Vec<Event>, Error>;

    /// Events of the mailbox that wait and are not bound to the turn, oldest first, at most 50: a probe looks among
    /// them for the echo of its own post.
    async fn waiting(&self, lease: &Lease) -> Result<Vec<Event>, Error>;

    /// The journal of the open turn, as it stands now.
    async fn steps(&self, lease: &Lease) -> Result<Vec<StepRecord>, Error>;

    /// Journals that a step is about to act. One that acted is refused.
    async fn intend(&self, lease: &Lease, intent: StepIntent) -> Result<(), Error>;

    /// Journals what became of a step. Remembers the posted message's id as ours in the same transaction.
    async fn settle(&self, lease: &Lease, step: &str, result: StepResult) -> Result<(), Error>;

    /// Ends the turn: exactly one ending for each bound event but those returned ([`Error::Refused`] otherwise, and nothing
    /// happens), session patches, follow-up events, in one transaction. An ending without a session gets that of the mailbox's thread. Erases
    /// text held in steps, releases the lease, makes the mailbox due again when more waits.
    async fn finish(&self, lease: &Lease, finish: Finish) -> Result<(), Error>;

    /// Releases the lease and leaves the mailbox alone until `until`. A turn that has journalled nothing is dissolved:
    /// its events wait again, and newer ones will join them in the next, which carries the same number and goes on
    /// counting runs. `counts`: it was a failed attempt. Does not hold when ownership changed since the turn last looked.
    async fn defer(&self, lease: &Lease, until: Timestamp, why: &str, counts: bool) -> Result<(), Error>;

    /// Looks up one session.
    async fn session(&self, key: &SessionKey) -> Result<Option<Session>, Error>;

    /// The sessions linked to a ticket, at most 100.
    async fn sessions_of_ticket(
        &self,
        connection: &ConnectionName,
        ticket: &crate::domain::TicketId,
    ) -> Result<Vec<Session>, Error>;

    /// Changes a session outside a turn (operators, actions). Raises its mailbox's interrupt.
    async fn patch_session(&self, change: SessionChange) -> Result<Session, Error>;

    /// Is a turn of this mailbox under way, whether it runs or waits to be resumed?
    async fn has_open_turn(&self, mailbox: &MailboxKey) -> Result<bool, Error>;

    /// Which of these messages the bridge posted itself.
    async fn posted(&self, connection: &ConnectionName, messages: &[MessageId]) -> Result<Vec<MessageId>, Error>;

    /// The properties of a ticket the bridge wrote, each with the hash of the value it wrote last: their echoes end as
    /// `own_write`.
    async fn own_writes(
        &self,
        connection: &ConnectionName,
        ticket: &crate::domain::TicketId,
    ) -> Result<Vec<(String, String)>, Error>;

    /// When the bridge last updated a ticket (its creation does not count); none when that is long ago.
    async fn ticket_updated_at(
        &self,
        connection: &ConnectionName,
        ticket: &crate::domain::TicketId,
    ) -> Result<Option<Timestamp>, Error>;

    /// For each key: does the ledger know an event with it?
    async fn known(&self, keys: &[DedupKey]) -> Result<Vec<bool>, Error>;

    /// Holds a connection: its mailboxes are not claimed until then, and one at a time afterwards; see [`Hold::stops`].
    /// `cause` is `word: sentence`; a hold with the word of the one before it goes on.
    async fn hold(&self, connection: &ConnectionName, until: Timestamp, cause: &str) -> Result<(), Error>;

    /// Ends the hold of a connection, if there is one.
    async fn release(&self, connection: &ConnectionName) -> Result<(), Error>;

    /// The connections that are held and not released.
    async fn holds(&self) -> Result<Vec<Hold>, Error>;

    /// A named position, such as how far the sweep has looked.
    async fn cursor(&self, name: &str) -> Result<Option<String>, Error>;

    /// Moves a named position.
    async fn set_cursor(&self, name: &str, value: &str) -> Result<(), Error>;

    /// Returns when a mailbox of these lanes may be due: at the next due time, or as soon as something was stored. May wake early.
    async fn wait_due(&self, lanes: &[crate::domain::Lane]) -> Result<(), Error>;

    /// Replays or skips an event on an operator's word. A forced replay of an
    /// answered message puts `"replay":"draft"` into the event's data.
    async fn operate(&self, operation: Operation) -> Result<(), Error>;

    /// Notes what somebody asked for, before it is done. Kept as long as events are.
    async fn audit(&self, audit: Audit) -> Result<(), Error>;

    /// Removes what is older than the retention: at most `limit` events. How many went.
    async fn prune(&self, older_than: Timestamp, limit: u32) -> Result<u32, Error>;

    /// Can it write, and take what comes in? For readiness.
    async fn check(&self) -> Result<(), Error>;
}
