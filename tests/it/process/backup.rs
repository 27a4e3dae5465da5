//! `backup` while the bridge works: whole, with everything that was answered before it began, and a bridge starts from it.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::Value;

use super::blow::{Moment, beside};
use super::desk::{ended, printed};
use super::load::Load;

/// Messages answered 200 so far, by thread.
fn accepted(snapshot: &Value) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    let deliveries = snapshot["deliveries"].as_array().unwrap().iter();
    for line in deliveries.filter(|line| line["received"]["status"] == 200) {
        for event in line["events"].as_array().unwrap().iter().filter(|event| event[0] == "conversation.newMessage") {
            *found.entry(event[1].to_string()).or_default() += 1;
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_whole_and_serves() {
    let mut draw = fastrand::Rng::with_seed(7);
    let mut load = Load::open().await;
    let copy = load.desk.home.path().join("copy.db");
    for round in 0..4 {
        load.customers_write(&mut draw);
        Moment::Commits(draw.usize(5..30)).wait(&load).await;
        let _ = std::fs::remove_file(&copy);
        let before = accepted(&load.desk.portal.snapshot());
        assert!(round == 0 || !before.is_empty());
        let done = load.desk.run(&["backup", copy.to_str().unwrap()]).await;
        assert_eq!(done.status.code(), Some(0), "{}", printed(&done));
        let conn = Connection::open(&copy).unwrap();
        let said: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(said, "ok");
        let seen = "SELECT coalesce(sum(e.seen), 0) FROM events e JOIN mailboxes m ON m.id = e.mailbox_id \
             WHERE m.object_id = ?1 AND m.kind = 'thread' AND e.kind = 'conversation.newMessage'";
        for (thread, count) in before {
            let found: i64 = conn.query_row(seen, [&thread], |row| row.get(0)).unwrap();
            assert!(found >= count, "{thread}: {found} of {count} that were answered 200");
        }
    }
    let verdict = load.verdict().await;
    assert!(verdict.is_clean(), "a backup disturbs nobody: {verdict:#?}");

    // The disk is gone, and the copy takes its place.
    load.desk.bridge.kill().await;
    let database = load.desk.database();
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(&database, end));
    }
    std::fs::rename(&copy, &database).unwrap();
    load.desk.bridge.start().await.unwrap();
    let asked = load.desk.asks("How long does shipping take?");
    assert_eq!(ended(&load.desk.settled().await, &asked.message), "replied");
    assert_eq!(load.desk.answers(&asked.thread).len(), 1);
}
