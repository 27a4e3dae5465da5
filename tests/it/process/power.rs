//! The power fails under load. With `synchronous=FULL` the disk then has all that was flushed, and of what was written
//! since any part or none, whole or torn. The bridge starts from that by itself and goes on.
//!
//! What a torn write in the middle of a commit or a checkpoint leaves is in `tests/it/store/power.rs`, where the instant
//! of each flush is known.

use std::ops::Range;
use std::path::Path;

use rusqlite::Connection;

use super::blow::{self, Blow, beside};
use super::desk::Desk;
use super::rounds::{self, Plan};

/// The log's header, and that of each frame before its page.
const HEADER: usize = 32;
const FRAME: usize = 24;

/// Freezes the process, copies what it wrote, makes of the copy what the disk may have, and puts it in place.
pub async fn cut(desk: &mut Desk, draw: &mut fastrand::Rng) {
    let database = desk.database();
    blow::freeze(desk.bridge.pid().unwrap()).await;
    let main = std::fs::read(&database).unwrap();
    let log = std::fs::read(beside(&database, "-wal")).ok().map(|log| torn(log, draw));
    desk.bridge.kill().await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(&database, end));
    }
    std::fs::write(&database, main).unwrap();
    if let Some(log) = log {
        std::fs::write(beside(&database, "-wal"), log).unwrap();
    }
    assert_whole(&database);
}

/// Looks at a copy of the copy, so that the bridge itself is the first to open what is left.
fn assert_whole(database: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("looked at.db");
    for end in ["", "-wal"] {
        let _ = std::fs::copy(beside(database, end), beside(&copy, end));
    }
    let said: String =
        Connection::open(copy).unwrap().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
}

/// What is behind the last commit was flushed for nobody: it may be there, missing, cut anywhere, or garbage.
fn torn(mut log: Vec<u8>, draw: &mut fastrand::Rng) -> Vec<u8> {
    let commit = last_commit(&log);
    match draw.usize(0..4) {
        0 => {}
        1 => log.truncate(commit + draw.usize(0..=log.len() - commit)),
        2 => {
            log.truncate(commit);
            log.extend((0..draw.usize(1..20_000)).map(|_| draw.u8(..)));
        }
        // Old frames of the same log where new ones should be: a block that was used before.
        _ => {
            let old = log[HEADER.min(commit)..commit].to_vec();
            log.truncate(commit + draw.usize(0..=log.len() - commit));
            log.extend(old.iter().skip(draw.usize(0..=old.len())).take(20_000));
        }
    }
    log
}

/// Where the last commit of the log's present generation ends.
fn last_commit(log: &[u8]) -> usize {
    let number = |at: Range<usize>| log.get(at).map(|bytes| u32::from_be_bytes(bytes.try_into().unwrap()));
    let Some(page) = number(8..12).and_then(|page| usize::try_from(page).ok()).filter(|page| *page > 0) else {
        return 0;
    };
    let (mut end, mut at) = (HEADER, HEADER);
    while log.len() >= at + FRAME + page && log[at + 8..at + 16] == log[16..24] {
        let commits = number(at + 4..at + 8).unwrap() > 0;
        at += FRAME + page;
        if commits {
            end = at;
        }
    }
    end
}

/// `CRASH_ROUNDS` says how often (2 here for ten of them), `CRASH_SEED` replays the draws.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_cuts_under_load_lose_nothing_and_repeat_nothing() {
    let plan = Plan { name: "power cuts", blows: &[Blow::PowerCut], rounds: rounds::wanted().div_ceil(5) };
    rounds::play(plan).await;
}
