//! What was measured lately, for the console: the last hour's durations minute by minute. In memory, of a
//! fixed size, gone with the process; what lasts is in the ledger and in Prometheus.
//!
//! Time is the caller's, from its `Clock`. A clock that is set back writes into its minute again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::Timestamp;

/// Minutes that are remembered.
pub const MINUTES: usize = 60;

const MINUTE_MS: i64 = 60_000;

/// Durations are counted up to these, milliseconds; each is about a quarter more than the one before.
const BOUNDS: [u64; 44] = [
    1, 2, 3, 4, 5, 7, 10, 13, 16, 20, 25, 32, 40, 50, 63, 80, 100, 125, 160, 200, 250, 320, 400, 500, 630, 800, 1_000,
    1_250, 1_600, 2_000, 2_500, 3_200, 4_000, 5_000, 6_300, 8_000, 10_000, 13_000, 16_000, 20_000, 32_000, 50_000,
    80_000, 120_000,
];

/// Durations of one kind of call; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Durations(Arc<Mutex<Ring>>);

/// One minute that had calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute {
    /// Its beginning.
    pub at: Timestamp,
    /// How many calls ended in it.
    pub calls: u64,
    /// Half of them took at most so long, to within a quarter.
    pub p50: Duration,
    /// 95 of 100 of them did.
    pub p95: Duration,
}

#[derive(Debug)]
struct Ring([Slot; MINUTES]);

#[derive(Clone, Copy, Debug)]
struct Slot {
    minute: i64,
    /// One for each bound; longer ones count with the last.
    counts: [u32; BOUNDS.len()],
}

impl Default for Ring {
    fn default() -> Self {
        Self([Slot { minute: i64::MIN, counts: [0; BOUNDS.len()] }; MINUTES])
    }
}

impl Durations {
    /// A call that ended at `now` took so long.
    pub fn observe(&self, now: Timestamp, took: Duration) {
        let minute = now.0.div_euclid(MINUTE_MS);
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|bound| took <= *bound).unwrap_or(BOUNDS.len() - 1);
        let mut ring = self.ring();
        let Some(slot) = ring.0.get_mut(place(minute, MINUTES)) else { return };
        if slot.minute != minute {
            *slot = Slot { minute, counts: [0; BOUNDS.len()] };
        }
        if let Some(count) = slot.counts.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
    }

    /// The minutes of the hour up to `now` that had calls, oldest first.
    #[must_use]
    pub fn minutes(&self, now: Timestamp) -> Vec<Minute> {
        let last = now.0.div_euclid(MINUTE_MS);
        let first = last - i64::try_from(MINUTES).unwrap_or(i64::MAX) + 1;
        let mut slots: Vec<Slot> = self.ring().0.to_vec();
        slots.retain(|slot| (first..=last).contains(&slot.minute));
        slots.sort_unstable_by_key(|slot| slot.minute);
        slots.iter().map(Slot::told).collect()
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // Nothing in here panics half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn told(&self) -> Minute {
        let calls: u64 = self.counts.iter().map(|count| u64::from(*count)).sum();
        let within = |hundredths: u64| self.within((calls * hundredths).div_ceil(100));
        Minute { at: Timestamp(self.minute.saturating_mul(MINUTE_MS)), calls, p50: within(50), p95: within(95) }
    }

    /// So many of the calls took at most this.
    fn within(&self, calls: u64) -> Duration {
        let mut seen = 0;
        for (count, bound) in self.counts.iter().zip(BOUNDS) {
            seen += u64::from(*count);
            if seen >= calls {
                return Duration::from_millis(bound);
            }
        }
        Duration::ZERO
    }
}

fn place(number: i64, places: usize) -> usize {
    let places = i64::try_from(places).unwrap_or(i64::MAX);
    usize::try_from(number.rem_euclid(places)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_262_400_000);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_minute_tells_its_median_and_its_slow_end_to_within_a_quarter() {
        let durations = Durations::default();
        for took in 1..=100 {
            durations.observe(NOON, ms(took * 10));
        }
        let minutes = durations.minutes(NOON);
        assert_eq!(minutes, [Minute { at: NOON, calls: 100, p50: ms(500), p95: ms(1_000) }]);
        durations.observe(NOON.after(ms(60_000)), Duration::from_hours(1));
        let last = durations.minutes(NOON.after(ms(60_000))).pop().unwrap();
        assert_eq!((last.calls, last.p50), (1, ms(120_000)), "what is longer than all bounds counts with the longest");
    }

    #[test]
    fn an_hour_is_remembered_and_no_more() {
        let durations = Durations::default();
        for minute in 0..150 {
            durations.observe(NOON.after(Duration::from_mins(minute)), ms(7));
        }
        let now = NOON.after(Duration::from_mins(149));
        let minutes = durations.minutes(now);
        assert_eq!(minutes.len(), MINUTES);
        assert_eq!(minutes.first().unwrap().at, NOON.after(Duration::from_mins(90)));
        assert!(minutes.is_sorted_by_key(|minute| minute.at));
        assert!(durations.minutes(now.after(Duration::from_hours(1))).is_empty(), "an idle hour is empty");
    }
}
