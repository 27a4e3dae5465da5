//! What a power cut may leave, to the byte. SQLite flushes the log at each commit and the database at each checkpoint;
//! of what was written since the last flush any sectors may have arrived, in any order, the others may be old, missing or
//! garbage. Whatever is left must open, be sound, and hold everything that was answered.
#![expect(clippy::unwrap_used, reason = "clippy's leave for tests does not reach the helpers beside them")]

use std::ops::Range;
use std::path::{Path, PathBuf};

use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::domain::Lane;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Batch, Claim, Interrupts, Ledger, Store};
use rusqlite::Connection;

use super::house::{START, TTL, intent, message};

const SECTOR: usize = 512;
/// The log's own header; flushed before any frame that follows it.
const LOG_HEADER: usize = 32;
const SEED: u64 = 4;
/// Commits and checkpoints that are cut.
const ACTS: usize = 30;
/// Ways each is cut in.
const CUTS: usize = 4;

/// What the disk holds: the database, and its log.
#[derive(Clone, Default)]
struct Disk {
    main: Vec<u8>,
    log: Vec<u8>,
}

impl Disk {
    fn of(path: &Path) -> Self {
        let log = std::fs::read(log_of(path)).unwrap_or_default();
        Self { main: std::fs::read(path).unwrap(), log }
    }

    fn put(&self, path: &Path) {
        std::fs::write(path, &self.main).unwrap();
        std::fs::write(log_of(path), &self.log).unwrap();
    }

    /// The power fails while `after` is being committed: the log alone was written.
    fn during_commit(&self, after: &Self, draw: &mut fastrand::Rng) -> Self {
        assert!(self.main == after.main, "a commit writes the log alone");
        let mut flushed = self.log.clone();
        if after.log.get(..LOG_HEADER) != flushed.get(..LOG_HEADER) {
            // A new generation of the log. Its header was flushed before anything behind it, or nothing was written.
            if draw.u8(0..4) == 0 {
                return self.clone();
            }
            flushed.resize(flushed.len().max(LOG_HEADER), 0);
            flushed[..LOG_HEADER].copy_from_slice(&after.log[..LOG_HEADER]);
        }
        Self { main: self.main.clone(), log: torn(&flushed, &after.log, draw) }
    }

    /// While `after` is being made by a checkpoint: the database is written, flushed, and only then the log is cut.
    fn during_checkpoint(&self, after: &Self, draw: &mut fastrand::Rng) -> Self {
        match draw.u8(0..4) {
            0 => Self { main: after.main.clone(), log: self.log.clone() },
            _ => Self { main: torn(&self.main, &after.main, draw), log: self.log.clone() },
        }
    }
}

/// `new` over `old`, of which any sectors arrived. Bytes that are not written are not harmed.
fn torn(old: &[u8], new: &[u8], draw: &mut fastrand::Rng) -> Vec<u8> {
    let mut left = old.to_vec();
    let (arrives, spoils) = ([0, 50, 90, 100][draw.usize(0..4)], [0, 0, 5][draw.usize(0..3)]);
    for sector in (0..new.len()).step_by(SECTOR).map(|at| at..(at + SECTOR).min(new.len())) {
        let changed: Vec<Range<usize>> = written(old, new, sector);
        let (roll, garbage) = (draw.u8(0..100), draw.u8(0..100) < spoils);
        for at in changed {
            if roll < arrives || garbage {
                left.resize(left.len().max(at.end), 0);
                left[at.clone()].copy_from_slice(&new[at.clone()]);
                if garbage {
                    left[at].iter_mut().for_each(|byte| *byte = draw.u8(..));
                }
            }
        }
    }
    left
}

/// The bytes of a sector that were written: from the first that differs to the last.
fn written(old: &[u8], new: &[u8], sector: Range<usize>) -> Vec<Range<usize>> {
    let differs = |at: &usize| old.get(*at) != new.get(*at);
    let first = sector.clone().find(differs);
    let last = sector.rev().find(differs);
    first.zip(last).map(|(first, last)| first..last + 1).into_iter().collect()
}

fn log_of(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", path.display()))
}

async fn open(path: &Path) -> SqliteStore {
    let clock = ManualClock::starting_at(START);
    let location = Location::File(path.to_owned());
    let options = Options { location, lock_wait: TTL, clock, interrupts: Interrupts::default(), mode: Mode::Inline };
    SqliteStore::open(options).await.expect("opens without anybody's help")
}

/// Opens what is left. Returns how many events and steps it holds.
async fn opened(disk: &Disk) -> (u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.db");
    disk.put(&path);
    let store = open(&path).await;
    store.check().await.unwrap();
    let events = store.stats().await.unwrap().events;
    drop(store);
    let conn = Connection::open(&path).unwrap();
    let said: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
    let count = |table: &str| -> u64 {
        let rows: i64 = conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        rows.try_into().unwrap()
    };
    let (rows, steps) = (count("events"), count("steps"));
    assert_eq!(events, rows, "the counter goes with the rows");
    (events, steps)
}

#[tokio::test]
async fn whatever_a_power_cut_leaves_opens_with_everything_that_was_answered() {
    let mut draw = fastrand::Rng::with_seed(SEED);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.db");
    let store = open(&path).await;
    let other = Connection::open(&path).unwrap();
    let append = async |thread: usize, name: String| {
        let events = (0..5).map(|n| message(&format!("t{}", thread + n), &format!("{name} {n}"))).collect();
        store.append(Batch { events, dirty: Vec::new() }).await.unwrap();
    };
    append(0, "first".to_owned()).await;
    let lease =
        store.claim(Claim { lane: Lane::Conversation, n: 1, ttl: TTL, sharers: Vec::new() }).await.unwrap().remove(0);
    store.open_turn(&lease).await.unwrap().unwrap();
    let (mut answered, mut disk) = ((5, 0), Disk::of(&path));
    let (mut kept, mut missing) = (0, 0);
    for act in 0..ACTS {
        let before = answered;
        let checkpoint = draw.u8(0..6) == 0;
        if checkpoint {
            let kind = if draw.bool() { "PASSIVE" } else { "TRUNCATE" };
            other.query_row(&format!("PRAGMA wal_checkpoint({kind})"), [], |_| Ok(())).unwrap();
        } else if draw.bool() {
            append(draw.usize(0..40), format!("act {act}")).await;
            answered.0 += 5;
        } else {
            store.intend(&lease, intent(&format!("step {act}"), &"the text ".repeat(700))).await.unwrap();
            answered.1 += 1;
        }
        let after = Disk::of(&path);
        for _ in 0..CUTS {
            let cut = if checkpoint {
                disk.during_checkpoint(&after, &mut draw)
            } else {
                disk.during_commit(&after, &mut draw)
            };
            let found = opened(&cut).await;
            assert!(found == before || found == answered, "act {act}: {found:?}, not {before:?} or {answered:?}");
            *(if found == answered { &mut kept } else { &mut missing }) += 1;
        }
        assert_eq!(opened(&after).await, answered, "act {act}: what was answered is there");
        disk = after;
    }
    assert!(kept > ACTS && missing > ACTS, "both ends were seen: {kept}, {missing}");
}

/// The migration is one commit: torn anywhere, it was or it was not.
#[tokio::test]
async fn a_migration_cut_anywhere_leaves_one_schema_or_the_other() {
    let mut draw = fastrand::Rng::with_seed(SEED);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.db");
    super::migration::old(&path);
    let watch = Connection::open(&path).unwrap();
    // A reader keeps the log from being folded in, as a process that dies does.
    watch.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
    let before = Disk::of(&path);
    drop(open(&path).await);
    let after = Disk::of(&path);
    let (mut old, mut new) = (0, 0);
    for _ in 0..20 {
        let cut = before.during_commit(&after, &mut draw);
        let look = folder.path().join("look.db");
        cut.put(&look);
        let found: i64 =
            Connection::open(&look).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        *(if found == 1 { &mut old } else { &mut new }) += 1;
        assert_eq!(opened(&cut).await, (6, 3), "migrated, or migrated now");
    }
    assert!(old > 0 && new > 0, "{old}, {new}");
}
