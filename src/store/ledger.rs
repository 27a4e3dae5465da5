//! Reading for people: the ledger of events, sessions and numbers. Never used to decide anything.

use async_trait::async_trait;

use super::error::Error;
use super::types::{AuditRecord, EventFilter, EventHistory, Found, Hold, Lags, Page, SessionFilter, SessionKey, Stats};
use crate::domain::{ConnectionName, Event, EventId, Outcome, Session, Timestamp};

/// Read-only views.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Events, newest first. `cursor` is the previous page's `next`. An open one is due (`due_at`) when its mailbox is, if
    /// that is later.
    async fn events(&self, filter: EventFilter, cursor: Option<i64>, limit: u32) -> Result<Page<Event>, Error>;

    /// One event with its runs and steps, and how it ended before each replay.
    async fn event(&self, id: EventId) -> Result<Option<EventHistory>, Error>;

    /// Sessions, last changed first.
    async fn sessions(&self, filter: SessionFilter, cursor: Option<i64>, limit: u32) -> Result<Page<Session>, Error>;

    /// Everything an id may name: thread, message, ticket, session, contact or event.
    async fn find(&self, id: &str) -> Result<Found, Error>;

    /// What people asked for, newest first; only about `subject` if one is given.
    async fn audits(
        &self,
        subject: Option<String>,
        cursor: Option<i64>,
        limit: u32,
    ) -> Result<Page<AuditRecord>, Error>;

    /// Another number than before when something in the store changed since: open pages look at it.
    async fn revision(&self) -> Result<i64, Error>;

    /// Events that died after a position, which is the end of one and its id, in the order of their ends: at most
    /// `limit`, 200 at the most. Begin with `(Timestamp, EventId(0))`, go on with the last one's. One that dies in the
    /// position's very millisecond, or after the clock was set back, may be passed over.
    async fn dead_since(&self, after: (Timestamp, EventId), limit: u32) -> Result<Vec<Event>, Error>;

    /// The connections held at this moment, as [`Store::holds`](super::Store::holds) has them.
    async fn held(&self) -> Result<Vec<Hold>, Error>;

    /// One session, as [`Store::session`](super::Store::session) has it.
    async fn session_by(&self, key: &SessionKey) -> Result<Option<Session>, Error>;

    /// The named positions that begin so, with their values, by name.
    async fn positions(&self, prefix: &str) -> Result<Vec<(String, String)>, Error>;

    /// Numbers for health and metrics.
    async fn stats(&self) -> Result<Stats, Error>;

    /// How many events ended how in each of the last `hours` hours, the present one among them: the hour's beginning,
    /// the connection, the outcome, how many. Oldest first; what was none is left out. Eight days are known.
    async fn series(&self, hours: u32) -> Result<Vec<(Timestamp, ConnectionName, Outcome, u64)>, Error>;

    /// How late the work is.
    async fn lags(&self) -> Result<Lags, Error>;
}
