//! The 100 requests a minute of one API key, shared by all connections that use it.
//!
//! A bucket of tokens, each of which comes back a minute after it was taken: however OpenCX places its minutes, no more
//! than the limit fall into any of them. (A bucket that refills steadily would let twice the limit into one minute.)
//! Waiting is in order of arrival, and never longer than the caller can wait.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

const WINDOW: Duration = Duration::from_mins(1);
const REQUESTS_MAX: usize = 100;

/// There is no token within the caller's patience; nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {REQUESTS_MAX} requests a minute of this API key are used up")]
pub struct Busy {
    /// When there will be one.
    pub after: Duration,
}

/// One key's budget.
#[derive(Debug, Default)]
pub struct Limiter {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When tokens were taken or are promised to be, in order.
    taken: VecDeque<Instant>,
    /// OpenCX said "too many" itself: others use this key too.
    closed_until: Option<Instant>,
}

/// A promised token; given back if its holder stops waiting for it.
struct Promise<'a> {
    limiter: &'a Limiter,
    at: Instant,
    taken: bool,
}

impl Limiter {
    /// Takes a token, waiting for one if that does not take longer than `patience`.
    ///
    /// # Errors
    /// [`Busy`], at once, if it would.
    pub async fn take(&self, patience: Duration) -> Result<(), Busy> {
        let mut promise = self.promise(patience)?;
        sleep_until(promise.at).await;
        promise.taken = true;
        Ok(())
    }

    /// Lets nobody through for this long.
    pub fn close_for(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.lock();
        state.closed_until = state.closed_until.max(Some(until));
    }

    fn promise(&self, patience: Duration) -> Result<Promise<'_>, Busy> {
        let now = Instant::now();
        let mut state = self.lock();
        while state.taken.front().is_some_and(|taken| *taken + WINDOW <= now) {
            state.taken.pop_front();
        }
        let oldest_that_counts = state.taken.len().checked_sub(REQUESTS_MAX).and_then(|at| state.taken.get(at));
        let free = oldest_that_counts.map_or(now, |taken| *taken + WINDOW);
        let waiting = state.taken.back().copied().unwrap_or(now);
        let at = now.max(free).max(waiting).max(state.closed_until.unwrap_or(now));
        if at - now > patience {
            return Err(Busy { after: at - now });
        }
        state.taken.push_back(at);
        Ok(Promise { limiter: self, at, taken: false })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        if !self.taken {
            let mut state = self.limiter.lock();
            if let Some(at) = state.taken.iter().rposition(|taken| *taken == self.at) {
                state.taken.remove(at);
            }
        }
    }
}
