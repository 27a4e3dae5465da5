//! What can go wrong in the store, and whether trying again helps.

/// A failed transaction: nothing of it happened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lease ended or was taken over; the turn must stop without another effect.
    #[error("the lease of mailbox {mailbox} is no longer ours")]
    LeaseLost {
        /// The mailbox's row.
        mailbox: i64,
    },
    /// The session changed since it was read; decide again on the new one.
    #[error("the session changed since it was read")]
    VersionConflict,
    /// No such event, session or turn.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The event's turn was answered; a second answer would follow.
    #[error("the event was answered already")]
    AlreadyAnswered,
    /// The operation does not fit the event's state.
    #[error("{0}")]
    Refused(String),
    /// More deliveries wait for the disk than the bound allows.
    #[error("the store is overloaded; more than {waiting} writes are waiting")]
    Overloaded {
        /// The bound.
        waiting: usize,
    },
    /// The disk is nearly full. What was taken before is still worked on.
    #[error(
        "only {} MiB are left on the database's disk; below {} MiB nothing new is taken, so that running turns can be \
         written down: free some space",
        free >> 20,
        reserve >> 20
    )]
    DiskLow {
        /// Bytes left.
        free: u64,
        /// Bytes kept.
        reserve: u64,
    },
    /// The disk or the database refused: full, read-only, locked, damaged.
    #[error("the store cannot {operation}")]
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// The database's words.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row that this version cannot read.
    #[error("a stored {what} cannot be read: {detail}")]
    Unreadable {
        /// Which kind of row.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The store's thread ended.
    #[error("the store has stopped")]
    Stopped,
}
