//! A rep's words on a bad day: crashes, unclear ends, an agent that is busy, fails or hangs.

use std::time::Duration;

use hubspot_bridge::agents::{Class, Effect};
use hubspot_bridge::config::Guarantee;

use super::super::agent::Carry;
use super::super::house::House;
use super::RETRY;

#[tokio::test(start_paused = true)]
async fn a_crash_after_the_intent_before_the_agent_took_it() {
    let mut house = House::new().await;
    let thread = house.handed_off().await;
    house.agent.carries(Carry::Hang(Duration::from_secs(10)));
    let rep = house.rep();
    let wrote = house.portal.rep_replies(&thread, &rep, "I have it here").unwrap();
    house.run_until("the relay", |h| h.agent.relay_calls().0 == 1).await;
    house.crash_and_restart().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&wrote.message).await, "relayed");
    assert_eq!(house.relayed(), ["I have it here"]);
    assert_eq!(house.agent.relay_calls().0, 2);
}

#[tokio::test(start_paused = true)]
async fn a_crash_after_the_agent_took_it() {
    let mut house = House::new().await;
    let thread = house.handed_off().await;
    house.agent.carries(Carry::TakeSlowly(Duration::from_secs(10)));
    let rep = house.rep();
    let wrote = house.portal.rep_replies(&thread, &rep, "I have it here").unwrap();
    house.run_until("the relay", |h| h.agent.relay_calls().0 == 1).await;
    house.crash_and_restart().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&wrote.message).await, "relayed");
    assert_eq!(house.relayed(), ["I have it here"], "not twice");
    assert_eq!(house.agent.relay_calls(), (1, 1), "its record was asked");
}

#[tokio::test(start_paused = true)]
async fn a_crash_when_at_most_once_is_asked_for() {
    let mut house = House::with(|config| config.delivery.guarantee = Guarantee::AtMostOnce).await;
    let thread = house.handed_off().await;
    house.agent.carries(Carry::Hang(Duration::from_secs(10)));
    let rep = house.rep();
    let wrote = house.portal.rep_replies(&thread, &rep, "I have it here").unwrap();
    house.run_until("the relay", |h| h.agent.relay_calls().0 == 1).await;
    house.crash_and_restart().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&wrote.message).await, "dead/interrupted");
    assert_eq!(house.agent.relay_calls().0, 1);
}

#[tokio::test(start_paused = true)]
async fn an_unclear_end_is_looked_up_before_anything_is_sent_again() {
    for (carry, calls) in [(Carry::TakeAndFail(Effect::Unclear, RETRY), 1), (Carry::Fail(Effect::Unclear, RETRY), 2)] {
        let mut house = House::new().await;
        let thread = house.handed_off().await;
        house.agent.carries(carry);
        assert_eq!(house.reply(&thread, "I have it here").await.0, "relayed");
        assert_eq!(house.relayed(), ["I have it here"]);
        assert_eq!(house.agent.relay_calls().0, calls);
    }
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_and_a_busy_agent_are_waited_for() {
    let mut house = House::new().await;
    let thread = house.handed_off().await;
    house.agent.carries(Carry::Fail(Effect::NotSent, RETRY));
    house.agent.carries(Carry::Fail(Effect::NotSent, RETRY));
    for _ in 0..10 {
        house.agent.carries(Carry::Fail(Effect::NotSent, Class::Busy { after: Duration::from_secs(40) }));
    }
    assert_eq!(house.reply(&thread, "I have it here").await.0, "relayed");
    assert_eq!(house.relayed(), ["I have it here"]);
    assert_eq!(house.agent.relay_calls(), (13, 0), "waiting counts as no failure");
}

#[tokio::test(start_paused = true)]
async fn a_failing_agent_does_not_block_the_conversation() {
    let hangs = Carry::Hang(Duration::from_hours(1));
    for (carry, doubt) in [(Carry::Fail(Effect::NotSent, RETRY), false), (hangs, true)] {
        let mut house = House::new().await;
        let thread = house.handed_off().await;
        for _ in 0..20 {
            house.agent.carries(carry.clone());
        }
        let before = house.portal.now();
        let (ended, detail) = house.reply(&thread, "I have it here").await;
        assert_eq!(ended, "skipped/sender_is_agent");
        assert!(detail.contains("did not get it: the agent relay failed"), "{detail}");
        assert_eq!(detail.contains("whether it arrived is not known"), doubt, "{detail}");
        assert!(house.portal.now().since(before) < Duration::from_mins(5));
        assert!(house.relayed().is_empty());
        assert_eq!(house.agent.relay_calls().0, 5);
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_in_the_same_turn_does_not_wait_for_a_failing_agent() {
    let mut house = House::new().await;
    let thread = house.handed_off().await;
    house.run_for(Duration::from_mins(1)).await;
    for _ in 0..20 {
        house.agent.carries(Carry::Fail(Effect::NotSent, RETRY));
    }
    let rep = house.rep();
    let wrote = house.portal.rep_replies(&thread, &rep, "Back to the machine").unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    house.assign(&thread, Some(&house.ai()));
    let asked = house.chat_on(&thread, "And my parcel?");
    house.run_until("the answer", |h| !h.public_posts(&thread).is_empty()).await;
    assert_eq!(house.outcome(&wrote.message).await, "running", "its words are still on the way");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked).await, "replied");
    assert_eq!(house.outcome(&wrote.message).await, "skipped/sender_is_agent");
    assert_eq!(house.public_posts(&thread), ["answer to: And my parcel?"]);
}
