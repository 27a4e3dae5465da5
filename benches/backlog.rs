//! A backlog of a million open events beside one of a thousand: what each transaction of the worker costs, what is asked
//! periodically, and what the whole bridge weighs with it. Both stores are open at the same time and take turns, so that
//! whatever else the machine does disturbs both alike.
#![expect(clippy::indexing_slicing, reason = "two stores, side by side, in arrays of two")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::domain::{DedupKey, Ending, EventKind, Lane, NewEvent, Object, Outcome, Schedule, State};
use hubspot_bridge::limits;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Batch, Claim, Finish, Interrupts, Ledger as _, Store as _};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::bridge::{Bridge, Settings};
use crate::client::percentile;
use crate::{Done, REST, fixture};

const SMALL: usize = 1_000;
const LARGE: usize = 1_000_000;
const ROUNDS: usize = 300;
/// How often what people ask is measured.
const LOOKS: usize = 20;
/// Events of one append, appends at a time, while the backlog grows.
const BATCH: usize = 1_000;
const AT_ONCE: usize = 8;
/// Requests to each page of the running bridge.
const REQUESTS: usize = 100;

/// A store, and how many events were ever put into it.
struct Backlog {
    store: SqliteStore,
    folder: tempfile::TempDir,
    made: usize,
}

/// What one kind of call took, in each of the two stores.
struct Row {
    name: &'static str,
    took: [Vec<Duration>; 2],
}

pub async fn run() -> Done {
    let mut pair = [Backlog::of(SMALL).await?, Backlog::of(0).await?];
    let began = Instant::now();
    pair[1].grow(LARGE).await?;
    println!("\n{LARGE} open events, one a mailbox, stored in {:.0} s", began.elapsed().as_secs_f64());
    let bytes = pair[1].store.stats().await?.bytes;
    println!("{:>8.0} MiB of database", mib(bytes));
    hot(&mut pair).await?;
    looks(&pair).await?;
    for (backlog, size) in pair.into_iter().zip([SMALL, LARGE]) {
        whole(backlog, size).await?;
    }
    Ok(())
}

impl Backlog {
    async fn of(size: usize) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let options = Options {
            location: Location::File(folder.path().join("bridge.db")),
            lock_wait: Duration::ZERO,
            clock: Arc::new(SystemClock),
            interrupts: Interrupts::default(),
            mode: Mode::Threaded { queue: limits::STORE_QUEUE },
        };
        let mut backlog = Self { store: SqliteStore::open(options).await?, folder, made: 0 };
        backlog.grow(size).await?;
        Ok(backlog)
    }

    async fn grow(&mut self, size: usize) -> Done {
        while self.made < size {
            let batches: Vec<Batch> = (0..AT_ONCE).map(|_| self.batch(BATCH.min(size - self.made))).collect();
            try_join_all(batches.into_iter().map(|batch| self.store.append(batch))).await?;
        }
        Ok(())
    }

    fn batch(&mut self, events: usize) -> Batch {
        let first = self.made;
        self.made += events;
        Batch { events: (first..self.made).map(event).collect(), dirty: Vec::new() }
    }
}

/// Alternately a customer's message and a ticket's change, each in a mailbox of its own, due at once; of two connections.
fn event(number: usize) -> NewEvent {
    let hash = Sha256::digest(number.to_string());
    let mut dedup = DedupKey([0; 16]);
    dedup.0.copy_from_slice(&hash[..16]);
    let message = number.is_multiple_of(2);
    let id = format!("{}", 6_065_362_089 + number);
    NewEvent {
        connection: if number % 10 < 9 { "acme" } else { "globex" }.into(),
        object: Some(if message { Object::Thread(id.as_str().into()) } else { Object::Ticket(id.as_str().into()) }),
        kind: if message { EventKind::NewMessage } else { EventKind::TicketProperty },
        message_id: message.then(|| hex::encode(&hash[16..]).into()),
        message_type: message.then(|| "MESSAGE".to_owned()),
        property: (!message).then(|| "hs_pipeline_stage".to_owned()),
        value: None,
        hubspot_event_id: Some(number.to_string()),
        app_id: None,
        source: Some("CRM_UI:userId:882761034".to_owned()),
        occurred_at: None,
        data: None,
        detail: None,
        dedup,
        seen: 1,
        schedule: Schedule::Now,
        interrupt: message,
        ended: None,
    }
}

/// The transactions of a turn, and what runs beside them, one after another.
async fn hot(pair: &mut [Backlog; 2]) -> Done {
    let names =
        ["append 1", "claim 1", "open_turn", "finish", "claim + open + finish", "wait_due", "holds", "check", "stats"];
    let mut rows = names.map(|name| Row { name, took: [Vec::new(), Vec::new()] });
    for _ in 0..ROUNDS {
        for (side, backlog) in pair.iter_mut().enumerate() {
            for (row, took) in rows.iter_mut().zip(one_round(backlog).await?) {
                row.took[side].push(took);
            }
        }
    }
    print("the worker's transactions, each with its flush", rows.into());
    let mut claims = [Row { name: "claim 64", took: [Vec::new(), Vec::new()] }];
    for _ in 0..LOOKS {
        for (side, backlog) in pair.iter_mut().enumerate() {
            let began = Instant::now();
            let leases = backlog.store.claim(claim(64)).await?;
            claims[0].took[side].push(began.elapsed());
            for lease in leases {
                backlog.store.defer(&lease, lease.due_at, "measured", false).await?;
            }
        }
    }
    print("the most that is claimed at once", claims.into());
    Ok(())
}

fn claim(n: usize) -> Claim {
    Claim { lane: Lane::Conversation, n, ttl: limits::LEASE, sharers: Vec::new() }
}

async fn one_round(backlog: &mut Backlog) -> Result<[Duration; 9], Box<dyn Error>> {
    // A message for each that is ended, so that the backlog keeps its size.
    let filler = backlog.batch(2);
    let store = &backlog.store;
    let mut at = Instant::now();
    let mut lap = || std::mem::replace(&mut at, Instant::now()).elapsed();
    store.append(filler).await?;
    let append = lap();
    let lease = store.claim(claim(1)).await?.pop().ok_or("nothing is due")?;
    let claimed = lap();
    let turn = store.open_turn(&lease).await?.ok_or("nothing to do")?;
    let opened = lap();
    let endings = turn.events.iter().map(|event| Ending::done(event.id, Outcome::Replied)).collect();
    store.finish(&lease, Finish { endings, ..Finish::default() }).await?;
    let finished = lap();
    store.wait_due(&[Lane::Conversation, Lane::Ticket]).await?;
    let waited = lap();
    store.holds().await?;
    let held = lap();
    store.check().await?;
    let checked = lap();
    store.stats().await?;
    let counted = lap();
    Ok([append, claimed, opened, finished, claimed + opened + finished, waited, held, checked, counted])
}

/// What people ask: the console's list, `why` with a thread and with a message.
async fn looks(pair: &[Backlog; 2]) -> Done {
    let names = ["newest events", "newest pending", "newest dead", "find a thread", "find a message"];
    let mut rows = names.map(|name| Row { name, took: [Vec::new(), Vec::new()] });
    for look in 0..LOOKS {
        for (side, backlog) in pair.iter().enumerate() {
            let some = event((backlog.made / 2 + look) & !1);
            let thread = some.object.as_ref().map(|object| object.id().to_owned()).unwrap_or_default();
            let message = some.message_id.map(|id| id.as_str().to_owned()).unwrap_or_default();
            let state = |state| EventFilter { state, ..EventFilter::default() };
            for (row, filter) in
                rows.iter_mut().zip([state(None), state(Some(State::Pending)), state(Some(State::Dead))])
            {
                let began = Instant::now();
                backlog.store.events(filter, None, 50).await?;
                row.took[side].push(began.elapsed());
            }
            for (row, id) in rows.iter_mut().skip(3).zip([thread, message]) {
                let began = Instant::now();
                backlog.store.find(&id).await?;
                row.took[side].push(began.elapsed());
            }
        }
    }
    print("what people ask", rows.into());
    Ok(())
}

fn print(what: &str, rows: Vec<Row>) {
    println!("\n{what}: median and p99 in µs at {SMALL} and at {LARGE} open events");
    println!("{:>24} {:>8} {:>8} {:>10} {:>10} {:>7}", "", "p50", "p99", "p50", "p99", "ratio");
    for mut row in rows {
        row.took.iter_mut().for_each(|took| took.sort_unstable());
        let [few, many] = [&row.took[0], &row.took[1]];
        let micros = |took: &[Duration], percent| percentile(took, percent).as_secs_f64() * 1e6;
        println!(
            "{:>24} {:>8.0} {:>8.0} {:>10.0} {:>10.0} {:>7.2}",
            row.name,
            micros(few, 50),
            micros(few, 99),
            micros(many, 50),
            micros(many, 99),
            micros(many, 50) / micros(few, 50)
        );
    }
}

/// `serve` on the same database, with a HubSpot that cannot be reached: it tries and tries, and people look at it.
async fn whole(backlog: Backlog, size: usize) -> Done {
    let Backlog { store, folder, .. } = backlog;
    drop(store);
    let bridge = Bridge::start(folder.path(), &settings()).await?;
    println!(
        "\n`serve` with {size} open events, HubSpot unreachable, ready after {:.0} ms",
        millis(bridge.ready_after)
    );
    tokio::time::sleep(REST).await;
    for (page, address) in [("/readyz", bridge.address), ("/metrics", bridge.admin), ("/api/v1/stats", bridge.admin)] {
        let mut took = Vec::new();
        for _ in 0..REQUESTS {
            let began = Instant::now();
            Bridge::get(address, page).await?;
            took.push(began.elapsed());
        }
        took.sort_unstable();
        let [median, most] = [50, 99].map(|percent| millis(percentile(&took, percent)));
        println!("{page:>20} p50 {median:>6.2} ms, p99 {most:>6.2} ms");
    }
    println!("{:>8.1} MiB resident at its highest", bridge.memory("VmHWM")?);
    Ok(())
}

fn settings() -> Settings {
    Settings {
        public_url: Some(fixture::PUBLIC_URL),
        portal_id: fixture::PORTAL,
        access_token: "pat-na1-test".to_owned(),
        client_secret: fixture::SECRET.to_owned(),
        ai_user_id: "A-1".to_owned(),
        api_url: "http://127.0.0.1:9".to_owned(),
        quiet_period: "0s",
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn mib(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) / 1024.0
}
