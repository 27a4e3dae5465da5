//! Room on the disk: what comes in is refused before the disk is full, so that what is being worked on can still be
//! written down. Asked by the runner before each delivery, and by readiness.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use crate::limits::{DISK_FLOOR_SHARE, DISK_RESERVE, DISK_RESERVE_SHARE};
use crate::store::Error;

/// The file system a database lives on.
#[derive(Clone, Debug)]
pub(super) struct Room {
    folder: PathBuf,
    // Free and total bytes a test or a rehearsal pretends; shared by the clones.
    pretended: Arc<Mutex<Option<(u64, u64)>>>,
}

impl Room {
    /// Of this database.
    pub(super) fn of(file: &Path) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self { folder: folder.unwrap_or(Path::new(".")).to_owned(), pretended: Arc::default() }
    }

    /// From now on the file system says so; `None` lets it speak for itself.
    pub(super) fn pretend(&self, space: Option<(u64, u64)>) {
        *self.pretended.lock().unwrap_or_else(PoisonError::into_inner) = space;
    }

    /// [`Error::DiskLow`] when less than the reserve is free. Pages that retention freed inside the file count, as they
    /// are filled before it grows; the log needs a part of the reserve outside it all the same. A file system that does
    /// not say is left to fail by itself.
    pub(super) fn check(&self, conn: &Connection) -> Result<(), Error> {
        let pretended = *self.pretended.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((free, total)) = pretended.or_else(|| space(&self.folder)) else { return Ok(()) };
        let reserve = reserve(total);
        if free >= reserve {
            return Ok(());
        }
        let free_in_all = free.saturating_add(free_inside(conn));
        if free >= reserve / DISK_FLOOR_SHARE && free_in_all >= reserve {
            return Ok(());
        }
        Err(Error::DiskLow { free, reserve })
    }
}

/// Free bytes of the disk a database lies on, and how many of them are kept: below that nothing new is taken. None where
/// the file system does not say.
#[must_use]
pub fn space_of(file: &Path) -> Option<(u64, u64)> {
    space(&Room::of(file).folder).map(|(free, total)| (free, reserve(total)))
}

/// Bytes of pages that hold nothing, from the file's first page.
fn free_inside(conn: &Connection) -> u64 {
    let number = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap_or_default();
    u64::try_from(number("freelist_count").saturating_mul(number("page_size"))).unwrap_or_default()
}

/// What is kept free of so many bytes.
fn reserve(total: u64) -> u64 {
    DISK_RESERVE.min(total / DISK_RESERVE_SHARE)
}

/// Bytes this user may still write, and bytes in all.
#[cfg(unix)]
fn space(folder: &Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some((bytes(found.f_bavail), bytes(found.f_blocks)))
}

#[cfg(not(unix))]
fn space(_: &Path) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_disk_keeps_a_share_and_a_large_one_no_more_than_is_needed() {
        assert_eq!(reserve(0), 0, "a file system that counts nothing refuses nothing");
        assert_eq!(reserve(16 << 20), 2 << 20);
        assert_eq!(reserve(1 << 40), DISK_RESERVE);
    }

    #[cfg(unix)]
    #[test]
    fn the_space_of_the_databases_own_folder_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room::of(&folder.path().join("bridge.db"));
        let (free, total) = space(&room.folder).unwrap();
        assert!(free > 0 && free <= total);
        assert_eq!(Room::of(Path::new("bridge.db")).folder, Path::new("."));
    }
}
