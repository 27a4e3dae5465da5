//! How the places of a lane are shared among connections: arithmetic, and nothing else.
//!
//! Up to half of all places is kept for connections that have fewer than their even share of that half. Who has less than
//! its share takes any free place; who has it already takes only what is not kept for others.

use std::collections::BTreeMap;

/// Who has how many places.
#[derive(Debug)]
pub(super) struct Places {
    free: usize,
    /// The most that is kept for others.
    half: usize,
    /// The share of each, at least one place.
    share: usize,
    /// Sharers nothing of whose was ever stored: they have no number, and no place.
    unknown: usize,
    /// Places in use, by sharer.
    taken: BTreeMap<i64, usize>,
}

impl Places {
    /// `free` places beside `used` ones. `sharing`: the sharers by number, each with its used places; `unknown`: how many
    /// more there are.
    pub(super) fn new(free: usize, used: usize, sharing: BTreeMap<i64, usize>, unknown: usize) -> Self {
        let (all, sharers) = (free + used, sharing.len() + unknown);
        let half = all / 2;
        if sharers < 2 {
            return Self { free, half: 0, share: 0, unknown: 0, taken: BTreeMap::new() };
        }
        Self { free, half, share: (half / sharers).max(1), unknown, taken: sharing }
    }

    /// Is there a place for it?
    pub(super) fn admits(&self, connection: i64) -> bool {
        if self.lacks(connection) {
            return self.free > 0;
        }
        let others = self.taken.values().map(|taken| self.share.saturating_sub(*taken)).sum::<usize>();
        self.free > self.half.min(others + self.share * self.unknown)
    }

    /// One place more is its.
    pub(super) fn take(&mut self, connection: i64) {
        self.free = self.free.saturating_sub(1);
        if let Some(taken) = self.taken.get_mut(&connection) {
            *taken += 1;
        }
    }

    fn lacks(&self, connection: i64) -> bool {
        self.taken.get(&connection).is_some_and(|taken| *taken < self.share)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn idle(total: usize, sharers: i64, unknown: usize) -> Places {
        Places::new(total, 0, (0..sharers).map(|id| (id, 0)).collect(), unknown)
    }

    /// How many places a connection gets that alone has work.
    fn alone(mut places: Places, connection: i64) -> usize {
        let mut got = 0;
        while places.admits(connection) {
            places.take(connection);
            got += 1;
        }
        got
    }

    #[test]
    fn a_connection_alone_at_work_gets_all_but_what_is_kept() {
        for (total, sharers, gets) in [
            (64, 1, 64),
            (64, 2, 48),
            (64, 4, 40),
            (64, 33, 32),
            (64, 200, 32),
            (16, 9, 8),
            (8, 2, 6),
            (1, 1, 1),
            (1, 5, 1),
            (2, 2, 1),
        ] {
            assert_eq!(alone(idle(total, sharers, 0), 0), gets, "{total} places, {sharers} sharers");
            let unknown = usize::try_from(sharers).unwrap() - 1;
            assert_eq!(alone(idle(total, 1, unknown), 0), gets, "{total} places, {unknown} never heard of");
        }
        assert_eq!(alone(idle(64, 4, 0), 99), 32, "one that left the settings has no share");
    }

    proptest! {
        #[test]
        fn somebody_is_always_admitted_where_nobody_works(total in 1..200_usize, sharers in 1..300_i64, unknown in 0..9_usize) {
            let places = idle(total, sharers, unknown);
            prop_assert!((0..sharers).all(|id| places.admits(id)));
            prop_assert!(places.admits(-1), "not even one without a share waits");
        }

        /// Everybody has work without end, and one turn ends at a time, whoever's.
        #[test]
        fn nobody_waits_for_ever(total in 1..40_usize, sharers in 2..60_i64, ends in prop::collection::vec(0..1_000_usize, 120)) {
            let mut running: VecDeque<i64> = VecDeque::new();
            let (mut queue, mut waited): (VecDeque<i64>, BTreeMap<i64, u32>) = ((0..sharers).collect(), BTreeMap::new());
            for end in ends {
                let taken = (0..sharers).map(|id| (id, running.iter().filter(|other| **other == id).count())).collect();
                let mut places = Places::new(total - running.len(), running.len(), taken, 0);
                while let Some(place) = queue.iter().position(|id| places.admits(*id)) {
                    let Some(id) = queue.remove(place) else { break };
                    places.take(id);
                    running.push_back(id);
                    queue.push_back(id);
                    waited.insert(id, 0);
                    (0..sharers).filter(|other| *other != id && !running.contains(other)).for_each(|other| *waited.entry(other).or_default() += 1);
                }
                prop_assert!(running.len() <= total);
                prop_assert!(running.len() * 2 >= total, "at least half of the places is given");
                running.remove(end % running.len());
            }
            let most = u32::try_from(sharers).unwrap() * 2;
            prop_assert!(waited.values().all(|turns| *turns <= most), "{waited:?}");
        }
    }
}
