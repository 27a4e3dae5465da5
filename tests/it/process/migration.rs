//! An update of the bridge in the middle of a conversation: the new release finds the old one's database, with a reply on
//! the way, and is itself killed while it migrates.

use std::path::Path;
use std::time::Duration;

use hubspot_bridge::sandbox::portal::{Effect, Fault};
use rusqlite::Connection;
use tokio::time::timeout;

use super::blow::beside;
use super::desk::{Desk, MESSAGES, ended, messages_of};

const V1: &str = include_str!("../../../src/store/sqlite/v1.sql");

/// The database as the first schema's release would have written it: its tables and columns, its journal.
fn as_first_schema(database: &Path) {
    let old = beside(database, ".old");
    let conn = Connection::open(&old).unwrap();
    conn.pragma_update(None, "journal_mode", "wal").unwrap();
    conn.execute_batch(V1).unwrap();
    conn.execute("ATTACH ?1 AS new", [database.to_str().unwrap()]).unwrap();
    let names = |sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    for table in names("SELECT name FROM main.sqlite_schema WHERE type = 'table'") {
        let columns = names(&format!("SELECT name FROM pragma_table_info('{table}', 'main')")).join(", ");
        conn.execute_batch(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")).unwrap();
    }
    // Plans had no topic then.
    let told =
        "UPDATE main.steps SET text = json_remove(text, '$.topic') WHERE name = 'ask_agent' AND text IS NOT NULL";
    assert_eq!(conn.execute(told, []).unwrap(), 1, "a plan is journalled");
    // So much that the copy before the migration takes its time.
    let bulk = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 8000) \
         INSERT INTO main.cursors SELECT 'bulk/' || n, hex(zeroblob(1000)) FROM n";
    conn.execute(bulk, []).unwrap();
    let application: i64 = conn.pragma_query_value(Some("new"), "application_id", |row| row.get(0)).unwrap();
    conn.execute_batch("DETACH new").unwrap();
    conn.pragma_update(None, "application_id", application).unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
    drop(conn);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(database, end));
    }
    std::fs::rename(old, database).unwrap();
}

fn version(database: &Path) -> i64 {
    Connection::open(database).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn an_update_in_the_middle_of_a_reply_repeats_nothing() {
    for acted in [true, false] {
        let mut desk = Desk::open().await;
        let database = desk.database();
        desk.portal.add_fault(Fault::times(1, "POST", MESSAGES, Effect::Timeout { acted }));
        let asked = desk.asks("How long does shipping take?");
        desk.called("POST", &messages_of(&asked.thread)).await;
        desk.bridge.kill().await;
        as_first_schema(&database);

        let mut draw = fastrand::Rng::with_seed(u64::from(acted));
        for _ in 0..5 {
            // Killed wherever it is by then.
            let _ = timeout(Duration::from_millis(draw.u64(10..250)), desk.bridge.start()).await;
            desk.bridge.kill().await;
            assert!([1, 3].contains(&version(&database)));
        }
        desk.bridge.start().await.unwrap();
        let events = desk.settled().await;
        assert_eq!(ended(&events, &asked.message), "replied", "acted: {acted}, {events:#?}");
        assert_eq!(desk.answers(&asked.thread).len(), 1, "acted: {acted}");
        assert_eq!((version(&database), version(&beside(&database, ".v1.bak"))), (3, 1));
    }
}

#[tokio::test]
async fn a_newer_database_is_refused_with_what_to_do() {
    let mut desk = Desk::open().await;
    desk.bridge.stop().await;
    Connection::open(desk.database()).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let before = std::fs::read(desk.database()).unwrap();
    let kept = beside(&desk.database(), ".v3.bak");
    for (is_kept, fix) in [(false, "restore a copy that `backup` made"), (true, "bridge.db.v3.bak to ")] {
        if is_kept {
            std::fs::write(&kept, "a copy").unwrap();
        }
        let refused = desk.run(&["serve"]).await;
        let said = super::desk::printed(&refused);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        for words in ["schema 9", "release's 3", "start the release that wrote it", fix] {
            assert!(said.contains(words), "{words} is missing in: {said}");
        }
        assert_eq!(said.contains(".bak"), is_kept, "a copy that is not there is not named: {said}");
    }
    assert!(std::fs::read(desk.database()).unwrap() == before, "it was touched");
}
