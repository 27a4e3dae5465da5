//! At most once for those who want it; panics and drains.

use std::time::Duration;

use hubspot_bridge::config::Guarantee;
use hubspot_bridge::sandbox::portal::Effect;

use super::agent::Move;
use super::house::House;
use super::record;

#[tokio::test(start_paused = true)]
async fn at_most_once_a_crash_in_a_turn_interrupts_it() {
    let mut house = House::with(|config| config.delivery.guarantee = Guarantee::AtMostOnce).await;
    house.agent.thinks_for(30);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    house.crash_and_restart().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "dead/interrupted");
    assert_eq!(house.agent.asked().len(), 1);
    assert!(house.public_posts(&asked.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn at_most_once_an_unclear_post_is_not_made_again() {
    let mut house = House::with(|config| config.delivery.guarantee = Guarantee::AtMostOnce).await;
    house.fault(1, "POST", record::MESSAGES, Effect::CutBefore);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/outcome_unknown");
    assert!(house.public_posts(&asked.thread).is_empty());
    assert_eq!(house.comments(&asked.thread).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_panics_is_caught_counted_and_tried_again() {
    let mut house = House::new().await;
    house.agent.next(Move::Panic);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
    assert_eq!(house.metric("bridge_turn_panics_total").as_deref(), Some("1"));
    let history = house.life().ledger.event(house.event(&asked.message).await.id).await.unwrap().unwrap();
    assert!(history.runs[0].note.as_deref().unwrap().contains("panicked"), "{:?}", history.runs[0]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_always_panics_ends_too() {
    let mut house = House::with(|config| config.delivery.max_attempts = 3).await;
    for _ in 0..10 {
        house.agent.next(Move::Panic);
    }
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/agent_failed");
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
    assert!(house.public_posts(&asked.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_the_turns_in_flight_and_takes_no_new_ones() {
    let mut house = House::new().await;
    house.agent.thinks_for(5);
    let first = house.chat("First");
    house.run_for(Duration::from_secs(3)).await;
    house.life().stop.cancel();
    let second = house.chat("Second");
    house.run_for(Duration::from_secs(4)).await;
    assert_eq!(house.outcome(&first.message).await, "replied");
    assert_eq!(house.outcome(&second.message).await, "pending", "stored, but left to the next process");
    house.drain().await;
    assert_eq!(house.agent.asked().len(), 1);
    house.start().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&second.message).await, "replied");
}
