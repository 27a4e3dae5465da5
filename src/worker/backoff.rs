//! When a failed attempt is made again: exponential with jitter, bounded, and never before the peer's wish.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(10);

/// The pause after the `attempts`th failed attempt (from 1). `jitter` in 0..1 spreads it over its upper half.
#[must_use]
pub fn pause(attempts: u32, wish: Option<Duration>, jitter: f64) -> Duration {
    let doubled = FIRST.saturating_mul(1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX));
    let base = doubled.min(LONGEST);
    let spread = base.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0));
    spread.max(wish.unwrap_or_default())
}

/// A number in 0..1 that differs between mailboxes and attempts, without a generator: retries of many mailboxes must
/// not fall on one moment, and a simulation must see the same each time.
#[must_use]
pub fn jitter(mailbox: i64, attempts: u32) -> f64 {
    // SplitMix64's finaliser over the pair.
    let mut z = mailbox.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(attempts));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let high = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or_default();
    f64::from(high) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_a_bound_and_respects_the_peers_wish() {
        let secs = |attempts, jitter| pause(attempts, None, jitter).as_millis();
        assert_eq!(secs(1, 1.0), 1000);
        assert_eq!(secs(2, 1.0), 2000);
        assert_eq!(secs(5, 0.0), 8000);
        assert_eq!(secs(40, 1.0), 600_000);
        assert_eq!(pause(1, Some(Duration::from_secs(9)), 0.3), Duration::from_secs(9));
    }

    #[test]
    fn jitter_spreads_over_the_unit() {
        let all: Vec<f64> = (0..1000).map(|mailbox| jitter(mailbox, 1)).collect();
        assert!(all.iter().all(|j| (0.0..=1.0).contains(j)));
        let low = all.iter().filter(|j| **j < 0.5).count();
        assert!((400..600).contains(&low), "half of them in each half, got {low}");
    }
}
