//! Reading for people: the ledger of events, sessions and numbers. Never used to decide anything.

use async_trait::async_trait;

use super::error::Error;
use super::types::{EventFilter, EventHistory, Found, Page, SessionFilter, Stats};
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

    /// Numbers for health and metrics.
    async fn stats(&self) -> Result<Stats, Error>;
}
