//! HubSpot in trouble: held connections, rate limits, passing faults, and the bounds of patience.

use std::time::Duration;

use hubspot_bridge::sandbox::portal::people::Customer;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault, Visibility};

use super::house::{House, acme, ended, shows_held};
use super::record;

fn status(code: u16, body: BodyKind) -> Effect {
    Effect::Status { code, body, retry_after: None, acted: false }
}

fn on_conversations(effect: Effect) -> Fault {
    Fault { route: "/conversations/**".into(), method: None, times: None, probability: None, effect }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_accepted_holds_its_connection_alone() {
    let mut house = House::new().await;
    house.portal.add_fault(on_conversations(status(401, BodyKind::ExpiredToken)));
    let asked = house.chat("Where is my parcel?");
    let other = house.beta.customer_chats(&Customer::default(), None, "Hello").unwrap();
    house.run_for(Duration::from_mins(5)).await;
    assert_eq!(house.outcome(&other.message).await, "replied", "other connections go on");
    let holds = house.life().store.holds().await.unwrap();
    assert_eq!(holds.len(), 1);
    assert_eq!(holds[0].connection.as_str(), "acme");
    assert!(holds[0].cause.starts_with("unauthorized"), "{holds:?}");
    assert!(shows_held(&house, "acme", "unauthorized").await);
    assert!(["pending", "running"].contains(&house.outcome(&asked.message).await.as_str()));

    house.portal.clear_faults();
    house.run_for(Duration::from_secs(32)).await;
    assert_eq!(house.outcome(&asked.message).await, "replied", "within `hold_probe`");
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
    assert!(house.life().store.holds().await.unwrap().is_empty());
    assert!(!shows_held(&house, "acme", "unauthorized").await);
    let found = house.life().ledger.find(asked.thread.as_str()).await.unwrap();
    assert_eq!(found.mailboxes[0].attempts, 0, "a hold is no failed attempt");
}

#[tokio::test(start_paused = true)]
async fn the_daily_limit_holds_and_passes() {
    let mut house = House::new().await;
    house.portal.add_fault(on_conversations(status(429, BodyKind::Daily)));
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_mins(5)).await;
    assert!(house.life().store.holds().await.unwrap()[0].cause.starts_with("daily_limit"));
    house.portal.clear_faults();
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_delays_and_loses_nothing() {
    for effect in [
        status(429, BodyKind::TenSecondly),
        status(429, BodyKind::Secondly),
        status(423, BodyKind::Standard),
        status(500, BodyKind::Standard),
        status(502, BodyKind::Html),
        Effect::Refuse,
        Effect::CutBefore,
        Effect::Timeout { acted: false },
    ] {
        let mut house = House::new().await;
        house.portal.add_fault(Fault { times: Some(4), ..on_conversations(effect.clone()) });
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "replied", "{effect:?}");
        assert_eq!(house.public_posts(&asked.thread).len(), 1, "{effect:?}");
        assert!(house.life().store.holds().await.unwrap().is_empty(), "{effect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn exhausted_attempts_go_to_a_human_if_one_can_be_told() {
    let mut house = House::with(|config| config.delivery.max_attempts = 4).await;
    // The answer cannot be posted; by the time a human is called, HubSpot works again.
    house.fault(4, "POST", record::MESSAGES, Effect::Refuse);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/outcome_unknown");
    assert!(house.public_posts(&asked.thread).is_empty());
    let comments = house.comments(&asked.thread);
    assert!(comments[0].contains("answer to: Where is my parcel?"), "the rep gets the words: {comments:?}");
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
}

#[tokio::test(start_paused = true)]
async fn without_a_comment_the_assignment_still_tells_a_human() {
    let mut house = House::with(|config| config.delivery.max_attempts = 4).await;
    house.portal.add_fault(Fault::times(10_000, "POST", record::MESSAGES, Effect::Refuse));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/outcome_unknown");
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
}

#[tokio::test(start_paused = true)]
async fn posts_whose_end_is_never_clear_come_to_an_end() {
    let mut house = House::with(|config| config.delivery.max_attempts = 4).await;
    house.portal.add_fault(Fault::times(10_000, "POST", record::MESSAGES, Effect::CutBefore));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/outcome_unknown");
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_held_back_for_too_long_goes_to_a_human() {
    let mut house = House::new().await;
    house.portal.add_fault(Fault::times(10_000, "POST", record::MESSAGES, status(401, BodyKind::Standard)));
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_mins(20)).await;
    house.portal.clear_faults();
    house.until_quiet().await;
    assert_eq!(house.agent.asked().len(), 1, "the answer was there all the time");
    assert_eq!(house.outcome(&asked.message).await, "handed_off/stale");
    assert!(house.public_posts(&asked.thread).is_empty());
    assert!(house.comments(&asked.thread)[0].contains("answer to: Where is my parcel?"));
}

#[tokio::test(start_paused = true)]
async fn exhausted_attempts_are_dead_when_nobody_can_be_told() {
    let mut house = House::with(|config| {
        config.delivery.max_attempts = 4;
        acme(config).ticketing.enabled = false;
    })
    .await;
    house.portal.add_fault(Fault::times(10_000, "POST", record::MESSAGES, Effect::Refuse));
    house.portal.add_fault(Fault::times(10_000, "PUT", record::ASSIGNEE, Effect::Refuse));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    let event = house.event(&asked.message).await;
    assert_eq!(ended(&event), "dead/attempts_exhausted");
    assert!(event.detail.unwrap().contains("last error"), "the detail holds the last error");
}

#[tokio::test(start_paused = true)]
async fn an_event_older_than_max_event_age_expires() {
    let mut house = House::new().await;
    house.portal.add_fault(on_conversations(status(401, BodyKind::Standard)));
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(5)).await;
    house.clock.jump(73 * 3_600_000);
    house.run_for(Duration::from_mins(2)).await;
    assert_eq!(house.outcome(&asked.message).await, "dead/expired");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_waited_too_long_goes_to_a_human_when_hubspot_is_back() {
    let mut house = House::new().await;
    house.portal.add_fault(on_conversations(status(401, BodyKind::Standard)));
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(5)).await;
    house.portal.clear_faults();
    house.clock.jump(73 * 3_600_000);
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/stale");
    assert!(house.public_posts(&asked.thread).is_empty());
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
}

/// The attempts are the mailbox's: those that older messages used up must not cost a young one its life.
#[tokio::test(start_paused = true)]
async fn a_message_not_shown_yet_is_waited_for_on_the_last_attempt_too() {
    let mut house = House::with(|config| config.delivery.max_attempts = 2).await;
    let message = "/conversations/v3/conversations/threads/*/messages/*";
    house.fault(2, "GET", message, status(504, BodyKind::Html));
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(3)).await;
    house.portal.set_visibility(Visibility { message_ms: 12_000, listing_ms: 12_000, ..Visibility::default() });
    let young = house.chat_on(&asked.thread, "The blue one");
    house.until_quiet().await;
    for id in [&asked.message, &young] {
        let ended = house.outcome(id).await;
        assert!(["handed_off/outcome_unknown", "merged"].contains(&ended.as_str()), "{ended}");
    }
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
}

/// HubSpot refuses to show a message by its id: the thread's newest page shows it as well.
#[tokio::test(start_paused = true)]
async fn a_message_refused_by_its_id_is_taken_from_its_thread() {
    let mut house = House::new().await;
    house.fault(10_000, "GET", record::MESSAGE, status(400, BodyKind::Standard));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread), ["answer to: Where is my parcel?"]);
}

/// Without it the AI would answer something else than was asked.
#[tokio::test(start_paused = true)]
async fn beside_a_message_that_cannot_be_read_at_all_a_human_gets_the_rest() {
    let mut house = House::new().await;
    house.portal.set_visibility(Visibility { listing_ms: 3_600_000, ..Visibility::default() });
    let asked = house.chat("Where is my parcel?");
    let blue = house.chat_on(&asked.thread, "The blue one");
    let refused = record::MESSAGE.replace("messages/*", &format!("messages/{}", blue.as_str()));
    house.fault(10_000, "GET", &refused, status(400, BodyKind::Standard));
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/rejected_by_hubspot");
    assert_eq!(house.outcome(&blue).await, "dead/rejected_by_hubspot");
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
    assert!(house.agent.asked().is_empty());
}
