//! Where stamps and due times come from. Durations and sleeps come from tokio, so that a test can own both.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::Timestamp;

/// The time of day.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that follows tokio's (possibly paused) time from a fixed start, and can be made to jump.
#[derive(Debug)]
pub struct ManualClock {
    start: tokio::time::Instant,
    offset_ms: AtomicI64,
}

impl ManualClock {
    /// Shows `start` now and moves as tokio's time moves.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Arc<Self> {
        Arc::new(Self { start: tokio::time::Instant::now(), offset_ms: AtomicI64::new(start.0) })
    }

    /// Jumps, forwards or backwards, without tokio's time moving: what a stepped system clock does.
    pub fn jump(&self, ms: i64) {
        self.offset_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.offset_ms.load(Ordering::SeqCst).saturating_add(elapsed))
    }
}
