//! `cargo bench --bench console`: what people see of a ledger of 1,000,000 events, in three distributions, asked of the real
//! admin routes over a store in a file. Each answer in milliseconds, the middle and the slowest of five; ends with failure
//! when one takes longer than 200. `CONSOLE_EVENTS` sets another number of events.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod asked;
#[path = "../tests/it/config/desk.rs"]
#[expect(clippy::unwrap_used, reason = "shared with the tests")]
mod desk;
mod fill;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use asked::Words;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use fill::Shape;
use hubspot_bridge::clock::{Clock as _, SystemClock};
use hubspot_bridge::config::store::Location;
use hubspot_bridge::intake::Observed;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Interrupts, Ledger as _};
use hubspot_bridge::telemetry::Metrics;
use hubspot_bridge::{admin, limits};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

const MOST: Duration = Duration::from_millis(200);
const CALLS: usize = 5;
/// Each list's slowest ones are printed, unless all are asked for with `all`.
const SHOWN: usize = 12;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let usual = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    let events = std::env::var("CONSOLE_EVENTS").map_or(Ok(usual), |events| events.parse())?;
    let mut slow = 0;
    for shape in [Shape::Usual, Shape::AllOpen, Shape::AllEnded] {
        slow += measure(shape, events).await?;
    }
    println!("\n{slow} of them took longer than {} ms", MOST.as_millis());
    Ok(if slow == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many are too slow.
async fn measure(shape: Shape, events: i64) -> Result<usize, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (path, now) = (folder.path().join("bridge.db"), SystemClock.now());
    let began = Instant::now();
    let marks = fill::fill(&path, shape, events, now.0)?;
    let made = began.elapsed();
    let began = Instant::now();
    let options = Options {
        location: Location::File(path),
        lock_wait: Duration::ZERO,
        clock: Arc::new(SystemClock),
        interrupts: Interrupts::default(),
        mode: Mode::Threaded { queue: limits::STORE_QUEUE },
    };
    let store = Arc::new(SqliteStore::open(options).await?);
    println!(
        "\n{shape:?}: {events} events, made in {:.0} s; copied aside and brought to the newest schema in {:.1} s; {} MiB",
        made.as_secs_f64(),
        began.elapsed().as_secs_f64(),
        store.stats().await?.bytes >> 20
    );
    let day = Duration::from_hours(24);
    let times = [now.before(Duration::from_hours(1)), now.before(day * 40), now.after(day)].map(|at| at.to_string());
    let mut took = Vec::new();
    let router = router(store);
    for path in asked::all(&Words { marks, events, times }) {
        match five(&router, &path).await? {
            (StatusCode::OK, calls) => took.push((path, calls)),
            (status, _) => return Err(format!("{path} is answered {status}").into()),
        }
    }
    took.sort_by_key(|(_, [_, slowest])| std::cmp::Reverse(*slowest));
    print(&took);
    Ok(took.iter().filter(|(_, [_, slowest])| *slowest > MOST).count())
}

fn print(took: &[(String, [Duration; 2])]) {
    let all = std::env::args().any(|argument| argument == "all");
    let shown = if all { took.len() } else { SHOWN };
    println!("{:>9} {:>9}   the {} slowest of {}", "p50 ms", "max ms", shown.min(took.len()), took.len());
    for (path, [middle, slowest]) in took.iter().take(shown) {
        println!("{:>9.1} {:>9.1}   {path}", millis(*middle), millis(*slowest));
    }
}

/// The middle and the slowest call.
async fn five(router: &Router, path: &str) -> Result<(StatusCode, [Duration; 2]), Box<dyn Error>> {
    let (mut status, mut took) = (StatusCode::OK, Vec::new());
    for _ in 0..CALLS {
        let request = Request::builder().uri(path).body(Body::empty())?;
        let began = Instant::now();
        let response = router.clone().oneshot(request).await?;
        status = response.status();
        to_bytes(response.into_body(), 64 << 20).await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let of = |nth: usize| took.get(nth).copied().unwrap_or_default();
    Ok((status, [of(CALLS / 2), of(CALLS - 1)]))
}

fn router(store: Arc<SqliteStore>) -> Router {
    let desk = desk::Desk::new(desk::LEAST);
    #[expect(clippy::expect_used, reason = "settings of the tests")]
    let config = Arc::new(desk.load(&[]).expect("good settings").config);
    store.know_portals(config.connections.values().map(|connection| connection.portal_id));
    admin::router(admin::State {
        store: Arc::<SqliteStore>::clone(&store),
        ledger: store,
        config,
        metrics: Metrics::default(),
        contexts: Arc::default(),
        observed: Observed::default(),
        examinations: hubspot_bridge::doctor::Examinations::default(),
        clock: Arc::new(SystemClock),
        problems: admin::Problems::default(),
        closing: CancellationToken::new(),
    })
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
