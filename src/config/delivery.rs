//! `[delivery]`: how events are worked on.

use std::time::Duration;

use super::quantities;
use super::reader::Reader;

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

const NONE: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const MONTH: Duration = Duration::from_hours(30 * 24);

impl Delivery {
    pub(super) fn read(s: &mut Reader<'_>) -> Option<Self> {
        let guarantees = [("effectively-once", Guarantee::EffectivelyOnce), ("at-most-once", Guarantee::AtMostOnce)];
        let guarantee = s.word("guarantee", &guarantees);
        let max_attempts = s.integer("max_attempts", 1..=1_000).and_then(|n| u32::try_from(n).ok());
        let max_event_age = s.duration("max_event_age", Duration::from_mins(1)..=MONTH);
        let max_turns_in_flight = s.integer("max_turns_in_flight", 1..=1_024).and_then(|n| usize::try_from(n).ok());
        let quiet_period = s.duration("quiet_period", NONE..=Duration::from_mins(5));
        let quiet_period_max = s.duration("quiet_period_max", NONE..=HOUR);
        let email_delay = s.duration("email_delay", NONE..=HOUR);
        // Zero would let a probe conclude "never posted" before HubSpot shows what it accepted: two replies.
        let settle = s.duration("settle", SECOND..=Duration::from_mins(10));
        let on_unknown = s.word("on_unknown", &[("handoff", OnUnknown::Handoff), ("repost", OnUnknown::Repost)]);
        let sweep_interval = s.duration("sweep_interval", NONE..=24 * HOUR);
        let sweep_grace = s.duration("sweep_grace", NONE..=HOUR);
        let hold_probe = s.duration("hold_probe", SECOND..=HOUR);
        let max_replies_per_thread = s.parsed("max_replies_per_thread", quantities::reply_limit);
        let ages = s.section("max_reply_age", |s| {
            let (chat, email) = (s.duration("chat", SECOND..=MONTH), s.duration("email", SECOND..=MONTH));
            Some((chat?, email?))
        });
        Some(Self {
            guarantee: guarantee?,
            max_attempts: max_attempts?,
            max_event_age: max_event_age?,
            max_turns_in_flight: max_turns_in_flight?,
            quiet_period: quiet_period?,
            quiet_period_max: quiet_period_max?,
            email_delay: email_delay?,
            settle: settle?,
            on_unknown: on_unknown?,
            sweep_interval: sweep_interval?,
            sweep_grace: sweep_grace?,
            hold_probe: hold_probe?,
            max_replies_per_thread: max_replies_per_thread?,
            max_reply_age_chat: ages?.0,
            max_reply_age_email: ages?.1,
        })
    }
}
