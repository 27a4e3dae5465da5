//! The file the database lives in: its folder, its kind of disk, and the lock that keeps a second process away.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::open::OpenError;

/// How often a lock that somebody else holds is tried.
const POLL: Duration = Duration::from_millis(50);

/// Makes the folder and an empty file only its owner can read; leaves an existing file as it is.
pub(super) fn prepare(path: &Path) -> Result<(), OpenError> {
    let cannot = |source| OpenError::Folder { path: path.to_owned(), source };
    if let Some(folder) = folder(path) {
        std::fs::create_dir_all(folder).map_err(cannot)?;
        refuse_network(path, folder)?;
    }
    touch(path).map_err(cannot)
}

/// Makes the file if it is not there. It holds customers' data: only for its owner.
pub(super) fn touch(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Puts the name of a new file on disk: without it a power cut takes the name, and what a migration kept is not found.
pub(super) fn keep_name(path: &Path) -> io::Result<()> {
    folder(path).map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Takes the lock beside the database; waits for another process to give it back.
pub(super) async fn lock(path: &Path, wait: Duration) -> Result<File, OpenError> {
    let name = lock_name(path);
    let cannot = |source| OpenError::Folder { path: name.clone(), source };
    // As private as the database: whoever can open it could hold it.
    touch(&name).map_err(cannot)?;
    let mut file = OpenOptions::new().read(true).write(true).open(&name).map_err(cannot)?;
    let deadline = Instant::now() + wait;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(POLL).await,
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked {
                    path: path.to_owned(),
                    lock: name,
                    holder: holder(&mut file),
                    waited: wait,
                });
            }
            Err(TryLockError::Error(source)) => return Err(cannot(source)),
        }
    }
    // For the words of the next one who finds it locked; that they may be missing harms nobody.
    let _ = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
    Ok(file)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(20).read_to_string(&mut text);
    let number = read.ok().filter(|_| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    number.map_or_else(|| "another process".to_owned(), |_| format!("process {text}"))
}

fn lock_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn folder(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    Some(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
}

#[cfg(target_os = "linux")]
fn refuse_network(path: &Path, folder: &Path) -> Result<(), OpenError> {
    let found = rustix::fs::statfs(folder)
        .map_err(|source| OpenError::Folder { path: path.to_owned(), source: source.into() })?;
    let kind = network(found.f_type);
    kind.map_or(Ok(()), |kind| Err(OpenError::NetworkFileSystem { path: path.to_owned(), kind }))
}

#[cfg(not(target_os = "linux"))]
fn refuse_network(_: &Path, _: &Path) -> Result<(), OpenError> {
    Ok(())
}

/// The network file systems whose locks and shared memory SQLite cannot trust, by their magic number.
#[cfg(target_os = "linux")]
fn network(magic: impl Into<i64>) -> Option<&'static str> {
    match magic.into() & 0xFFFF_FFFF {
        0x6969 => Some("NFS"),
        0x517B => Some("SMB"),
        0xFF53_4D42 => Some("CIFS"),
        0xFE53_4D42 => Some("SMB2"),
        0x0102_1997 => Some("9p"),
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_disks_are_told_from_local_ones() {
        let cases = [
            (0x6969_i64, Some("NFS")),
            (0xFF53_4D42, Some("CIFS")),
            // Some platforms give the number signed.
            (-11_317_950, Some("CIFS")),
            (0xFE53_4D42, Some("SMB2")),
            (0x0102_1997, Some("9p")),
            (0xEF53, None),
            (0x0102_1994, None),
            (0x794C_7630, None),
        ];
        for (magic, kind) in cases {
            assert_eq!(network(magic), kind, "{magic:#x}");
        }
    }
}
