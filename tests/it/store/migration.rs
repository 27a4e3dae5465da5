//! The way from one schema to the next: what an older release left open is carried on, a newer one's file is left alone.
#![expect(clippy::unwrap_used, reason = "clippy's leave for tests does not reach the helpers beside them")]

use std::path::{Path, PathBuf};

use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::domain::{Ending, EventId, EventKind, Lane, Outcome, SessionId, State, ThreadId};
use hubspot_bridge::store::sqlite::{Mode, OpenError, Options, SqliteStore};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Audit, Claim, Finish, Interrupts, Ledger, SessionKey, StepStatus, Store};
use rusqlite::Connection;

use super::house::{START, TTL, connection};

/// The schema as its release made it.
const V1: &str = include_str!("../../../src/store/sqlite/v1.sql");
/// What the second release added.
const V2: &str = include_str!("../../../src/store/sqlite/v2.sql");
/// What a bridge of that release leaves when it dies in the middle of its work.
const V1_ROWS: &str = include_str!("v1_rows.sql");
/// The newest schema.
const NEWEST: i64 = 3;

pub fn old(path: &Path) {
    let conn = Connection::open(path).unwrap();
    conn.pragma_update(None, "journal_mode", "wal").unwrap();
    conn.execute_batch(&format!("BEGIN; {V1} {V1_ROWS} COMMIT;")).unwrap();
}

async fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    let clock = ManualClock::starting_at(START);
    let location = Location::File(path.to_owned());
    let mode = Mode::Inline;
    SqliteStore::open(Options { location, lock_wait: TTL, clock, interrupts: Interrupts::default(), mode }).await
}

fn version(path: &Path) -> i64 {
    Connection::open(path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

fn all(path: &Path, sql: &str) -> Vec<String> {
    let conn = Connection::open(path).unwrap();
    let mut statement = conn.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

async fn lease(store: &SqliteStore, lane: Lane) -> Vec<hubspot_bridge::store::Lease> {
    store.claim(Claim { lane, n: 9, ttl: TTL, sharers: Vec::new() }).await.unwrap()
}

#[tokio::test]
async fn a_database_of_the_first_schema_keeps_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.db");
    old(&path);
    let store = open(&path).await.unwrap();
    assert_eq!(version(&path), NEWEST);

    // The mailbox of a held connection is left alone, and the burst that is not over.
    let leases = lease(&store, Lane::Conversation).await;
    let [lease_of_open] = leases.as_slice() else { panic!("{leases:?}") };
    assert_eq!((lease_of_open.key.to_string(), lease_of_open.token), ("acme/thread/71".to_owned(), 10));
    let turn = store.open_turn(lease_of_open).await.unwrap().unwrap();
    assert_eq!((turn.id.0, turn.run, turn.crashed, turn.extended), (4, 3, true, true));
    let messages: Vec<_> = turn.events.iter().map(|event| event.message_id.clone().unwrap().0).collect();
    assert_eq!(messages, ["m1", "m2"]);
    let steps: Vec<_> = turn.steps.iter().map(|step| (step.name.as_str(), step.status)).collect();
    assert_eq!(steps, [("ask_agent", StepStatus::Done), ("post_reply", StepStatus::Intended)]);
    let pending = &turn.steps[1];
    assert_eq!((pending.anchor.as_ref().unwrap().as_str(), pending.text_hash.as_deref()), ("m2", Some("5f3a")));
    assert!(pending.text.as_ref().unwrap().contains("two days"), "the text to look for is still there");

    let session = store.session(&SessionKey::Thread(connection("acme"), ThreadId::from("71"))).await.unwrap().unwrap();
    assert_eq!((session.id, session.version, session.agent_session_over), (SessionId(3), 5, false));
    assert_eq!(session.custom_data.get("order").map(String::as_str), Some("1042"));
    assert_eq!(store.holds().await.unwrap()[0].cause, "401");
    assert_eq!(store.cursor("sweep/acme").await.unwrap().as_deref(), Some("1795219100000"));

    // The ticket's write waits with its data, and its pace is not known yet.
    let tickets = lease(&store, Lane::Ticket).await;
    let writes = store.open_turn(&tickets[0]).await.unwrap().unwrap();
    assert_eq!((writes.events[0].kind, writes.dirty.as_slice()), (EventKind::TicketWrite, &["order".to_owned()][..]));

    let endings = turn.events.iter().map(|event| Ending::done(event.id, Outcome::Replied)).collect();
    store.finish(lease_of_open, Finish { endings, ..Finish::default() }).await.unwrap();
    assert_eq!(store.event(EventId(11)).await.unwrap().unwrap().event.state, State::Done);
    assert_eq!(store.stats().await.unwrap().open_events, 3);
}

#[tokio::test]
async fn a_database_of_the_second_schema_comes_forward() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.db");
    old(&path);
    let conn = Connection::open(&path).unwrap();
    let rows = "UPDATE sessions SET agent_session_over = 1; \
                INSERT INTO ticket_updates (connection_id, ticket_id, at) VALUES (1, '55', 1795219003000); \
                UPDATE events SET state = 'dead', outcome = 'dead', reason = 'message_not_found' WHERE id = 10;";
    conn.execute_batch(&format!("BEGIN; {V2} {rows} PRAGMA user_version = 2; COMMIT;")).unwrap();
    drop(conn);
    let store = open(&path).await.unwrap();
    assert_eq!(version(&path), NEWEST);
    assert_eq!(version(&folder.path().join("bridge.db.v2.bak")), 2);

    let session = store.session(&SessionKey::Id(SessionId(3))).await.unwrap().unwrap();
    assert!(session.agent_session_over);
    let updated = store.ticket_updated_at(&connection("acme"), &"55".into()).await.unwrap();
    assert_eq!(updated.map(|at| at.0), Some(1_795_219_003_000));
    // What was there is in the new indexes.
    let dead = EventFilter { state: Some(State::Dead), ..EventFilter::default() };
    for listed in [
        store.events(dead, None, 9).await.unwrap().items,
        store.dead_since((START.before(TTL * 999), EventId(0)), 9).await.unwrap(),
    ] {
        assert_eq!(listed.iter().map(|event| event.id).collect::<Vec<_>>(), [EventId(10)]);
    }
    let pending = EventFilter { state: Some(State::Pending), ..EventFilter::default() };
    assert_eq!(store.events(pending, None, 9).await.unwrap().items.len(), 3);
    assert_eq!(store.audits(None, None, 9).await.unwrap().items, []);
    let audit =
        Audit { who: "Ada".to_owned(), action: "replay".to_owned(), subject: "evt_10".to_owned(), detail: None };
    store.audit(audit).await.unwrap();
    assert_eq!(store.audits(None, None, 9).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_copy_is_kept_before_and_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.db");
    old(&path);
    drop(open(&path).await.unwrap());
    let kept = folder.path().join("bridge.db.v1.bak");
    assert_eq!(version(&kept), 1);
    for table in ["events", "mailboxes", "turns", "runs", "steps", "sessions", "holds", "cursors", "posted"] {
        let count = format!("SELECT CAST(count(*) AS TEXT) FROM {table}");
        assert_eq!(all(&kept, &count), all(&path, &count), "{table}");
    }
    std::fs::remove_file(&kept).unwrap();
    drop(open(&path).await.unwrap());
    assert!(!kept.exists(), "nothing is left to migrate");
}

/// The database and its log. An empty log is none.
fn bytes(path: &Path) -> [Option<Vec<u8>>; 2] {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    [path, &log].map(|path| std::fs::read(path).ok().filter(|bytes| !bytes.is_empty()))
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for (name, journal, killed) in [("wal.db", "wal", false), ("killed.db", "wal", true), ("old.db", "delete", false)] {
        let path = folder.path().join(name);
        let writing = folder.path().join(format!("writing {name}"));
        let file = if killed { &writing } else { &path };
        drop(open(file).await.unwrap());
        let conn = Connection::open(file).unwrap();
        conn.pragma_update(None, "journal_mode", journal).unwrap();
        conn.pragma_update(None, "user_version", NEWEST + 1).unwrap();
        if killed {
            // As a process that was killed leaves it: the newest pages in the log alone.
            for end in ["", "-wal"] {
                std::fs::copy(format!("{}{end}", writing.display()), format!("{}{end}", path.display())).unwrap();
            }
        }
        drop(conn);
        let before = bytes(&path);
        assert_eq!(before[1].is_some(), killed);
        let said = open(&path).await.err().expect("refused").to_string();
        for words in ["schema 4", "this release's 3", "start the release that wrote it", "that `backup` made"] {
            assert!(said.contains(words), "{words} is missing in: {said}");
        }
        assert!(bytes(&path) == before, "{name} was touched");
    }
}

#[tokio::test]
async fn what_is_another_programs_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)").unwrap();
    let before = bytes(&path);
    assert!(matches!(open(&path).await, Err(OpenError::NotOurs { .. })));
    assert!(bytes(&path) == before);
}

#[tokio::test]
async fn a_copy_that_cannot_be_kept_stops_the_migration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.db");
    old(&path);
    std::fs::create_dir(folder.path().join("bridge.db.v1.bak")).unwrap();
    let error = open(&path).await.err().expect("refused").to_string();
    assert!(error.contains("keep a copy of it before the migration"), "{error}");
    assert_eq!(version(&path), 1);
    std::fs::remove_dir(folder.path().join("bridge.db.v1.bak")).unwrap();
    drop(open(&path).await.unwrap());
    assert_eq!(version(&path), NEWEST);
}
