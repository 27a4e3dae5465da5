//! Carries the write-ahead log into the database beside the writer, so that no delivery waits for it.
//!
//! The writer's thread owns it and rings after each commit. A passive checkpoint never blocks the writer. Should it never
//! catch up, the writer carries the rest over by itself when the log is long ([`super::open::WAL_PAGES`]).

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::open::{self, OpenError};

/// Pages in the log that are worth a checkpoint: one page is often written several times in so many.
const WORTH: i64 = 2_048;

/// So long without a commit is a rest.
const REST: Duration = Duration::from_secs(1);

/// The thread, and the bell that wakes it.
pub(super) struct Checkpointer {
    // Taken on drop, which is what ends the thread.
    bell: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts it on a database in WAL mode.
    pub(super) fn start(path: &Path) -> Result<Self, OpenError> {
        let conn = open::second_writer(path)?;
        // One ring waiting stands for any number.
        let (bell, rung) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || serve(&conn, &rung))
            .map_err(OpenError::Thread)?;
        Ok(Self { bell: Some(bell), thread: Some(thread) })
    }

    /// Something was committed.
    pub(super) fn ring(&self) {
        if let Some(bell) = &self.bell {
            // Full: it will look anyway.
            let _ = bell.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.bell.take());
        if let Some(thread) = self.thread.take() {
            // Without it the log only grows longer: nobody needs to know.
            let _ = thread.join();
        }
    }
}

fn serve(conn: &Connection, rung: &Receiver<()>) {
    let mut written = false;
    loop {
        let done = match rung.recv_timeout(REST) {
            Ok(()) => {
                written = true;
                carry(conn, WORTH)
            }
            // At rest the log is emptied: words that a turn has erased still stand in it.
            Err(RecvTimeoutError::Timeout) if written => empty(conn).map(|emptied| written = !emptied),
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if let Err(error) = done {
            // The writer meets the same disk and says so to those who wait.
            tracing::debug!(%error, "the write-ahead log could not be carried over");
        }
    }
}

/// Carries everything over and cuts the log to nothing; false when somebody was reading or writing meanwhile.
fn empty(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare_cached("PRAGMA wal_checkpoint(TRUNCATE)")?.query_row([], |row| Ok(row.get::<_, i64>(0)? == 0))
}

/// Carries the log over if at least so many of its pages wait.
fn carry(conn: &Connection, worth: i64) -> rusqlite::Result<()> {
    if waiting(conn, "PRAGMA wal_checkpoint(NOOP)")? >= worth {
        waiting(conn, "PRAGMA wal_checkpoint(PASSIVE)")?;
    }
    Ok(())
}

/// Pages of the log that are not in the database after this checkpoint.
fn waiting(conn: &Connection, checkpoint: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached(checkpoint)?.query_row([], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_carried_over_once_it_is_worth_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.db");
        let writer = open::writer(Some(&path)).unwrap();
        let beside = open::second_writer(&path).unwrap();
        let left = || waiting(&beside, "PRAGMA wal_checkpoint(NOOP)").unwrap();
        writer.execute_batch("INSERT INTO cursors (name, value) VALUES ('a', '1')").unwrap();
        let pages = left();
        assert!(pages > 0);
        carry(&beside, pages + 1).unwrap();
        assert_eq!(left(), pages, "not worth it yet");
        carry(&beside, pages).unwrap();
        assert_eq!(left(), 0);
        // In the middle of a write it neither waits nor fails, and what is not committed stays out.
        writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO cursors (name, value) VALUES ('b', '2')").unwrap();
        carry(&beside, 0).unwrap();
        writer.execute_batch("ROLLBACK").unwrap();
        assert_eq!(left(), 0);
        let log = std::fs::metadata(path.with_extension("db-wal"));
        assert!(log.unwrap().len() > 0, "carried over is not gone");
        assert!(empty(&beside).unwrap());
        assert_eq!(std::fs::metadata(path.with_extension("db-wal")).unwrap().len(), 0);
    }
}
