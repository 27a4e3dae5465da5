//! `[store]`: where events and sessions are kept.

use std::path::PathBuf;
use std::time::Duration;

/// The store.
#[derive(Clone, Debug)]
pub struct Store {
    /// Which database.
    pub location: Location,
    /// How long ended events are kept.
    pub retention: Duration,
    /// How long to wait for another process that has the database open.
    pub lock_wait: Duration,
}

/// Which database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file.
    File(PathBuf),
    /// Nothing survives a restart.
    Memory,
}
