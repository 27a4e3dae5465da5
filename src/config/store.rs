//! `[store]`: where events and sessions are kept.

use std::path::PathBuf;
use std::time::Duration;

use super::quantities::Fault;
use super::reader::Reader;

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

impl Store {
    pub(super) fn read(s: &mut Reader<'_>) -> Option<Self> {
        let location = s.parsed("url", location);
        let retention = s.duration("retention", Duration::from_hours(24)..=Duration::from_hours(24 * 3650));
        let lock_wait = s.duration("lock_wait", Duration::ZERO..=Duration::from_mins(10));
        Some(Self { location: location?, retention: retention?, lock_wait: lock_wait? })
    }
}

fn location(text: &str) -> Result<Location, Fault> {
    let fix = "write \"sqlite:data/bridge.db\" or \"sqlite::memory:\"".to_owned();
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let what = "PostgreSQL is not in this release".to_owned();
        return Err((what, "use \"sqlite:data/bridge.db\"; one process on SQLite serves a company".into()));
    }
    match text.strip_prefix("sqlite:") {
        Some(":memory:") => Ok(Location::Memory),
        Some(path) if path.starts_with("//") => Err((
            "has slashes that are not part of the path".into(),
            "write \"sqlite:\" and the path, e.g. \"sqlite:/data/bridge.db\"".into(),
        )),
        Some(path) if !path.is_empty() && !path.contains('?') => Ok(Location::File(PathBuf::from(path))),
        _ => Err(("is not a store this release knows".into(), fix)),
    }
}
