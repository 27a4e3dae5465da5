//! Reading for people: the ledger of events, sessions and numbers. Never used to decide anything.

use async_trait::async_trait;

use super::error::Error;
use super::types::{AuditRecord, EventFilter, EventHistory, Found, Page, SessionFilter, Stats};
use crate::domain::{Event, EventId, Session};

/// Read-only views.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Events, newest first. `cursor` is the previous page's `next`.
    async fn events(&self, filter: EventFilter, cursor: Option<i64>, limit: u32) -> Result<Page<Event>, Error>;

    /// One event with its runs and steps.
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

    /// Numbers for health and metrics.
    async fn stats(&self) -> Result<Stats, Error>;
}
