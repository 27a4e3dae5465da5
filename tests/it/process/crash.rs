//! SIGKILL: between intent and result of the reply, and at random under load. Nothing is lost, nothing is said twice.

use std::collections::BTreeMap;

use hubspot_bridge::domain::ThreadId;
use hubspot_bridge::sandbox::portal::{Effect, Fault};
use serde_json::Value;

use super::desk::{Desk, MESSAGES, messages_of};

/// Kills the process while its reply is on the way, whether or not HubSpot took it.
async fn one_reply_after(effect: Effect, left: usize) {
    let mut desk = Desk::open().await;
    desk.portal.add_fault(Fault::times(1, "POST", MESSAGES, effect));
    let asked = desk.asks("How long does shipping take?");
    desk.called("POST", &messages_of(&asked.thread)).await;
    desk.bridge.kill().await;
    assert_eq!(desk.answers(&asked.thread).len(), left, "the fault did not do what this test is about");
    desk.bridge.start().await.unwrap();
    let events = desk.settled().await;
    assert_eq!(ending(&events, &asked.message.0), "replied");
    assert_eq!(desk.answers(&asked.thread).len(), 1, "exactly one reply");
}

fn ending<'a>(events: &'a [Value], message: &str) -> &'a str {
    let event = events.iter().find(|event| event["message_id"] == message);
    event.and_then(|event| event["outcome"].as_str()).unwrap_or("no such event")
}

#[tokio::test]
async fn killed_before_hubspot_got_the_reply_it_is_posted_once() {
    one_reply_after(Effect::Timeout { acted: false }, 0).await;
}

#[tokio::test]
async fn killed_after_hubspot_took_the_reply_it_is_not_posted_again() {
    one_reply_after(Effect::Timeout { acted: true }, 1).await;
}

/// `CRASH_ROUNDS` says how often (3), `CRASH_SEED` replays the draws.
#[tokio::test]
async fn random_kills_under_load_lose_nothing_and_repeat_nothing() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let rounds = number("CRASH_ROUNDS").unwrap_or(3);
    let seed = number("CRASH_SEED").unwrap_or_else(|| getrandom::u64().unwrap());
    let mut draw = fastrand::Rng::with_seed(seed);
    let mut desk = Desk::open().await;
    let mut asked: BTreeMap<ThreadId, String> = BTreeMap::new();
    for _ in 0..rounds {
        let calls = || desk.calls("GET", "/") + desk.calls("POST", "/");
        let before = calls();
        for _ in 0..4 {
            let posted = desk.asks("How long does shipping take?");
            asked.insert(posted.thread, posted.message.0);
        }
        // Somewhere in the middle of it: after so many calls to HubSpot.
        let more = draw.usize(1..25);
        desk.until("calls to HubSpot", async || calls() >= before + more || desk.portal.outstanding_events() == 0)
            .await;
        desk.bridge.kill().await;
        desk.bridge.start().await.unwrap();
    }
    let events = desk.settled().await;
    for (thread, message) in &asked {
        assert_eq!(ending(&events, message), "replied", "CRASH_SEED={seed}: {thread}\n{events:#?}");
        assert_eq!(desk.answers(thread).len(), 1, "CRASH_SEED={seed}: {thread}");
    }
}
