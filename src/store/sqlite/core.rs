//! The synchronous heart: one connection, one transaction at a time, and what must happen once it is on disk.
//!
//! [`super::runner`] decides on which thread it runs. A transaction holds one or more pieces of work. Those in
//! a savepoint of their own take nothing with them but themselves when they fail.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;
use tokio::sync::Notify;

use super::fault::Fault;
use super::names::Names;
use super::room::Room;
use super::runner::Kind;
use crate::clock::Clock;
use crate::domain::{MailboxKey, Timestamp};
use crate::store::{Error, Interrupts};

/// One connection and what is remembered beside it.
pub(super) struct Core {
    conn: Connection,
    clock: Arc<dyn Clock>,
    memory: Memory,
    bells: Bells,
    // A rollback may have taken a new connection's name with it.
    names_stale: bool,
    // Work without a savepoint failed in this transaction.
    doomed: bool,
    // None in memory.
    room: Option<Room>,
    // Held as long as the connection is open.
    _lock: Option<std::fs::File>,
}

/// Who is told after a commit, and what.
#[derive(Clone, Debug, Default)]
pub(super) struct Bells {
    /// Running turns.
    pub interrupts: Interrupts,
    /// How many mailboxes wait for their time or for a worker, as of the last commit: counting them would take as long
    /// as there are many.
    pub queued: Arc<AtomicI64>,
    /// Those who wait for due work.
    pub due: Arc<Notify>,
}

/// What the core remembers between transactions, and within one.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Connections by number.
    pub names: Names,
    /// By lane: the connection that was served last.
    pub served: [i64; 2],
    /// By lane: connections that may have no further lease until one is given back, whatever is due.
    pub full: [BTreeSet<i64>; 2],
    /// By then everything that was replayed so far is due.
    pub replays_until: Timestamp,
    /// This start of the process.
    pub epoch: i64,
    /// What to do after the commit.
    pub effects: Effects,
    /// How far the counters moved in this transaction.
    pub tally: Tally,
}

/// What to do after the commit.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Interrupts to raise.
    pub raise: Vec<MailboxKey>,
    /// Something may be due.
    pub wake: bool,
}

/// Movements of the counters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Rows of the ledger.
    pub events: i64,
    /// Of these, not yet ended.
    pub open: i64,
    /// Mailboxes that are free and have a due time. Not in `meta`: counted when the process starts.
    pub queued: i64,
}

/// What a piece of work sees of the core.
pub(super) struct Tx<'a> {
    /// The connection, inside a transaction.
    pub conn: &'a Connection,
    /// The time of this piece of work.
    pub now: Timestamp,
    /// See [`Memory`].
    pub memory: &'a mut Memory,
}

impl Core {
    /// Takes over an opened and migrated connection.
    pub(super) fn new(
        conn: Connection,
        clock: Arc<dyn Clock>,
        bells: Bells,
        room: Option<Room>,
        lock: Option<std::fs::File>,
    ) -> Result<Self, Fault> {
        let memory = Memory { names: Names::load(&conn)?, ..Memory::default() };
        let mut core = Self { conn, clock, memory, bells, names_stale: false, doomed: false, room, _lock: lock };
        core.begin()?;
        core.work("start", Kind::Turn, super::claim::start).map_err(Fault::Store)?;
        core.commit()?;
        core.ring();
        Ok(core)
    }

    /// May work of this kind be done? Nothing new is taken when the disk is nearly full.
    pub(super) fn admit(&self, kind: Kind) -> Result<(), Error> {
        match (kind, &self.room) {
            (Kind::Delivery, Some(room)) => room.check(&self.conn),
            (Kind::Delivery, None) | (Kind::Turn, _) => Ok(()),
        }
    }

    /// Opens the transaction. Immediate: a transaction that turns from reading to writing may fail at once.
    pub(super) fn begin(&mut self) -> rusqlite::Result<()> {
        if !self.conn.is_autocommit() {
            self.rollback();
        }
        self.execute("BEGIN IMMEDIATE")
    }

    /// Runs one piece of work.
    pub(super) fn work<T>(
        &mut self,
        operation: &'static str,
        kind: Kind,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let done = match kind {
            Kind::Delivery => self.unguarded(work),
            Kind::Turn => self.in_savepoint(work),
        };
        done.map_err(|fault| fault.into_error(operation))
    }

    /// Must the whole transaction be given up? Work without a savepoint failed, or the database rolled back by itself,
    /// as it does when the disk is full.
    pub(super) fn doomed(&self) -> bool {
        self.doomed || self.conn.is_autocommit()
    }

    /// Puts the transaction on disk; rolls it back when that fails.
    pub(super) fn commit(&mut self) -> rusqlite::Result<()> {
        let queued = self.memory.tally.queued;
        let result = self.write_tally().and_then(|()| self.execute("COMMIT"));
        match result {
            Ok(()) => {
                self.bells.queued.fetch_add(queued, Ordering::Relaxed);
            }
            Err(_) => self.rollback(),
        }
        result
    }

    /// Tells those concerned, after the commit.
    pub(super) fn ring(&mut self) {
        let effects = std::mem::take(&mut self.memory.effects);
        for key in &effects.raise {
            self.bells.interrupts.raise(key);
        }
        if effects.wake {
            self.bells.due.notify_waiters();
        }
    }

    /// Gives up the transaction.
    pub(super) fn rollback(&mut self) {
        // The database may have rolled back by itself already: then there is nothing to give up.
        if !self.conn.is_autocommit() {
            let _ = self.execute("ROLLBACK");
        }
        self.memory.tally = Tally::default();
        self.memory.effects = Effects::default();
        // The leases that filled a connection's places may be gone with the rest.
        self.memory.full = Default::default();
        self.names_stale = true;
        self.doomed = false;
    }

    fn unguarded<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        self.refresh_names()?;
        let mut tx = Tx { conn: &self.conn, now: self.clock.now(), memory: &mut self.memory };
        let result = work(&mut tx);
        self.doomed |= result.is_err();
        result
    }

    fn in_savepoint<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        self.refresh_names()?;
        self.execute("SAVEPOINT work")?;
        let (tally, raised, wake) = (self.memory.tally, self.memory.effects.raise.len(), self.memory.effects.wake);
        let mut tx = Tx { conn: &self.conn, now: self.clock.now(), memory: &mut self.memory };
        let result = work(&mut tx).and_then(|value| {
            self.execute("RELEASE work")?;
            Ok(value)
        });
        if result.is_err() {
            self.memory.tally = tally;
            self.memory.effects.raise.truncate(raised);
            self.memory.effects.wake = wake;
            self.memory.full = Default::default();
            self.undo();
        }
        result
    }

    fn refresh_names(&mut self) -> rusqlite::Result<()> {
        if self.names_stale {
            self.memory.names = Names::load(&self.conn)?;
            self.names_stale = false;
        }
        Ok(())
    }

    fn undo(&mut self) {
        if !self.conn.is_autocommit() {
            let _ = self.conn.execute_batch("ROLLBACK TO work; RELEASE work");
        }
        self.names_stale = true;
    }

    fn write_tally(&mut self) -> rusqlite::Result<()> {
        let tally = std::mem::take(&mut self.memory.tally);
        let mut statement = self.conn.prepare_cached("UPDATE meta SET value = value + ?2 WHERE name = ?1")?;
        for (name, moved) in [("events", tally.events), ("open_events", tally.open)] {
            if moved != 0 {
                statement.execute((name, moved))?;
            }
        }
        Ok(())
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leases that were rolled back fill no places: their connection would never be claimed again.
    #[test]
    fn what_fails_leaves_no_connection_full() {
        let clock = crate::clock::ManualClock::starting_at(Timestamp(0));
        let conn = super::super::schema::in_memory();
        let mut core = Core::new(conn, clock, Bells::default(), None, None).unwrap();
        let fill = |tx: &mut Tx<'_>| {
            tx.memory.full = [BTreeSet::from([1]), BTreeSet::from([2])];
            Err::<(), _>(Fault::Store(Error::Stopped))
        };
        core.begin().unwrap();
        core.work("fail alone", Kind::Turn, fill).unwrap_err();
        assert!(core.memory.full.iter().all(BTreeSet::is_empty));
        core.work("fail with all others", Kind::Delivery, fill).unwrap_err();
        core.rollback();
        assert!(core.memory.full.iter().all(BTreeSet::is_empty));
    }
}
