//! What only SQLite can get wrong: files, locks, disks, the thread and its group commit.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::domain::{EventId, Lane, NewEvent, Reason, State, Timestamp};
use hubspot_bridge::store::sqlite::{Mode, OpenError, Options, SqliteStore, copy_file};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Batch, Claim, Error, Interrupts, Ledger, Operation, Store};
use rusqlite::Connection;

use super::Sqlite;
use super::house::{House, QUIET, START, TTL, event, finish, intent, key, message, of, thread, ticket};

const BOTH: [Mode; 2] = [Mode::Inline, Mode::THREADED];

fn options(path: &Path, mode: Mode, lock_wait: Duration) -> Options {
    let clock = ManualClock::starting_at(START);
    Options { location: Location::File(path.to_owned()), lock_wait, clock, interrupts: Interrupts::default(), mode }
}

async fn open(path: &Path, mode: Mode) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(options(path, mode, Duration::ZERO)).await
}

async fn refusal(path: &Path) -> String {
    open(path, Mode::Inline).await.err().expect("refused").to_string()
}

fn batch(events: Vec<NewEvent>) -> Batch {
    Batch { events, dirty: Vec::new() }
}

#[tokio::test]
async fn a_second_process_waits_and_then_says_whose_the_file_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bridge.db");
    for mode in BOTH {
        let first = open(&path, mode).await.unwrap();
        let error = refusal(&path).await;
        for word in ["bridge.db is in use", "bridge.db.lock", &std::process::id().to_string(), "store.lock_wait"] {
            assert!(error.contains(word), "{word} is missing in: {error}");
        }
        let second = SqliteStore::open(options(&path, mode, Duration::from_secs(20)));
        let closing = async move { drop(first) };
        let (second, ()) = tokio::join!(second, closing);
        second.expect("had it as soon as the first one closed");
    }
}

#[tokio::test]
async fn what_is_not_our_database_is_left_alone_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let garbage = dir.path().join("notes.txt");
    std::fs::write(&garbage, "not a database, but long enough to be taken for one by its length alone".repeat(20))
        .unwrap();
    assert!(refusal(&garbage).await.contains("not a database of hubspot-bridge"));

    let foreign = dir.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(refusal(&foreign).await.contains("not a database of hubspot-bridge"));
    let tables: i64 = Connection::open(&foreign)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);

    let newer = dir.path().join("newer.db");
    drop(open(&newer, Mode::Inline).await.unwrap());
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(refusal(&newer).await.contains("schema 99"));
    assert!(refusal(Path::new("/proc/hubspot-bridge/bridge.db")).await.contains("this user may write there"));
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("made").join("on the way").join("bridge.db");
    let store = open(&path, Mode::Inline).await.unwrap();
    store.append(batch(vec![message("1", "a")])).await.unwrap();
    store.backup(&path.with_file_name("copy.db")).await.unwrap();
    for name in ["bridge.db", "bridge.db-wal", "bridge.db-shm", "bridge.db.lock", "copy.db"] {
        let mode = std::fs::metadata(path.with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn a_full_disk_is_said_loses_nothing_and_is_survived() {
    for mode in BOTH {
        let backend = Sqlite::file(mode);
        let clock = House::new(Sqlite::memory(Mode::Inline)).await.clock;
        let store = backend.store(Arc::clone(&clock), Interrupts::default()).await;
        store.append(batch(vec![message("kept", "kept")])).await.unwrap();
        store.limit_pages(Some(1)).await.unwrap();

        let mut stored = 1;
        // Several at a time, so that commits hold good and failing ones.
        let failed = loop {
            let batches = (0..4).map(|part| {
                let name = |n: u64| format!("{stored} {part} {n}");
                store.append(batch((0..50).map(|n| message(&format!("t{n}"), &name(n))).collect()))
            });
            let results = join_all(batches).await;
            stored +=
                results.iter().flatten().map(|appended| u64::try_from(appended.fresh_count()).unwrap()).sum::<u64>();
            if let Some(error) = results.into_iter().find_map(Result::err) {
                break error;
            }
        };
        assert!(matches!(failed, Error::Unavailable { operation: "store events", .. }), "{failed:?}");
        assert_eq!(failed.to_string(), "the store cannot store events");

        // Everything that was said to be stored is, and nothing of what was not.
        assert_eq!(store.stats().await.unwrap().events, stored);
        let lease = store.claim(Claim { lane: Lane::Conversation, n: 1, ttl: TTL, sharers: Vec::new() }).await;
        assert!(lease.is_ok() || matches!(lease, Err(Error::Unavailable { .. })));

        store.limit_pages(None).await.unwrap();
        store.check().await.unwrap();
        let again = store.append(batch((0..100).map(|n| message("t", &format!("again {n}"))).collect())).await.unwrap();
        assert_eq!(again.fresh_count(), 100);
        let listed =
            store.events(EventFilter { object: Some(thread("kept")), ..EventFilter::default() }, None, 9).await;
        assert_eq!(listed.unwrap().items.len(), 1);
        drop(store);
        let reopened = backend.store(clock, Interrupts::default()).await;
        assert_eq!(reopened.stats().await.unwrap().events, stored + 100);
    }
}

#[tokio::test]
async fn one_bad_write_does_not_harm_its_group() {
    let backend = Sqlite::file(Mode::THREADED);
    let house = House::new(Sqlite::memory(Mode::Inline)).await;
    let store = backend.store(Arc::clone(&house.clock), Interrupts::default()).await;
    let replay = |n: i64| Operation::Replay { event: EventId(n), force: false };
    let new = |n: i64| of(&format!("portal{}", n % 7), message(&format!("t{n}"), &format!("m{n}")));
    let writes = join_all((0..180).map(|n| store.append(batch(vec![new(n)]))));
    let bad = join_all((1_000..1_020).map(|n| store.operate(replay(n))));
    let (stored, refused) = tokio::join!(writes, bad);
    assert!(stored.iter().all(Result::is_ok));
    assert!(refused.iter().all(|result| matches!(result, Err(Error::NotFound { .. }))));
    // On disk when it was answered: a second connection sees it.
    let other = Connection::open(backend.path().unwrap()).unwrap();
    let seen: i64 = other.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
    assert_eq!(seen, 180);
    assert_eq!(store.stats().await.unwrap().events, 180);
}

#[tokio::test]
async fn a_full_queue_refuses_deliveries_at_once_and_lets_leases_wait() {
    let backend = Sqlite::file(Mode::Threaded { queue: 1 });
    let house = House::new(Sqlite::memory(Mode::Inline)).await;
    let store = backend.store(Arc::clone(&house.clock), Interrupts::default()).await;
    let huge = store.append(batch((0..20_000).map(|n| message("huge", &format!("h{n}"))).collect()));
    let small = join_all((0..50).map(|n| store.append(batch(vec![message("small", &format!("s{n}"))]))));
    let checks = join_all((0..50).map(|_| store.check()));
    let (huge, small, checks) = tokio::join!(huge, small, checks);
    assert_eq!(huge.unwrap().fresh_count(), 20_000);
    let refused = small.iter().filter(|result| matches!(result, Err(Error::Overloaded { waiting: 1 }))).count();
    assert!(refused > 0);
    assert!(checks.iter().all(Result::is_ok));
    let stored = small.iter().filter(|result| result.is_ok()).count();
    assert_eq!(store.stats().await.unwrap().events, 20_000 + u64::try_from(stored).unwrap());
}

#[tokio::test]
async fn erased_text_is_not_left_in_the_file() {
    const CANARY: &str = "a customer's most private words";
    for mode in BOTH {
        let backend = Sqlite::file(mode);
        let path = backend.path().unwrap();
        let mut house = House::new(backend).await;
        house.append(vec![message("1", "a")]).await;
        let (lease, turn) = house.begin().await;
        // Longer than a page, so that overflow pages are covered too.
        house.store().intend(&lease, intent("post_reply", &format!("{CANARY} ").repeat(400))).await.unwrap();
        house.crash().await;
        let text = std::fs::read(&path).unwrap();
        assert!(contains(&text, CANARY), "while the turn is open it is there");
        let lease = house.lease().await;
        let resumed = house.open(&lease).await;
        assert_eq!(resumed.id, turn.id);
        house.store().finish(&lease, finish(&resumed)).await.unwrap();
        house.crash().await;
        assert!(!contains(&std::fs::read(&path).unwrap(), CANARY));
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_backup_is_whole_and_opens_as_a_store() {
    for mode in BOTH {
        let backend = Sqlite::file(mode);
        let source = backend.path().unwrap();
        let house = House::new(Sqlite::memory(Mode::Inline)).await;
        let store = backend.store(Arc::clone(&house.clock), Interrupts::default()).await;
        store.append(batch(vec![message("1", "a"), message("2", "b")])).await.unwrap();

        let (one, two) = (source.with_file_name("one.db"), source.with_file_name("two.db"));
        store.backup(&one).await.unwrap();
        copy_file(&source, &two).unwrap();
        assert!(matches!(store.backup(&one).await, Err(Error::Refused(_))));
        assert!(matches!(copy_file(&source, &two), Err(OpenError::Exists { .. })));
        for copy in [one, two] {
            assert_eq!(open(&copy, mode).await.unwrap().stats().await.unwrap().events, 2);
        }
    }
    let (memory, clock) = (Sqlite::memory(Mode::Inline), House::new(Sqlite::memory(Mode::Inline)).await.clock);
    let refused = memory.store(clock, Interrupts::default()).await.backup(Path::new("/nowhere")).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn rows_of_a_newer_release_end_or_are_named_but_never_block() {
    let backend = Sqlite::file(Mode::Inline);
    let path = backend.path().unwrap();
    let house = House::new(backend).await;
    let stored = house.append(vec![message("1", "a"), message("1", "b"), message("2", "c")]).await;
    let other = Connection::open(path).unwrap();
    other.execute("UPDATE events SET kind = 'hologram' WHERE id = ?1", [stored.ids[0].0]).unwrap();

    let (lease, turn) = house.begin().await;
    assert_eq!(turn.events.len(), 1);
    let buried = house.event(stored.ids[0]).await;
    assert_eq!((buried.state, buried.reason), (State::Dead, Some(Reason::PayloadUnreadable)));
    assert!(buried.detail.unwrap().contains("hologram"));

    house.store().intend(&lease, intent("post_reply", "x")).await.unwrap();
    other.execute("UPDATE steps SET status = 'pondering'", []).unwrap();
    house.advance(TTL);
    let [other, lease] = <[_; 2]>::try_from(house.claim(Lane::Conversation, 2).await).unwrap();
    let unreadable = house.store().open_turn(&lease).await;
    assert!(matches!(unreadable, Err(Error::Unreadable { what: "step", .. })), "{unreadable:?}");
    // The lease is still good, so the mailbox can be put off instead of being tried without end.
    house.store().defer(&lease, house.now().after(TTL), "unreadable step", true).await.unwrap();
    assert_eq!(house.claim(Lane::Conversation, 2).await, []);
    assert_eq!(house.open(&other).await.events[0].id, stored.ids[2]);
}

#[tokio::test(start_paused = true)]
async fn waiting_sleeps_until_work_is_due_and_never_spins() {
    let clock = ManualClock::starting_at(START);
    let options = Options {
        location: Location::Memory,
        lock_wait: Duration::ZERO,
        clock: Arc::<ManualClock>::clone(&clock),
        interrupts: Interrupts::default(),
        mode: Mode::Inline,
    };
    let store = SqliteStore::open(options).await.unwrap();
    let elapsed = |since: tokio::time::Instant| since.elapsed().as_millis();
    let begun = tokio::time::Instant::now();
    store.append(batch(vec![NewEvent { schedule: QUIET, ..message("1", "a") }])).await.unwrap();
    store.wait_due(&[Lane::Conversation, Lane::Ticket]).await.unwrap();
    assert_eq!(elapsed(begun), 3_000);

    // Leased: due, but not for anybody else until the lease ends.
    let wish = Claim { lane: Lane::Conversation, n: 9, ttl: TTL, sharers: Vec::new() };
    assert_eq!(store.claim(wish.clone()).await.unwrap().len(), 1);
    let begun = tokio::time::Instant::now();
    store.wait_due(&[Lane::Conversation, Lane::Ticket]).await.unwrap();
    assert_eq!(elapsed(begun), TTL.as_millis());

    // Held: not before the hold ends.
    let lease = store.claim(wish.clone()).await.unwrap().pop().unwrap();
    let turn = store.open_turn(&lease).await.unwrap().unwrap();
    store.finish(&lease, finish(&turn)).await.unwrap();
    store.append(batch(vec![message("2", "b")])).await.unwrap();
    let until = Timestamp(START.0 + 100_000);
    store.hold(&lease.key.connection, until, "daily limit").await.unwrap();
    store.wait_due(&[Lane::Conversation, Lane::Ticket]).await.unwrap();
    assert_eq!(START.after(Duration::from_secs(33) + Duration::from_secs(67)), until);
    assert_eq!(store.claim(wish.clone()).await.unwrap().len(), 1);

    // Nothing at all: it waits.
    let lease =
        tokio::time::timeout(Duration::from_secs(20), store.wait_due(&[Lane::Conversation, Lane::Ticket])).await;
    assert!(lease.is_err());
}

#[tokio::test]
async fn a_flooded_mailbox_binds_from_the_front_and_keeps_its_marks() {
    let house = House::new(Sqlite::memory(Mode::Inline)).await;
    let flood =
        (0..5_000).map(|n| event(hubspot_bridge::domain::EventKind::TicketProperty, ticket("7"), &n.to_string()));
    house.append(flood.collect()).await;
    house.store().append(Batch { events: vec![], dirty: vec![(key(ticket("7")), "*".to_owned())] }).await.unwrap();
    let mut turns = 0;
    while let Some(lease) = house.claim(Lane::Ticket, 1).await.pop() {
        let turn = house.open(&lease).await;
        assert_eq!((turn.events.len(), turn.dirty.len()), (1_000, usize::from(turns == 0)));
        house.finish(&lease, &turn).await;
        turns += 1;
    }
    assert_eq!(turns, 5);
}
