//! Numbers of the store as a whole.

use std::time::Duration;

use crate::domain::{ConnectionName, Outcome, Reason, Timestamp};

/// Numbers for health and metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Mailboxes: due, waiting for a later time, leased.
    pub due: u64,
    /// See `due`.
    pub waiting: u64,
    /// See `due`.
    pub leased: u64,
    /// The oldest due time of a mailbox that is due, not held and not leased.
    pub oldest_due: Option<Timestamp>,
    /// Events not yet ended.
    pub open_events: u64,
    /// Rows of the ledger.
    pub events: u64,
    /// By connection, outcome and reason, of the last 24 hours.
    pub finished: Vec<(ConnectionName, Outcome, Option<Reason>, u64)>,
    /// Bytes of the database.
    pub bytes: u64,
}

/// How late the mailboxes are that are due, and how soon the others will be: those nobody works on, of all connections,
/// held ones too. Each number is counted to [`Lags::MOST`] and no further.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lags {
    /// Due for less than each of [`Lags::DUE_BELOW`], in its order, no mailbox twice; the last for longer than all.
    pub due: [u64; 6],
    /// Waiting for less than each of [`Lags::WAITING_BELOW`] more, likewise.
    pub waiting: [u64; 5],
}

impl Lags {
    /// Where the numbers of [`Lags::due`] part: the first is what is not late.
    pub const DUE_BELOW: [Duration; 5] = [
        Duration::from_secs(1),
        Duration::from_secs(10),
        Duration::from_mins(1),
        Duration::from_mins(10),
        Duration::from_hours(1),
    ];
    /// Where the numbers of [`Lags::waiting`] part.
    pub const WAITING_BELOW: [Duration; 4] =
        [Duration::from_secs(10), Duration::from_mins(1), Duration::from_mins(10), Duration::from_hours(1)];
    /// A number that reaches this means "or more".
    pub const MOST: u64 = 10_000;
}
