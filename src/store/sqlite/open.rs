//! Opening the database, and what can be wrong with it, in words for the person who starts the bridge.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema;

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "{path} is in use by {holder}: {lock} stayed locked for {waited:?}; stop the other bridge, or give this one \
         another `store.url`; raise `store.lock_wait` if the other one only needs longer to stop"
    )]
    Locked {
        /// The database.
        path: PathBuf,
        /// The lock beside it.
        lock: PathBuf,
        /// Who has it.
        holder: String,
        /// `lock_wait`.
        waited: Duration,
    },
    /// Its folder or file cannot be made or opened.
    #[error("{path} cannot be created or opened; check that its folder exists and that this user may write there")]
    Folder {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The disk is elsewhere.
    #[error("{path} is on a network file system ({kind}), where SQLite may lose data; put `store.url` on a local disk")]
    NetworkFileSystem {
        /// The database.
        path: PathBuf,
        /// Which.
        kind: &'static str,
    },
    /// A newer release wrote it.
    #[error(
        "{path} has schema {found}, which is newer than this release's {known}; start the release that wrote it, or {}",
        older_copy(path, kept.as_deref())
    )]
    NewerSchema {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
        /// The copy that the newer release kept of it, if it is there.
        kept: Option<PathBuf>,
    },
    /// Something else's file.
    #[error("{path} is not a database of hubspot-bridge; give `store.url` a file of its own")]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// It may be read but not written.
    #[error("{path} is read-only: SQLite could not {doing}; make the file and its folder writable for this user")]
    ReadOnly {
        /// The database.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// SQLite's words.
        source: rusqlite::Error,
    },
    /// No room.
    #[error("the disk of {path} is full: SQLite could not {doing}; free some space and start again")]
    Full {
        /// The database.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// SQLite's words.
        source: rusqlite::Error,
    },
    /// A copy would overwrite something.
    #[error("{path} exists already; name a new file for the copy")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Anything else SQLite says.
    #[error("SQLite could not {doing} ({path})")]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// SQLite's words.
        source: rusqlite::Error,
    },
    /// The system would not give a thread.
    #[error("the store's thread could not be started")]
    Thread(#[source] io::Error),
    /// The first transaction failed.
    #[error("the store could not be started")]
    Start(#[source] crate::store::Error),
}

fn older_copy(path: &Path, kept: Option<&Path>) -> String {
    let path = path.display();
    let aside = format!("move {path}, {path}-wal and {path}-shm away");
    match kept.map(Path::display) {
        Some(kept) => format!(
            "put back the copy it kept: {aside}, then rename {kept} to {path} (what happened since that copy is not in it)"
        ),
        None => format!("restore a copy that `backup` made with this release: {aside}, then put the copy there"),
    }
}

impl OpenError {
    pub(super) fn from_sql(path: &Path, doing: &'static str, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let is = |code| source.sqlite_error_code() == Some(code);
        if is(ErrorCode::NotADatabase) {
            Self::NotOurs { path }
        } else if is(ErrorCode::ReadOnly) || is(ErrorCode::PermissionDenied) {
            Self::ReadOnly { path, doing, source }
        } else if is(ErrorCode::DiskFull) {
            Self::Full { path, doing, source }
        } else {
            Self::Sqlite { path, doing, source }
        }
    }
}

/// The connection that writes, with the newest schema.
pub(super) fn writer(file: Option<&Path>) -> Result<Connection, OpenError> {
    let path = file.unwrap_or_else(|| Path::new(":memory:"));
    let failed = |doing| move |source| OpenError::from_sql(path, doing, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags).map_err(failed("open it"))?;
    settle(&conn, WRITER_CACHE_KIB).map_err(failed("set it up"))?;
    recognise(&conn, path)?;
    prepare_to_write(&conn).map_err(failed("set it up for writing"))?;
    schema::migrate(&mut conn, file, schema::MIGRATIONS)?;
    Ok(conn)
}

/// Refuses what is not ours or too new, and leaves it as it is: closing it does not fold its log into it.
fn recognise(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_sql(path, "set it up", source);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
    schema::version(conn, path, schema::MIGRATIONS)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map(drop).map_err(failed)
}

/// A second connection, for people: it never writes and never waits for the writer.
pub(super) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |source| OpenError::from_sql(path, "open it for reading", source);
    let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    settle(&conn, READER_CACHE_KIB).map_err(failed)?;
    Ok(conn)
}

/// Has an existing database this release's schema? It is only read: opening it would bring it forward.
pub fn is_current(path: &Path) -> Result<bool, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)
        .map_err(|error| OpenError::from_sql(path, "open it for reading", error))?;
    let known = i64::try_from(schema::MIGRATIONS.len()).unwrap_or(i64::MAX);
    Ok(schema::version(&conn, path, schema::MIGRATIONS)? == known)
}

/// The connection that carries the log over beside the writer: it makes no transaction of its own.
pub(super) fn second_writer(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |source| OpenError::from_sql(path, "open it for checkpoints", source);
    let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    conn.pragma_update(None, "synchronous", "full").map_err(failed)?;
    Ok(conn)
}

/// The dedup index of a million events is about 30 MB: below that each insert reads from the disk first.
const WRITER_CACHE_KIB: i64 = 32 * 1024;
const READER_CACHE_KIB: i64 = 4 * 1024;
/// Pages of the log, 64 MiB, at which the writer carries it over by itself and begins anew. Before that it is done beside
/// the writer; a page written several times in the meantime is carried over once.
pub(super) const WAL_PAGES: i64 = 16 * 1024;

fn settle(conn: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(128);
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "cache_size", -cache_kib)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.pragma_update(None, "foreign_keys", true)
}

fn prepare_to_write(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "journal_mode", "wal")?;
    conn.pragma_update(None, "synchronous", "full")?;
    // Erased text is overwritten, not only unlinked.
    conn.pragma_update(None, "secure_delete", "on")?;
    conn.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)
}
