//! Days of customers, reps and faults, drawn from seeds, on virtual time: the real intake, worker, handlers and
//! SQLite against the portal's core, an agent that fails by plan, and a bridge that crashes anywhere.
//!
//! `SIM_FIRST` (1) and `SIM_SEEDS` (50) say which seeds are played, `SIM_THREADS` on how many threads. A failing seed is
//! shrunk, and a line printed that plays what is left of it again (`SIM_KEEP`: the parts of the plan to keep). With
//! `SIM_SURVEY=1` all seeds are played and every failing one is named in a line, unshrunk.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "this crate is all tests: they fail by panicking, their output is read by people, and of the many things that \
              happen in a day each place means a few"
)]

mod agent;
mod bridge;
mod check;
mod draw;
mod fuse;
mod listen;
mod operator;
mod outside;
mod people;
mod plan;
mod play;
mod settings;
mod shrink;
mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use plan::Plan;
use tally::Tally;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Whoever listens to the logs is alone: what a place in the code was told about its listeners by one thread holds for all.
static LISTENING: RwLock<()> = RwLock::new(());

fn play(plan: &Plan) -> Tally {
    let listens = listen::is_listened_to(plan.seed);
    let _alone = listens.then(|| LISTENING.write().unwrap_or_else(PoisonError::into_inner));
    let _together = (!listens).then(|| LISTENING.read().unwrap_or_else(PoisonError::into_inner));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O");
    runtime.block_on(play::play(plan))
}

/// What was played, or why the day fails.
fn ending(plan: &Plan) -> Result<Tally, String> {
    catch_unwind(AssertUnwindSafe(|| play(plan))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
    })
}

/// The plan of a seed, or what `SIM_KEEP` leaves of it.
fn planned(seed: u64) -> Plan {
    let plan = Plan::draw(seed);
    let Ok(keep) = std::env::var("SIM_KEEP") else { return plan };
    let keep: BTreeSet<usize> =
        keep.split(',').map(|number| number.trim().parse().expect("SIM_KEEP is a list of numbers")).collect();
    plan.only(&keep)
}

#[test]
fn no_seed_breaks_a_guarantee() {
    let first = number("SIM_FIRST", 1);
    let count = number("SIM_SEEDS", 50);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = number("SIM_THREADS", u64::try_from(threads).expect("small"));
    let next = AtomicU64::new(first);
    let total = Mutex::new(Tally::default());
    let failed: Mutex<BTreeMap<u64, String>> = Mutex::default();
    let survey = number("SIM_SURVEY", 0) != 0;
    // Failing days are told below, once; meanwhile their panics would only be noise.
    std::panic::set_hook(Box::new(|_| {}));
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    let found = !survey && !failed.lock().expect("no panic in here").is_empty();
                    if seed >= first + count || found {
                        return;
                    }
                    match ending(&planned(seed)) {
                        Ok(tally) => total.lock().expect("no panic in here").add(&tally),
                        Err(why) => drop(failed.lock().expect("no panic in here").insert(seed, why)),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic in here");
    if let (Some(seed), false) = (failed.keys().next(), survey) {
        told(*seed);
    }
    drop(std::panic::take_hook());
    // Past the test runner's capture: figures nobody sees are none.
    let summary = format!("simulation: {count} seeds{}\n", total.lock().expect("no panic in here"));
    std::io::stderr().write_all(summary.as_bytes()).expect("standard error");
    // `SIM_WHOLE`: with what was planned besides people, and all that the check says.
    let whole = std::env::var("SIM_WHOLE").is_ok();
    for (seed, why) in &failed {
        if whole {
            let plan = planned(*seed);
            let faults = plan.parts.iter().filter(|part| !matches!(part.what, plan::What::Act { .. }));
            faults.for_each(|part| eprintln!("{:>7} ms {:?} {:?}", part.at_ms, part.for_ms, part.what));
            eprintln!("{:?}", plan.nature);
        }
        let first = why.lines().next().unwrap_or_default().chars().take(300).collect();
        eprintln!("seed {seed}: {}", if whole { why.clone() } else { first });
    }
    assert!(failed.is_empty(), "{} of {count} seeds fail: {:?}", failed.len(), failed.keys());
}

/// Shrinks a failing day and fails with it.
fn told(seed: u64) -> ! {
    let plan = planned(seed);
    // By its first words: what is left out must not make another failure of it.
    let begins = |why: &String| why.chars().take(24).collect::<String>();
    let first = ending(&plan).err().as_ref().map(begins);
    let small = shrink::shrink(&plan, |plan| ending(plan).err().as_ref().map(begins) == first);
    let why = ending(&small).err();
    drop(std::panic::take_hook());
    let keep: Vec<String> = small.numbers().iter().map(ToString::to_string).collect();
    for part in &small.parts {
        let lasts = part.for_ms.map(|ms| format!(" for {ms} ms")).unwrap_or_default();
        eprintln!("{:>4} at {:>7} ms{lasts}: {:?}", part.number, part.at_ms, part.what);
    }
    eprintln!("{:?}", small.nature);
    eprintln!("{} of {} parts are left of seed {seed}. Play them again:", small.parts.len(), plan.parts.len());
    eprintln!("SIM_FIRST={seed} SIM_SEEDS=1 SIM_KEEP={} cargo test --test sim no_seed -- --nocapture", keep.join(","));
    panic!("seed {seed} fails: {}", why.unwrap_or_else(|| "but not a second time: it is not deterministic".to_owned()))
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in [7, 8] {
        assert_eq!(play(&Plan::draw(seed)), play(&Plan::draw(seed)));
    }
}

#[test]
fn a_failing_day_shrinks_to_what_matters() {
    let plan = Plan::draw(3);
    let (early, late) = (plan.parts.len() / 3, plan.parts.len() - 2);
    let both = |plan: &Plan| [early, late].iter().all(|number| plan.numbers().contains(number));
    assert_eq!(shrink::shrink(&plan, both).numbers(), BTreeSet::from([early, late]));
}
