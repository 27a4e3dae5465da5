//! Rounds of work in which the process is ended at drawn moments and started again on the same file: in the middle of
//! answers, of handoffs, of rep's words being carried, of tickets being written and read.
//!
//! `CRASH_ROUNDS` says how many rounds are played (2 by default), `CRASH_SEED` the first one's draws; each round counts
//! one up. How processes interleave is not drawn: a seed replays what was done and when it was tried.

use std::io::Write as _;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::blow::{Blow, Moment};
use super::load::Load;
use super::verdict::Verdict;

/// Rounds at once: they mostly wait.
const AT_ONCE: usize = 6;

/// What is played.
pub struct Plan {
    pub name: &'static str,
    /// Drawn from.
    pub blows: &'static [Blow],
    pub rounds: u64,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// `CRASH_ROUNDS`.
pub fn wanted() -> u64 {
    number("CRASH_ROUNDS").unwrap_or(2)
}

/// Plays all rounds and says what came of them.
pub async fn play(plan: Plan) {
    // Small, so that it is easily read and typed.
    let first = number("CRASH_SEED").unwrap_or_else(|| getrandom::u64().unwrap() % 1_000_000_000);
    let rounds = stream::iter(first..first + plan.rounds).map(|seed| Box::pin(round(seed, plan.blows)));
    let ends: Vec<(usize, Verdict)> = rounds.buffer_unordered(AT_ONCE).collect().await;
    let (mut blows, mut total) = (0, Verdict::default());
    for (struck, verdict) in ends {
        blows += struck;
        total.add(verdict);
    }
    // Past the test runner's capture: figures nobody sees are none.
    let line =
        format!("{}: CRASH_SEED={first}, {} rounds, {blows} ends of the process, {total}\n", plan.name, plan.rounds);
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(total.is_clean(), "{total:#?}");
}

/// Says how to play it again when its round panics.
struct Seed(u64);

impl Seed {
    fn line(&self) -> String {
        format!("replay with CRASH_ROUNDS=1 CRASH_SEED={}", self.0)
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = std::io::stderr().write_all(format!("{}\n", self.line()).as_bytes());
        }
    }
}

/// One bridge's day: first customers and handoffs, then reps at work beside more customers.
async fn round(seed: u64, blows: &[Blow]) -> (usize, Verdict) {
    let seed = Seed(seed);
    let mut draw = fastrand::Rng::with_seed(seed.0);
    let mut load = Load::open().await;
    let mut struck = 0;
    for phase in 0..2 {
        let taken = load.taken.len();
        if phase == 1 {
            load.reps_work(&mut draw).await;
        }
        load.customers_write(&mut draw);
        let times = draw.usize(1..=3);
        // Before the first blow, between two, or after the last.
        let takeover = draw.usize(0..=times);
        for blow in 0..=times {
            if blow == takeover {
                Moment::draw(&mut draw).wait(&load).await;
                load.rep_takes_over(&mut draw, taken);
            }
            if blow < times {
                Moment::draw(&mut draw).wait(&load).await;
                let how = *draw.choice(blows).unwrap();
                struck += how.strike(&mut load, &mut draw).await;
            }
        }
        load.desk.settled().await;
    }
    let mut verdict = load.verdict().await;
    for fault in [&mut verdict.lost, &mut verdict.repeated, &mut verdict.over_a_human].into_iter().flatten() {
        fault.insert_str(0, &format!("{}: ", seed.line()));
    }
    if !verdict.is_clean() {
        let (log, events) = (load.desk.log(), load.desk.events().await);
        let told = format!("{verdict:#?}\n{events:#?}\n{log}\n");
        std::io::stderr().write_all(told.as_bytes()).unwrap();
    }
    (struck, verdict)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_kills_under_load_lose_nothing_and_repeat_nothing() {
    let blows = &[Blow::Kill, Blow::Kill, Blow::Kill, Blow::KillTwice];
    play(Plan { name: "kill -9", blows, rounds: wanted() }).await;
}
