//! `[delivery]`: how events are worked on.

use std::time::Duration;

/// How events are worked on.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What a crash in the middle of a turn leads to.
    pub guarantee: Guarantee,
    /// Failed attempts before an event goes to a human, or dies.
    pub max_attempts: u32,
    /// Events older than this are not worked on any more.
    pub max_event_age: Duration,
    /// Turns running at once.
    pub max_turns_in_flight: usize,
    /// Silence that ends a customer's burst.
    pub quiet_period: Duration,
    /// The longest a burst may be waited for.
    pub quiet_period_max: Duration,
    /// How long e-mail waits before it is worked on.
    pub email_delay: Duration,
    /// Within this time HubSpot shows a message it accepted.
    pub settle: Duration,
    /// What to do when even a probe cannot tell whether a post arrived.
    pub on_unknown: OnUnknown,
    /// How often HubSpot is asked for messages no webhook announced; zero: never.
    pub sweep_interval: Duration,
    /// Messages younger than this are left to their webhook.
    pub sweep_grace: Duration,
    /// How often a held connection is tried again.
    pub hold_probe: Duration,
    /// The loop limit of one thread.
    pub max_replies_per_thread: ReplyLimit,
    /// Chat messages older than this go to a human.
    pub max_reply_age_chat: Duration,
    /// E-mails older than this go to a human.
    pub max_reply_age_email: Duration,
}

/// The delivery guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// Journalled steps: neither lost nor repeated.
    EffectivelyOnce,
    /// As the original documents itself.
    AtMostOnce,
}

/// What to do when it cannot be known whether a post arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnknown {
    /// A draft comment and a human.
    Handoff,
    /// Post again.
    Repost,
}

/// At most `count` public replies in any `window`: `"10/10m"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLimit {
    /// How many.
    pub count: usize,
    /// Within what time.
    pub window: Duration,
}
