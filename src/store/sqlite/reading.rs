//! [`Ledger`] for [`SqliteStore`]: reads on a connection of their own, so that people never block intake.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use rusqlite::Connection;

use super::fault::Fault;
use super::runner::Kind;
use super::{SqliteStore, audit, find, hold, list, list_sessions, recall, series, session, stats};
use crate::domain::{ConnectionName, Event, EventId, Outcome, Session, Timestamp};
use crate::store::Error;
use crate::store::ledger::Ledger;
use crate::store::types::{
    AuditRecord, EventFilter, EventHistory, Found, Hold, Lags, Page, SessionFilter, SessionKey, Stats,
};

impl SqliteStore {
    /// Runs a read: on the second connection where there is one, else as work of the core.
    pub(super) async fn read<T, F>(&self, operation: &'static str, read: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, Timestamp) -> Result<T, Fault> + Send + 'static,
    {
        let Some(reader) = &self.reader else {
            return self.runner.run(operation, Kind::Turn, move |tx| read(tx.conn, tx.now)).await;
        };
        let (conn, now) = (Arc::clone(reader).lock_owned().await, self.clock.now());
        let done = tokio::task::spawn_blocking(move || snapshot(&conn, |conn| read(conn, now)));
        done.await.map_err(|_| Error::Stopped)?.map_err(|fault| fault.into_error(operation))
    }
}

/// All of it sees the database at one moment.
fn snapshot<T>(conn: &Connection, read: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
    // A read that panicked left its own open.
    if !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK")?;
    }
    conn.execute_batch("BEGIN")?;
    let result = read(conn);
    conn.execute_batch("ROLLBACK")?;
    result
}

#[async_trait]
impl Ledger for SqliteStore {
    async fn events(&self, filter: EventFilter, cursor: Option<i64>, limit: u32) -> Result<Page<Event>, Error> {
        let portals = self.portals();
        self.read("list events", move |conn, _| list::events(conn, &portals, &filter, cursor, limit)).await
    }

    async fn event(&self, id: EventId) -> Result<Option<EventHistory>, Error> {
        self.read("read an event", move |conn, _| find::event(conn, id)).await
    }

    async fn sessions(&self, filter: SessionFilter, cursor: Option<i64>, limit: u32) -> Result<Page<Session>, Error> {
        self.read("list sessions", move |conn, _| list_sessions::sessions(conn, &filter, cursor, limit)).await
    }

    async fn find(&self, id: &str) -> Result<Found, Error> {
        let (id, portals) = (id.to_owned(), self.portals());
        self.read("look up an id", move |conn, _| find::find(conn, &portals, &id)).await
    }

    async fn audits(
        &self,
        subject: Option<String>,
        cursor: Option<i64>,
        limit: u32,
    ) -> Result<Page<AuditRecord>, Error> {
        self.read("list the audit", move |conn, _| audit::list(conn, subject.as_deref(), cursor, limit)).await
    }

    async fn revision(&self) -> Result<i64, Error> {
        self.read("look for changes", |conn, _| audit::revision(conn)).await
    }

    async fn dead_since(&self, after: (Timestamp, EventId), limit: u32) -> Result<Vec<Event>, Error> {
        self.read("list dead events", move |conn, _| list::dead_since(conn, after, limit)).await
    }

    async fn held(&self) -> Result<Vec<Hold>, Error> {
        self.read("read the holds", |conn, _| hold::holds(conn)).await
    }

    async fn session_by(&self, key: &SessionKey) -> Result<Option<Session>, Error> {
        let key = key.clone();
        self.read("read a session", move |conn, _| session::find(conn, &key)).await
    }

    async fn positions(&self, prefix: &str) -> Result<Vec<(String, String)>, Error> {
        let prefix = prefix.to_owned();
        self.read("read the positions", move |conn, _| recall::positions(conn, &prefix)).await
    }

    async fn series(&self, hours: u32) -> Result<Vec<(Timestamp, ConnectionName, Outcome, u64)>, Error> {
        self.read("count by hours", move |conn, now| series::series(conn, now, hours)).await
    }

    async fn lags(&self) -> Result<Lags, Error> {
        self.read("count what is late", stats::lags).await
    }

    async fn stats(&self) -> Result<Stats, Error> {
        let queued = Arc::clone(&self.bells.queued);
        self.read("count", move |conn, now| {
            let queued = u64::try_from(queued.load(Ordering::Relaxed)).unwrap_or(0);
            stats::stats(conn, now, queued)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_panicked_does_not_spoil_the_next() {
        let conn = Connection::open_in_memory().unwrap();
        let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _: Result<(), Fault> = snapshot(&conn, |_| panic!("a bug"));
        }));
        assert!(broken.is_err() && !conn.is_autocommit());
        assert!(snapshot(&conn, |_| Ok(7)).is_ok_and(|answer| answer == 7));
        assert!(conn.is_autocommit());
    }
}
