//! The simulation: the real intake, worker, handlers, filters and SQLite store on virtual time against the sandbox's
//! portal, with people, faults and crashes drawn from a seed.
//!
//! `SIM_SEEDS` says how many seeds are played (50 by default), `SIM_FIRST` the first of them. A failing seed prints the
//! one line that replays it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail the test; clippy only excuses functions marked as tests"
)]

mod agent;
mod bridge;
mod check;
mod desk;
mod draw;
mod fuse;
mod story;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number of seeds"))
}

fn play(seed: u64) -> world::Tally {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O");
    runtime.block_on(world::play(seed))
}

#[test]
fn no_seed_breaks_a_guarantee() {
    let first = number("SIM_FIRST", 1);
    let count = number("SIM_SEEDS", 50);
    let mut total = world::Tally::default();
    for seed in first..first + count {
        match catch_unwind(AssertUnwindSafe(|| play(seed))) {
            Ok(tally) => total.add(&tally),
            Err(panic) => {
                eprintln!("replay it with: SIM_FIRST={seed} SIM_SEEDS=1 cargo test --test sim -- --nocapture");
                std::panic::resume_unwind(panic);
            }
        }
    }
    println!("simulation: {count} seeds, {total}");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    assert_eq!(play(7), play(7));
}
