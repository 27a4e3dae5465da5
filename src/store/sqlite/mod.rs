//! The store on SQLite: one file, one writing connection, one process.
//!
//! Opened by the composition root and by the simulation; everybody else sees [`crate::store::Store`] and
//! [`crate::store::Ledger`]. A transaction is a plain function over `core::Tx`, one file each: `append`, `claim`,
//! `turn`, `step`, `finish`, `session`, `operate`, `prune`. None knows on which thread it runs.

mod append;
mod audit;
mod backup;
mod bind;
mod checkpoint;
mod claim;
mod columns;
mod core;
#[cfg(test)]
mod cost;
mod event;
mod fault;
mod file;
mod find;
mod finish;
mod hold;
mod list;
mod list_sessions;
mod mailbox;
mod message;
mod names;
mod newest;
mod open;
mod operate;
mod places;
#[cfg(test)]
mod plans;
mod prune;
mod reading;
mod recall;
mod room;
mod runner;
mod schedule;
mod schema;
mod series;
mod session;
mod stats;
mod step;
mod turn;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use rusqlite::Connection;

pub use backup::copy_file;
pub use open::{OpenError, is_current};
pub use room::space_of;
pub use schema::schema_version;

use self::checkpoint::Checkpointer;
use self::core::{Bells, Core};
use self::room::Room;
use self::runner::{Kind, Runner, Writer};
use super::{Error, Interrupts};
use crate::clock::Clock;
use crate::config::store::Location;
use crate::domain::PortalId;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which database.
    pub location: Location,
    /// How long another process may keep the file before this one gives up.
    pub lock_wait: Duration,
    /// Stamps and due times.
    pub clock: Arc<dyn Clock>,
    /// Running turns, told of interrupts after the commit.
    pub interrupts: Interrupts,
    /// Where the work is done.
    pub mode: Mode,
}

/// Where the store's work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In a thread of its own, with group commit and at most so many writes waiting.
    Threaded {
        /// The queue's bound.
        queue: usize,
    },
    /// In the caller's task: for the simulation, whose time stands still while another thread works.
    Inline,
}

impl Mode {
    /// A thread, with room for more deliveries than HubSpot sends at once.
    pub const THREADED: Self = Self::Threaded { queue: 1_024 };
}

/// Mailboxes and ledger on SQLite.
pub struct SqliteStore {
    // Closed before the writer, so that the writer is the last and can fold the log into the file.
    reader: Option<Arc<tokio::sync::Mutex<Connection>>>,
    runner: Runner,
    bells: Bells,
    room: Option<Room>,
    clock: Arc<dyn Clock>,
    file: Option<PathBuf>,
    portals: OnceLock<Arc<[PortalId]>>,
}

impl SqliteStore {
    /// Opens or makes the database, takes its lock, brings the schema forward, and voids the leases of whoever had it
    /// open before.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let file = match options.location {
            Location::File(path) => Some(path),
            Location::Memory => None,
        };
        let lock = match &file {
            Some(path) => {
                file::prepare(path)?;
                Some(file::lock(path, options.lock_wait).await?)
            }
            None => None,
        };
        let conn = open::writer(file.as_deref())?;
        let room = file.as_deref().map(Room::of);
        let bells = Bells { interrupts: options.interrupts, ..Bells::default() };
        let core = Core::new(conn, Arc::clone(&options.clock), bells.clone(), room.clone(), lock)
            .map_err(|fault| OpenError::Start(fault.into_error("start")))?;
        let (runner, reader) = match options.mode {
            Mode::Inline => (Runner::Inline(Box::new(Mutex::new(core))), None),
            Mode::Threaded { queue } => {
                let checkpointer = file.as_deref().map(Checkpointer::start).transpose()?;
                let writer = Writer::start(core, checkpointer, queue.max(1)).map_err(OpenError::Thread)?;
                (Runner::Threaded(writer), file.as_deref().map(open::reader).transpose()?)
            }
        };
        let reader = reader.map(|conn| Arc::new(tokio::sync::Mutex::new(conn)));
        Ok(Self { reader, runner, bells, room, clock: options.clock, file, portals: OnceLock::new() })
    }

    /// Copies the database to a new file while it is in use. What is in memory only cannot be copied.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        let Some(from) = self.file.clone() else {
            return Err(Error::Refused("a store in memory keeps nothing, so there is nothing to back up".to_owned()));
        };
        let to = to.to_owned();
        let copied = match self.runner {
            Runner::Inline(_) => copy_file(&from, &to),
            Runner::Threaded(_) => {
                tokio::task::spawn_blocking(move || copy_file(&from, &to)).await.map_err(|_| Error::Stopped)?
            }
        };
        copied.map_err(|error| {
            if matches!(error, OpenError::Exists { .. }) {
                return Error::Refused(error.to_string());
            }
            Error::Unavailable { operation: "make a backup", source: Box::new(error) }
        })
    }

    /// Which HubSpot accounts there are, told once: a message that waits is found by a key that begins with its account.
    /// Of others, only the newest are found while they wait.
    pub fn know_portals(&self, portals: impl IntoIterator<Item = PortalId>) {
        self.portals
            .get_or_init(|| portals.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect());
    }

    fn portals(&self) -> Arc<[PortalId]> {
        self.portals.get().cloned().unwrap_or_default()
    }

    /// Lets the database grow to so many pages of 4 KiB and no further, as a full disk would; `None` lifts it. A
    /// bound below its present size is its present size. For rehearsals and tests of trouble.
    pub async fn limit_pages(&self, pages: Option<u32>) -> Result<(), Error> {
        let sql = format!("PRAGMA max_page_count = {}", pages.map_or(4_294_967_294, |pages| pages.max(1)));
        self.runner.run("limit its size", Kind::Turn, move |tx| Ok(tx.conn.query_row(&sql, [], |_| Ok(()))?)).await
    }

    /// Takes the disk to have so many free bytes of so many in all; `None` asks it again. For rehearsals and tests of
    /// trouble.
    pub fn pretend_space(&self, free_of_total: Option<(u64, u64)>) {
        if let Some(room) = &self.room {
            room.pretend(free_of_total);
        }
    }

    /// The database file; none in memory.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}
