//! Every draw of the portal, from one seed: ids, short pages and delivery faults each have their own stream, so that
//! switching one fault on leaves the others' draws alone.

use std::fmt::Write as _;
use std::time::Duration;

/// The streams.
#[derive(Debug)]
pub struct Chance {
    ids: fastrand::Rng,
    /// Short and empty pages.
    pub paging: Draw,
    /// Duplicates, delays, losses, retries.
    pub delivery: Draw,
    /// Faults with a probability.
    pub faults: Draw,
    /// Shapes that vary in the wild.
    pub shapes: Draw,
}

/// One stream.
#[derive(Debug)]
pub struct Draw(fastrand::Rng);

impl Draw {
    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.f64() < probability
    }

    /// A number in `0..=max`.
    pub fn up_to(&mut self, max: usize) -> usize {
        self.0.usize(0..=max)
    }

    /// A duration in `0..=max`, in whole milliseconds.
    pub fn within(&mut self, max: Duration) -> Duration {
        Duration::from_millis(self.0.u64(0..=u64::try_from(max.as_millis()).unwrap_or(u64::MAX)))
    }

    /// A factor in `0.5..1.5`.
    pub fn jitter(&mut self) -> f64 {
        0.5 + self.0.f64()
    }

    /// Another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        self.0.shuffle(items);
    }
}

impl Chance {
    /// All streams of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let stream = |n: u64| fastrand::Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(n));
        Self {
            ids: stream(0),
            paging: Draw(stream(1)),
            delivery: Draw(stream(2)),
            faults: Draw(stream(3)),
            shapes: Draw(stream(4)),
        }
    }

    /// A gap to the next numeric id: HubSpot's ids rise, but not by one.
    pub fn gap(&mut self) -> u64 {
        self.ids.u64(1..5_000)
    }

    /// An `eventId`.
    pub fn event_id(&mut self) -> u64 {
        self.ids.u64(1..4_294_967_295)
    }

    /// Lower-case hex, `length` characters.
    fn hex(&mut self, length: usize) -> String {
        (0..length).fold(String::with_capacity(length), |mut text, _| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{:x}", self.ids.u8(0..16));
            text
        })
    }

    /// 8-4-4-4-12.
    pub fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|length| self.hex(length)).join("-")
    }

    /// A message id: 32 hex characters or a dashed UUID, as both occur in one thread.
    pub fn message_id(&mut self) -> String {
        if self.ids.bool() { self.hex(32) } else { self.uuid() }
    }
}
