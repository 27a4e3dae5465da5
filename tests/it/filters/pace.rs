//! Too late, too early, too often.

use std::time::Duration;

use hubspot_bridge::config::{Delivery, Guarantee, OnUnknown, ReplyLimit};
use hubspot_bridge::domain::{Channel, SessionState};
use hubspot_bridge::filters::pace::{is_loop, is_stale, waits_until};

use super::build::{at, session};

fn delivery() -> Delivery {
    Delivery {
        guarantee: Guarantee::EffectivelyOnce,
        max_attempts: 12,
        max_event_age: Duration::from_hours(72),
        max_turns_in_flight: 64,
        quiet_period: Duration::from_millis(1500),
        quiet_period_max: Duration::from_secs(10),
        email_delay: Duration::from_secs(5),
        settle: Duration::from_secs(30),
        on_unknown: OnUnknown::Handoff,
        sweep_interval: Duration::from_mins(2),
        sweep_grace: Duration::from_secs(30),
        hold_probe: Duration::from_secs(30),
        max_replies_per_thread: ReplyLimit { count: 3, window: Duration::from_mins(10) },
        max_reply_age_chat: Duration::from_mins(15),
        max_reply_age_email: Duration::from_hours(12),
    }
}

#[test]
fn chats_grow_stale_sooner_than_mail() {
    let quarter = 15 * 60_000;
    for (channel, age, stale) in [
        (Channel::Chat, quarter, false),
        (Channel::Chat, quarter + 1, true),
        (Channel::Email, quarter + 1, false),
        (Channel::Email, 12 * 3_600_000 + 1, true),
        (Channel::Form, quarter + 1, false),
        (Channel::Whatsapp, quarter + 1, true),
        (Channel::Chat, -5_000, false),
    ] {
        assert_eq!(is_stale(&delivery(), channel, at(0), at(age)), stale, "{channel:?} after {age} ms");
    }
}

#[test]
fn only_mail_waits_its_delay() {
    assert_eq!(waits_until(&delivery(), Channel::Email, at(0), at(1)), Some(at(5_000)));
    assert_eq!(waits_until(&delivery(), Channel::Email, at(0), at(5_000)), None);
    assert_eq!(waits_until(&delivery(), Channel::Chat, at(0), at(1)), None);
}

#[test]
fn a_loop_is_cut_at_the_limit_within_the_window() {
    let limit = delivery().max_replies_per_thread;
    let mut one = session(SessionState::Ai);
    one.replies = vec![at(0), at(1)];
    assert!(!is_loop(Some(&one), limit, at(2)));
    one.replies.push(at(2));
    assert!(is_loop(Some(&one), limit, at(3)));
    assert!(!is_loop(Some(&one), limit, at(600_000)), "the first reply left the window");
    assert!(!is_loop(None, limit, at(0)));
}
