//! Assist mode: the reps get drafts, the customer gets nothing.

use std::time::Duration;

use hubspot_bridge::domain::{Mode, SessionPatch, ThreadId};
use hubspot_bridge::sandbox::portal::Effect;
use hubspot_bridge::store::{SessionChange, SessionKey};

use super::house::{House, acme};
use super::record;

impl House {
    async fn set_mode(&self, thread: &ThreadId, mode: Mode) {
        let session = self.session(thread).await.unwrap();
        let patch = SessionPatch { mode: Some(mode), ..SessionPatch::default() };
        let change =
            SessionChange { key: SessionKey::Id(session.id), version: session.version, patch, followups: Vec::new() };
        self.life().store.patch_session(change).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_reps_get_a_draft_whoever_owns_the_conversation() {
    let mut house = House::with(|config| acme(config).mode = Mode::Assist).await;
    let asked = house.chat("Where is my parcel?");
    house.assign(&asked.thread, Some(&house.rep()));
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "drafted");
    assert!(house.public_posts(&asked.thread).is_empty());
    let comments = house.comments(&asked.thread);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("answer to: Where is my parcel?"), "{comments:?}");
    assert_eq!(house.owner(&asked.thread), Some(house.rep().to_string()), "nothing changes hands");

    let rep = house.rep();
    house.portal.rep_replies(&asked.thread, &rep, "It ships today").unwrap();
    let second = house.chat_on(&asked.thread, "And the other one?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&second).await, "drafted", "reps are expected to write");
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_hand_off_is_a_draft_too() {
    let mut house = House::with(|config| acme(config).mode = Mode::Assist).await;
    house.agent.hands_off(Some("I pass you on."));
    let asked = house.chat("A person, please");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "drafted");
    assert!(house.public_posts(&asked.thread).is_empty());
    assert_eq!(house.owner(&asked.thread), None);
}

#[tokio::test(start_paused = true)]
async fn the_more_cautious_of_session_and_settings_is_in_force() {
    let mut house = House::new().await;
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.set_mode(&thread, Mode::Assist).await;
    let second = house.chat_on(&thread, "And?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&second).await, "drafted");
    assert_eq!(house.public_posts(&thread), ["answer to: Hello"]);
    house.set_mode(&thread, Mode::Autopilot).await;
    let third = house.chat_on(&thread, "Really?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&third).await, "replied");

    let mut house = House::with(|config| acme(config).mode = Mode::Assist).await;
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.set_mode(&thread, Mode::Autopilot).await;
    let second = house.chat_on(&thread, "And?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&second).await, "drafted", "the settings are more cautious");
    assert!(house.public_posts(&thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn turning_to_assist_while_the_agent_thinks_stops_the_public_post() {
    let mut house = House::new().await;
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.agent.thinks_for(20);
    let second = house.chat_on(&thread, "And?");
    house.run_for(Duration::from_secs(10)).await;
    house.set_mode(&thread, Mode::Assist).await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&second).await, "drafted");
    assert_eq!(house.public_posts(&thread), ["answer to: Hello"]);
    assert_eq!(house.comments(&thread).len(), 1);
    assert_eq!(house.agent.asked().len(), 2, "the answer is kept, not asked for again");
}

#[tokio::test(start_paused = true)]
async fn turning_to_assist_after_the_post_adds_no_draft() {
    let mut house = House::new().await;
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.fault(1, "POST", record::MESSAGES, Effect::Delay { ms: 5_000 });
    let second = house.chat_on(&thread, "And?");
    let before = thread.clone();
    house.run_until("the reply is in the thread", |h| h.public_posts(&before).len() == 2).await;
    house.set_mode(&thread, Mode::Assist).await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&second).await, "replied");
    assert!(house.comments(&thread).is_empty());
}
