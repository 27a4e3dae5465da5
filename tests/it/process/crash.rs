//! SIGKILL: between intent and result of the reply, and at random under load. Nothing is lost, nothing is said twice.

use hubspot_bridge::sandbox::portal::{Effect, Fault, Limits};

use serde_json::{Value, json};

use super::desk::{Desk, MESSAGES, ended, messages_of};

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
    assert_eq!(ended(&events, &asked.message), "replied");
    assert_eq!(desk.answers(&asked.thread).len(), 1, "exactly one reply");
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
    // Every start reads anew what the one before knew: the rate limit is not what this is about.
    desk.portal.set_limits(Limits { burst: 100_000, ..Limits::default() });
    for round in 0..rounds {
        let asked: Vec<_> = (0..4).map(|_| desk.asks("How long does shipping take?")).collect();
        let handed: Vec<_> = (0..2).map(|_| desk.asks("I want to talk to a human")).collect();
        for _ in 0..draw.usize(1..=3) {
            // Somewhere in the middle of it: after so many calls to HubSpot.
            let calls = || desk.calls("GET", "/") + desk.calls("POST", "/");
            let at = calls() + draw.usize(0..40);
            let all_said = || asked.iter().chain(&handed).all(|asked| !desk.answers(&asked.thread).is_empty());
            desk.until("calls to HubSpot", async || calls() >= at || all_said()).await;
            desk.bridge.kill().await;
            desk.bridge.start().await.unwrap();
        }
        let events = desk.settled().await;
        for asked in &asked {
            let found = (ended(&events, &asked.message), desk.answers(&asked.thread).len());
            assert_eq!(
                found,
                ("replied".to_owned(), 1),
                "CRASH_SEED={seed}, round {round}, {}: {events:#?}",
                asked.thread
            );
        }
        for asked in &handed {
            let about = |ticket: &Value| ticket["associations"]["conversations"] == json!([asked.thread.as_str()]);
            let made = [
                desk.answers(&asked.thread).len(),
                desk.tickets_made().iter().filter(|ticket| about(ticket)).count(),
                desk.items(&asked.thread, "COMMENT").len(),
                desk.items(&asked.thread, "ASSIGNMENT").len(),
            ];
            let found = (ended(&events, &asked.message), made);
            let expected = ("handed_off".to_owned(), [1; 4]);
            assert_eq!(found, expected, "CRASH_SEED={seed}, round {round}, {}: {events:#?}", asked.thread);
        }
    }
}
