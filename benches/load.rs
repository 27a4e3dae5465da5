//! `cargo bench --bench load`: acknowledged deliveries per second of the durable intake against a bare axum handler that
//! only reads the body, and the intake's latency at HubSpot's ceiling of 10 requests in flight of 100 events.
//!
//! The server is a child process of this one, on the first CPU; the load comes from the second, over kept-alive sockets.
//! Deliveries are signed beforehand and no event comes twice. Compare only figures of one run.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod client;
#[path = "../tests/it/intake/fixture.rs"]
#[expect(clippy::unwrap_used, reason = "shared with the tests")]
mod fixture;
mod server;

use std::error::Error;
use std::time::Duration;

use client::Deliveries;
use server::{Kind, Server};

const ROUNDS: usize = 3;
/// Deliveries waiting at once when throughput is measured: a group commit's food.
const CONNECTIONS: usize = 64;
/// HubSpot's ceiling per app and account.
const HUBSPOT_IN_FLIGHT: usize = 10;
/// Events a delivery, deliveries a round: each round is about 40 MiB at most.
const SIZES: [(usize, usize); 3] = [(1, 20_000), (10, 8_000), (100, 1_000)];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(kind) = server::asked_for(&arguments) {
        return server::run(kind);
    }
    client::pin_to_cpu(1)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let bare = Server::start(Kind::Bare)?;
    let intake = Server::start(Kind::Intake)?;
    let mut deliveries = Deliveries::default();
    println!("store: {}", server::STORE);
    println!("deliveries answered 200 per second, {CONNECTIONS} in flight, median of {ROUNDS} rounds");
    println!("{:>8} {:>12} {:>12} {:>7}", "events", "bare axum", "intake", "ratio");
    for (events, count) in SIZES {
        let mut rates = (Vec::new(), Vec::new());
        // The first round warms up caches, pools and the database's file.
        for round in 0..=ROUNDS {
            let requests = deliveries.make(events, count);
            let one = client::run(bare.address, &requests, CONNECTIONS).await?.per_second();
            let other = client::run(intake.address, &requests, CONNECTIONS).await?.per_second();
            if round > 0 {
                rates.0.push(one);
                rates.1.push(other);
            }
        }
        let (one, other) = (median(rates.0), median(rates.1));
        println!("{events:>8} {one:>12.0} {other:>12.0} {:>7.2}", other / one);
    }
    let (events, count) = (100, 1_000);
    println!("latency of {events} events a delivery, {HUBSPOT_IN_FLIGHT} in flight");
    println!("{:>12} {:>8} {:>8}", "", "p50 ms", "p99 ms");
    for (name, address) in [("bare axum", bare.address), ("intake", intake.address)] {
        let run = client::run(address, &deliveries.make(events, count), HUBSPOT_IN_FLIGHT).await?;
        println!("{name:>12} {:>8.2} {:>8.2}", millis(run.percentile(50)), millis(run.percentile(99)));
    }
    Ok(())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
