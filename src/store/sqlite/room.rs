//! Room on the disk: what comes in is refused before the disk is full, so that what is being worked on can still be
//! written down. Asked by the runner before each delivery, and by readiness.

use std::path::{Path, PathBuf};

use crate::limits::{DISK_RESERVE, DISK_RESERVE_SHARE};
use crate::store::Error;

/// The file system a database lives on.
#[derive(Clone, Debug)]
pub(super) struct Room {
    folder: PathBuf,
}

impl Room {
    /// Of this database.
    pub(super) fn of(file: &Path) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self { folder: folder.unwrap_or(Path::new(".")).to_owned() }
    }

    /// [`Error::DiskLow`] when less than the reserve is free. A file system that does not say is left to fail by itself.
    pub(super) fn check(&self) -> Result<(), Error> {
        let Some((free, total)) = space(&self.folder) else { return Ok(()) };
        let reserve = reserve(total);
        if free < reserve { Err(Error::DiskLow { free, reserve }) } else { Ok(()) }
    }
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
