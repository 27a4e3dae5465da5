//! How often a wrong token may be typed: counted in memory, for all browsers together.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::Timestamp;
use crate::limits::{SIGN_IN_TRIES, SIGN_IN_WINDOW};

/// The wrong tokens of the last minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Tries(Arc<Mutex<VecDeque<Timestamp>>>);

impl Tries {
    /// Notes a wrong token; when there were too many, how long to wait for the next. Right ones never come here: whoever
    /// guesses must not lock out those who know.
    pub(super) fn wrong(&self, now: Timestamp) -> Result<(), Duration> {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = i64::try_from(SIGN_IN_WINDOW.as_millis()).unwrap_or(i64::MAX);
        // A clock that was set back must not lock anybody out for longer.
        wrong.retain(|at| (0..window).contains(&(now.0 - at.0)));
        if wrong.len() >= SIGN_IN_TRIES {
            let oldest = wrong.front().map_or(0, |at| now.0 - at.0);
            return Err(Duration::from_millis(u64::try_from(window - oldest).unwrap_or_default()));
        }
        wrong.push_back(now);
        Ok(())
    }
}
