//! Online copies: while the bridge writes, from within it or from another process.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::open::OpenError;

/// Copies the database at `from` to a new file, whether or not a bridge has it open.
pub fn copy_file(from: &Path, to: &Path) -> Result<(), OpenError> {
    if to.exists() {
        return Err(OpenError::Exists { path: to.to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source =
        Connection::open_with_flags(from, flags).map_err(|error| OpenError::from_sql(from, "open it", error))?;
    copy(&source, to).map_err(|error| OpenError::from_sql(to, "write the copy", error))
}

/// Copies an open database to a file, which appears only when it is whole.
pub(super) fn copy(source: &Connection, to: &Path) -> rusqlite::Result<()> {
    let partial = partial(to);
    match std::fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(&partial)),
        _ => {}
    }
    super::file::touch(&partial).map_err(|_| cannot(&partial))?;
    let mut target = Connection::open(&partial)?;
    // In one step: a copy in portions would start again with every write in between.
    let done = Backup::new(source, &mut target)?.step(-1)?;
    drop(target);
    if done != StepResult::Done {
        return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None));
    }
    std::fs::rename(&partial, to).map_err(|_| cannot(to))?;
    super::file::keep_name(to).map_err(|_| cannot(to))
}

fn partial(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

fn cannot(path: &Path) -> rusqlite::Error {
    rusqlite::Error::InvalidPath(path.to_owned())
}
