//! Refused requests are logged once, then at most once a minute with a count: whoever finds the address must not be able to
//! fill the log. The metrics count all of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::ConnectionName;

const EVERY: Duration = Duration::from_mins(1);

/// One for the process. Keys are a configured connection and a fixed word: there are few.
static SAID: Mutex<Quiet<(ConnectionName, &'static str)>> = Mutex::new(Quiet(BTreeMap::new()));

/// May this be logged now? Then the number of those that were not since.
pub(super) fn may_say(connection: &ConnectionName, word: &'static str) -> Option<u64> {
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    said.may_say((connection.clone(), word), Instant::now())
}

/// When each was last said, and how often it was not since.
#[derive(Debug)]
struct Quiet<K>(BTreeMap<K, (Instant, u64)>);

impl<K: Ord> Quiet<K> {
    fn may_say(&mut self, key: K, now: Instant) -> Option<u64> {
        let Some((said, left_out)) = self.0.get_mut(&key) else {
            self.0.insert(key, (now, 0));
            return Some(0);
        };
        if now.duration_since(*said) < EVERY {
            *left_out += 1;
            return None;
        }
        *said = now;
        Some(std::mem::take(left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_said_and_then_a_count_once_a_minute() {
        let start = Instant::now();
        let mut quiet = Quiet(BTreeMap::new());
        let said: Vec<_> = (0..180).filter_map(|s| quiet.may_say("a", start + Duration::from_secs(s))).collect();
        assert_eq!(said, [0, 59, 59]);
        assert_eq!(quiet.may_say("b", start), Some(0), "each cause for itself");
    }
}
