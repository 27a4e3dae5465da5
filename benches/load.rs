//! `cargo bench --bench load`: every figure of docs/performance.md, in one run. With a part's name after `--`
//! (`acks`, `turns`, `ceiling`, `bulk`, `backlog`) that part only.
//!
//! The servers are child processes; the load and the simulated HubSpot run here, over kept-alive sockets. Where the intake
//! is compared with a bare handler, both run on the first CPU and the load on the second; the whole bridge runs where the
//! system puts it. Deliveries are signed beforehand and no event comes twice. Compare only figures of one run.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod backlog;
mod bridge;
mod bulk;
mod client;
#[path = "../tests/it/intake/fixture.rs"]
#[expect(clippy::unwrap_used, reason = "shared with the tests")]
mod fixture;
mod server;
mod turns;

use std::error::Error;
use std::time::Duration;

use bridge::{Bridge, Settings};
use client::{Deliveries, percentile};
use hubspot_bridge::limits;
use server::{Kind, Server};
use turns::Stage;

type Done = Result<(), Box<dyn Error>>;

const ROUNDS: usize = 5;
/// Deliveries waiting at once when throughput is measured: a group commit's food.
const CONNECTIONS: usize = 64;
/// HubSpot's ceiling per app and account.
const HUBSPOT_IN_FLIGHT: usize = 10;
/// Events a delivery, deliveries a round: each round is about 40 MiB at most.
const SIZES: [(usize, usize); 3] = [(1, 20_000), (10, 8_000), (100, 1_000)];
const STARTS: usize = 5;
/// The largest body there is.
const BODY: usize = 1 << 20;
/// Conversations that begin at once.
const CONVERSATIONS: usize = 200;
/// Conversations one after another.
const SINGLE: usize = 50;
/// Allocators give memory back a while after it was used.
const REST: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_mins(1);

fn main() -> Done {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(kind) = server::asked_for(&arguments) {
        return server::run(kind);
    }
    let asked = |part: &str| {
        let parts = ["acks", "turns", "ceiling", "bulk", "backlog"];
        arguments.iter().any(|argument| argument == part) || !arguments.iter().any(|it| parts.contains(&it.as_str()))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        println!("store: {}", server::STORE);
        if asked("acks") {
            client::pin_to_cpu(1)?;
            acknowledgements().await?;
            client::unpin()?;
        }
        if asked("turns") {
            whole_turns().await?;
        }
        if asked("ceiling") {
            at_the_ceiling().await?;
        }
        if asked("bulk") {
            bulk::run().await?;
        }
        if asked("backlog") {
            backlog::run().await?;
        }
        Ok(())
    })
}

/// The durable intake beside a handler that only reads the body.
async fn acknowledgements() -> Done {
    let bare = Server::start(Kind::Bare)?;
    let intake = Server::start(Kind::Intake)?;
    let mut deliveries = Deliveries::default();
    println!("\ndeliveries answered 200 per second, {CONNECTIONS} in flight, median of {ROUNDS} rounds");
    println!(
        "{:>8} {:>12} {:>12} {:>7} {:>12} {:>14}",
        "events", "bare axum", "intake", "ratio", "events/s", "CPU µs/event"
    );
    for (events, count) in SIZES {
        let (mut rates, mut cpu) = ((Vec::new(), Vec::new()), Vec::new());
        let all = f64::from(u32::try_from(events * count)?);
        // The first round warms up caches, pools and the database's file.
        for round in 0..=ROUNDS {
            let requests = deliveries.make(events, count);
            let one = client::run(bare.address, &requests, CONNECTIONS).await?.per_second();
            let before = intake.cpu()?;
            let other = client::run(intake.address, &requests, CONNECTIONS).await?.per_second();
            if round > 0 {
                cpu.push((intake.cpu()? - before) * 1e6 / all);
                rates.0.push(one);
                rates.1.push(other);
            }
        }
        let (one, other) = (median(rates.0), median(rates.1));
        let each = other * f64::from(u32::try_from(events)?);
        println!("{events:>8} {one:>12.0} {other:>12.0} {:>7.2} {each:>12.0} {:>14.1}", other / one, median(cpu));
    }
    println!("\nlatency of deliveries of 100 events, {HUBSPOT_IN_FLIGHT} in flight (HubSpot's ceiling)");
    println!("{:>20} {:>8} {:>8} {:>8}", "", "p50 ms", "p99 ms", "max ms");
    for (name, address) in [("bare axum", bare.address), ("intake", intake.address)] {
        let run = client::run(address, &deliveries.make(100, 2_000), HUBSPOT_IN_FLIGHT).await?;
        latency(name, &run);
    }
    Ok(())
}

/// The real bridge against the simulated HubSpot: start, memory, the way of one message, and many at once.
async fn whole_turns() -> Done {
    let mut stage = Stage::build().await?;
    let settings = stage.settings();
    let folder = tempfile::tempdir()?;
    let fresh = Bridge::start(folder.path(), &settings).await?.ready_after;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(Bridge::start(folder.path(), &settings).await?.ready_after);
    }
    starts.sort_unstable();
    println!("\nstart of `serve` to the first 200 of /readyz");
    println!("{:>8.0} ms with a new database", millis(fresh));
    println!("{:>8.0} ms with an old one, median of {STARTS}", millis(percentile(&starts, 50)));

    let bridge = Bridge::start(folder.path(), &settings).await?;
    tokio::time::sleep(REST).await;
    let idle = bridge.memory("VmRSS")?;
    stage.aim_at(&bridge);
    let (first_calls, answers) = stage.one_by_one(SINGLE).await?;
    println!("\none conversation at a time, {SINGLE} of them, quiet period 0: from the customer's message to");
    println!("{:>30} {:>8} {:>8}", "", "p50 ms", "p99 ms");
    for (name, sorted) in [("the first call to HubSpot", first_calls), ("the answer in the thread", answers)] {
        println!("{name:>30} {:>8.1} {:>8.1}", millis(percentile(&sorted, 50)), millis(percentile(&sorted, 99)));
    }
    let took = stage.conversations(CONVERSATIONS).await?;
    let rate = f64::from(u32::try_from(CONVERSATIONS)?) / took.as_secs_f64();
    println!("\n{CONVERSATIONS} conversations at once, quiet period 0, HubSpot's rate limit lifted");
    println!("{:>8.0} turns per second, all answered after {:.2} s", rate, took.as_secs_f64());
    println!("\nresident memory of `serve`");
    println!("{idle:>8.1} MiB idle, {:.1} s after it was ready", REST.as_secs_f64());
    println!("{:>8.1} MiB at its highest, turns included", bridge.memory("VmHWM")?);
    Ok(())
}

/// The real bridge at HubSpot's ceiling, nothing due yet: latency and memory of the whole program.
async fn at_the_ceiling() -> Done {
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        public_url: Some(fixture::PUBLIC_URL),
        portal_id: fixture::PORTAL,
        access_token: "pat-na1-test".to_owned(),
        client_secret: fixture::SECRET.to_owned(),
        ai_user_id: "A-1".to_owned(),
        api_url: "http://127.0.0.1:9".to_owned(),
        quiet_period: "5m",
    };
    let bridge = Bridge::start(folder.path(), &settings).await?;
    let run = client::run(bridge.address, &Deliveries::default().make(100, 2_000), HUBSPOT_IN_FLIGHT).await?;
    println!("\n`serve` itself: 2,000 deliveries of 100 events, {HUBSPOT_IN_FLIGHT} in flight");
    println!("{:>20} {:>8} {:>8} {:>8}", "", "p50 ms", "p99 ms", "max ms");
    latency("serve", &run);
    println!("{:>8.1} MiB resident at its highest", bridge.memory("VmHWM")?);
    let places = limits::CONNECTIONS;
    tokio::time::timeout(PATIENCE, client::hold_bodies(bridge.address, places, BODY)).await??;
    println!(
        "{:>8.1} MiB with {places} unsigned bodies of 1 MiB on their way at once as well",
        bridge.memory("VmHWM")?
    );
    Ok(())
}

fn latency(name: &str, run: &client::Run) {
    let at = |percent| millis(run.percentile(percent));
    println!("{name:>20} {:>8.2} {:>8.2} {:>8.2}", at(50), at(99), at(100));
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
