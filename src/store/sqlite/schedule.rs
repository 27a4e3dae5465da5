//! When a mailbox is due: a pure function of four times.

use crate::domain::{Schedule, Timestamp};

/// The four times a mailbox's due time is derived from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    /// The earliest of what does not wait for a burst to end.
    pub asap_at: Option<Timestamp>,
    /// When the waiting burst began.
    pub quiet_first: Option<Timestamp>,
    /// When the waiting burst is over.
    pub quiet_at: Option<Timestamp>,
    /// Deferred until.
    pub not_before: Option<Timestamp>,
}

impl Times {
    /// One more event waits. Returns its own due time.
    pub(super) fn add(&mut self, schedule: Schedule, now: Timestamp) -> Timestamp {
        match schedule {
            Schedule::Now => self.asap(now),
            Schedule::At(at) => self.asap(at),
            Schedule::Quiet { quiet, max } => {
                let first = *self.quiet_first.get_or_insert(now);
                let at = now.after(quiet).min(first.after(max));
                self.quiet_at = Some(at);
                at
            }
        }
    }

    /// Due at the latest at `at`.
    pub(super) fn asap(&mut self, at: Timestamp) -> Timestamp {
        self.asap_at = earlier(self.asap_at, Some(at));
        at
    }

    /// Is the burst over?
    pub(super) fn quiet_over(&self, now: Timestamp) -> bool {
        self.quiet_at.is_some_and(|at| at <= now)
    }

    /// A deferral does not hold for this.
    pub(super) fn pull(&mut self, now: Timestamp) {
        self.not_before = self.not_before.map(|at| at.min(now));
    }

    /// The due time of a mailbox without an open turn.
    pub(super) fn due(&self) -> Option<Timestamp> {
        // `None` is the smallest: no deferral.
        earlier(self.asap_at, self.quiet_at).map(|at| Some(at).max(self.not_before).unwrap_or(at))
    }
}

/// The earlier of two times, of which each may be missing.
pub(super) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const QUIET: Schedule = Schedule::Quiet { quiet: Duration::from_secs(3), max: Duration::from_secs(10) };

    fn due(times: &Times) -> Option<i64> {
        times.due().map(|at| at.0)
    }

    #[test]
    fn a_burst_ends_after_silence_but_never_later_than_its_maximum() {
        let mut times = Times::default();
        let seen: Vec<_> = [0, 2_000, 4_000, 6_000, 8_000]
            .map(|at| {
                times.add(QUIET, Timestamp(at));
                due(&times)
            })
            .into();
        assert_eq!(seen, [Some(3_000), Some(5_000), Some(7_000), Some(9_000), Some(10_000)]);
    }

    #[test]
    fn what_does_not_wait_is_due_before_the_burst() {
        let mut times = Times::default();
        times.add(QUIET, Timestamp(0));
        times.add(Schedule::Now, Timestamp(1_000));
        assert_eq!(due(&times), Some(1_000));
        times.add(Schedule::At(Timestamp(500)), Timestamp(1_000));
        assert_eq!(due(&times), Some(500));
    }

    #[test]
    fn a_deferral_holds_until_it_is_pulled() {
        let mut times = Times { not_before: Some(Timestamp(60_000)), ..Times::default() };
        assert_eq!(due(&times), None);
        times.add(Schedule::Now, Timestamp(1_000));
        assert_eq!(due(&times), Some(60_000));
        times.pull(Timestamp(2_000));
        assert_eq!(due(&times), Some(2_000));
    }
}
