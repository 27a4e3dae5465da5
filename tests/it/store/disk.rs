//! A disk that is nearly full: what comes in is refused, what was taken goes on.

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::domain::{Lane, NewEvent, SessionPatch, ThreadId};
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Batch, Claim, Error, Interrupts, SessionChange, SessionKey, Store};
use rusqlite::Connection;

use super::house::{START, TTL, connection, finish, intent, message};

const MIB: u64 = 1 << 20;
/// An eighth of it is kept.
const DISK: u64 = 16 * MIB;

async fn open(dir: &tempfile::TempDir, mode: Mode) -> SqliteStore {
    let location = Location::File(dir.path().join("bridge.db"));
    let (clock, interrupts) = (ManualClock::starting_at(START), Interrupts::default());
    SqliteStore::open(Options { location, lock_wait: Duration::ZERO, clock, interrupts, mode }).await.expect("opens")
}

fn batch(events: Vec<NewEvent>) -> Batch {
    Batch { events, dirty: Vec::new() }
}

#[tokio::test]
async fn below_the_reserve_deliveries_are_refused_and_turns_go_on() {
    for mode in [Mode::Inline, Mode::THREADED] {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(open(&dir, mode).await);
        store.pretend_space(Some((2 * MIB, DISK)));
        store.append(batch(vec![message("1", "a")])).await.expect("just enough");

        store.pretend_space(Some((2 * MIB - 1, DISK)));
        let refused = store.append(batch(vec![message("1", "b")])).await;
        assert!(matches!(refused, Err(Error::DiskLow { reserve, .. }) if reserve == 2 * MIB), "{refused:?}");
        assert!(matches!(store.check().await, Err(Error::DiskLow { .. })), "readiness says so");

        let claim = Claim { lane: Lane::Conversation, n: 1, ttl: TTL, sharers: Vec::new() };
        let lease = store.claim(claim).await.unwrap().remove(0);
        let turn = store.open_turn(&lease).await.unwrap().unwrap();
        store.intend(&lease, intent("post_reply", "text")).await.unwrap();
        store.append_own(batch(vec![message("2", "c")])).await.expect("it follows from what was taken");
        let key = SessionKey::Thread(connection("acme"), ThreadId::from("1"));
        let followups = vec![message("3", "d")];
        let change = SessionChange { key, version: 0, patch: SessionPatch::default(), followups };
        store.patch_session(change).await.expect("and so does this");
        store.finish(&lease, finish(&turn)).await.expect("ended");

        store.pretend_space(Some((2 * MIB, DISK)));
        store.append(batch(vec![message("1", "b")])).await.expect("taken again");
    }
}

#[tokio::test]
async fn pages_that_are_free_inside_the_file_are_room_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir, Mode::THREADED).await;
    store.pretend_space(Some((MIB, DISK)));
    assert!(store.append(batch(vec![message("1", "a")])).await.is_err());
    // What retention removes leaves its pages in the file.
    let conn = Connection::open(dir.path().join("bridge.db")).unwrap();
    conn.execute_batch("CREATE TABLE filler AS SELECT zeroblob(2000000) AS a; DROP TABLE filler").unwrap();
    store.append(batch(vec![message("1", "a")])).await.expect("the file need not grow");
    store.check().await.expect("ready again");
    // The log lies beside it all the same.
    store.pretend_space(Some((MIB / 4, DISK)));
    let refused = store.append(batch(vec![message("1", "b")])).await;
    assert!(matches!(refused, Err(Error::DiskLow { .. })), "{refused:?}");
}
