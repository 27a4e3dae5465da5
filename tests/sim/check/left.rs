//! Guarantees 7 and 8: nothing stays behind in the database, and nothing private is written down.

use std::path::Path;

use crate::agent::ANSWER;
use crate::outside::SECRET;
use crate::play::Site;

/// Words that people and agents say in every day, and that HubSpot's portal knows people by.
const SAID: [&str; 8] = [
    "first question",
    "question 99.",
    "a human answers",
    "a note for the team",
    "I am a bot",
    "the customer wants a person",
    "@elsewhere.example",
    ANSWER,
];

/// No lease, no due mailbox, no hold, no message text anywhere in the file.
pub fn nothing_left_behind(file: &Path) {
    let database = rusqlite::Connection::open(file).expect("the file");
    let count = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).expect(sql) };
    assert_eq!(count("SELECT count(*) FROM mailboxes WHERE lease_until IS NOT NULL"), 0, "a lease is left");
    assert_eq!(count("SELECT count(*) FROM mailboxes WHERE due_at IS NOT NULL"), 0, "a mailbox is due");
    assert_eq!(count("SELECT count(*) FROM mailboxes WHERE turn_id IS NOT NULL"), 0, "a turn is open");
    assert_eq!(count("SELECT count(*) FROM mailboxes WHERE attempts > 0"), 0, "attempts are left");
    assert_eq!(count("SELECT count(*) FROM events WHERE state IN ('pending', 'running')"), 0, "an event is open");
    assert_eq!(count("SELECT value FROM meta WHERE name = 'open_events'"), 0, "the count of open events is wrong");
    assert_eq!(count("SELECT count(*) FROM dirty"), 0, "a ticket's property is marked as changed");
    assert_eq!(count("SELECT count(*) FROM turns WHERE ended_at IS NULL"), 0, "a turn has not ended");
    assert_eq!(count("SELECT count(*) FROM steps WHERE text IS NOT NULL"), 0, "text is left in a step");
    assert_eq!(
        count("SELECT count(*) FROM holds WHERE until > (SELECT max(finished_at) FROM events)"),
        0,
        "a hold is left"
    );
    // What was said is overwritten where it stood, once the log is carried into the file.
    let carried = database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    assert_eq!(carried.expect("a checkpoint"), 0, "the write-ahead log is in use");
    for name in ["bridge.db", "bridge.db-wal"] {
        let bytes = std::fs::read(file.with_file_name(name)).unwrap_or_default();
        private(&bytes, name);
    }
}

/// Nothing that was said, no value of a ticket, no address and no secret was logged. How many lines were.
pub fn nothing_private_was_logged(heard: &[u8], sites: &[Site]) -> usize {
    let lines = heard.split(|byte| *byte == b'\n').count();
    assert!(find(heard, b"event ended").is_some(), "nothing was heard in {lines} lines");
    private(heard, "the logs");
    let seeds: Vec<_> = sites.iter().map(|site| site.portal.seed()).collect();
    let secrets = seeds.iter().flat_map(|seed| [seed.token.as_str(), seed.client_secret.as_str()]);
    // An address of anybody has an @, and nothing else has.
    let more = ["question ", "an operator", "order of", "at the sea", "Rita", "Omar", "a-key", SECRET, "@"];
    for word in secrets.chain(more) {
        absent(heard, word, "the logs");
    }
    lines
}

/// None of what people said is in it.
fn private(bytes: &[u8], place: &str) {
    for word in SAID {
        absent(bytes, word, place);
    }
}

fn absent(bytes: &[u8], word: &str, place: &str) {
    let found = find(bytes, word.as_bytes());
    assert!(found.is_none(), "{word:?} is in {place}: {}", around(bytes, found.unwrap_or_default()));
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    let first = *word.first()?;
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == first).map(|(place, _)| place);
    starts.into_iter().find(|place| bytes[*place..].starts_with(word))
}

fn around(bytes: &[u8], place: usize) -> String {
    String::from_utf8_lossy(&bytes[place.saturating_sub(80)..(place + 120).min(bytes.len())]).into_owned()
}
