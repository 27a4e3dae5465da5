//! Every effect once: crashes and unclear ends around each step, joins of newer messages.

use std::time::Duration;

use hubspot_bridge::agents::{Answer, Class, Decision, Effect as Heard, Recall};
use hubspot_bridge::config::OnUnknown;
use hubspot_bridge::sandbox::portal::people::Posted;
use hubspot_bridge::sandbox::portal::{BodyKind, DeliveryFaults, Effect, Ending, Visibility};

use super::agent::Move;
use super::house::House;
use super::record;

const POSTS: &str = "/messages";

impl House {
    /// A question whose reply meets this fault; the post has been tried.
    async fn post_meets(&mut self, effect: Effect) -> Posted {
        self.fault(1, "POST", record::MESSAGES, effect);
        let asked = self.chat("Where is my parcel?");
        self.run_until("the post", |h| record::calls(&h.portal, "POST", POSTS) == 1).await;
        asked
    }

    async fn assert_replied_once(&mut self, asked: &Posted) {
        self.until_quiet().await;
        self.run_for(Duration::from_mins(5)).await;
        self.until_quiet().await;
        assert_eq!(self.outcome(&asked.message).await, "replied");
        assert_eq!(self.public_posts(&asked.thread), ["answer to: Where is my parcel?"]);
        assert!(self.comments(&asked.thread).is_empty());
        assert_eq!(self.agent.asked().len(), 1, "the recorded answer is used");
    }

    /// No webhook reaches the bridge from now on.
    fn lose_webhooks(&self) {
        self.portal.set_delivery_faults(DeliveryFaults { lose: 1.0, ..DeliveryFaults::default() });
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_after_the_intent_before_the_portal_got_it() {
    let mut house = House::new().await;
    let asked = house.post_meets(Effect::Timeout { acted: false }).await;
    house.crash_and_restart().await;
    house.assert_replied_once(&asked).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_after_the_portal_got_it() {
    let mut house = House::new().await;
    let asked = house.post_meets(Effect::Timeout { acted: true }).await;
    house.crash_and_restart().await;
    house.assert_replied_once(&asked).await;
    assert_eq!(record::calls(&house.portal, "POST", POSTS), 1, "found, not posted again");
}

#[tokio::test(start_paused = true)]
async fn a_crash_while_the_portal_is_slow_and_its_echo_is_lost() {
    let mut house = House::new().await;
    house.fault(1, "POST", record::MESSAGES, Effect::Delay { ms: 8_000 });
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(1)).await;
    house.lose_webhooks();
    house.run_until("the post", |h| record::calls(&h.portal, "POST", POSTS) == 1).await;
    house.crash_and_restart().await;
    house.assert_replied_once(&asked).await;
}

#[tokio::test(start_paused = true)]
async fn an_unclear_end_though_the_portal_acted() {
    for effect in [
        Effect::Status { code: 500, body: BodyKind::Standard, retry_after: None, acted: true },
        Effect::Status { code: 502, body: BodyKind::Html, retry_after: None, acted: true },
        Effect::CutAfter,
        Effect::Timeout { acted: true },
    ] {
        let mut house = House::new().await;
        let asked = house.post_meets(effect).await;
        house.assert_replied_once(&asked).await;
        assert_eq!(record::calls(&house.portal, "POST", POSTS), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unclear_end_without_effect_is_posted_once_after_settle() {
    for effect in [
        Effect::Status { code: 500, body: BodyKind::Standard, retry_after: None, acted: false },
        Effect::CutBefore,
        Effect::Timeout { acted: false },
    ] {
        let mut house = House::new().await;
        let asked = house.post_meets(effect).await;
        house.run_for(Duration::from_secs(29)).await;
        assert!(house.public_posts(&asked.thread).is_empty(), "not before `settle` is over");
        house.assert_replied_once(&asked).await;
        assert_eq!(record::calls(&house.portal, "POST", POSTS), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_that_never_left_is_simply_made_again() {
    let mut house = House::new().await;
    let asked = house.post_meets(Effect::Refuse).await;
    house.run_for(Duration::from_secs(5)).await;
    assert_eq!(house.public_posts(&asked.thread).len(), 1, "nothing to wait for");
    house.assert_replied_once(&asked).await;
}

#[tokio::test(start_paused = true)]
async fn a_list_that_shows_our_post_only_after_a_while() {
    let mut house = House::new().await;
    house.portal.set_visibility(Visibility { message_ms: 0, listing_ms: 25_000, ..Visibility::default() });
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(1)).await;
    house.lose_webhooks();
    house.fault(1, "POST", record::MESSAGES, Effect::CutAfter);
    house.assert_replied_once(&asked).await;
    assert_eq!(record::calls(&house.portal, "POST", POSTS), 1, "found once it is shown, within `settle`");
}

#[tokio::test(start_paused = true)]
async fn the_echo_tells_of_our_post_before_the_list_does() {
    let mut house = House::new().await;
    // Longer than `settle`: the list alone would say that nothing was posted.
    house.portal.set_visibility(Visibility { message_ms: 0, listing_ms: 300_000, ..Visibility::default() });
    let asked = house.post_meets(Effect::CutAfter).await;
    house.assert_replied_once(&asked).await;
    assert_eq!(record::calls(&house.portal, "POST", POSTS), 1);
}

/// HubSpot made other words of our post, so that nobody can say whether it is ours: a colleague's app shares the actor.
async fn inconclusive(on_unknown: OnUnknown) -> (House, Posted) {
    let mut house = House::with(|config| config.delivery.on_unknown = on_unknown).await;
    let asked = house.post_meets(Effect::Timeout { acted: false }).await;
    house.post_as_our_app(&asked, "other words");
    (house, asked)
}

impl House {
    /// Our app posts as the AI, past the bridge.
    fn post_as_our_app(&self, asked: &Posted, text: &str) {
        let question = record::thread(&self.portal, &asked.thread)["messages"][0].clone();
        let body = serde_json::json!({
            "type": "MESSAGE", "text": text, "richText": text, "senderActorId": self.ai().as_str(),
            "channelId": question["channelId"], "channelAccountId": question["channelAccountId"],
            "recipients": [{"actorId": question["senders"][0]["actorId"], "recipientField": "TO",
                "deliveryIdentifier": question["senders"][0]["deliveryIdentifier"]}],
        });
        let path = format!("/conversations/v3/conversations/threads/{}/messages", asked.thread);
        let request = http::Request::post(path)
            .header("authorization", format!("Bearer {}", self.portal.seed().token))
            .body(bytes::Bytes::from(body.to_string()))
            .unwrap();
        let Ending::Answer(answer) = self.portal.handle(&request).ending else { panic!("no answer") };
        assert_eq!(answer.status(), 201);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_known_goes_to_a_human_with_the_withheld_words() {
    let (mut house, asked) = inconclusive(OnUnknown::Handoff).await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/outcome_unknown");
    assert_eq!(house.public_posts(&asked.thread), ["other words"]);
    let comments = house.comments(&asked.thread);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("answer to: Where is my parcel?"), "{comments:?}");
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_known_is_posted_again_when_told_so() {
    let (mut house, asked) = inconclusive(OnUnknown::Repost).await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread), ["other words", "answer to: Where is my parcel?"]);
}

#[tokio::test(start_paused = true)]
async fn a_handoff_comment_whose_end_is_unclear_is_posted_once() {
    for acted in [true, false] {
        let mut house = House::new().await;
        house.agent.hands_off(None);
        let asked = house.post_meets(Effect::Timeout { acted }).await;
        house.crash_and_restart().await;
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "handed_off");
        assert_eq!(house.comments(&asked.thread).len(), 1, "acted: {acted}");
        assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_with_a_memory_is_not_told_twice_after_a_crash() {
    let mut house = House::new().await;
    house.agent.remembers();
    house.agent.thinks_for(30);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    house.agent.recalls(Recall::Answered(Answer::new(Decision::Reply { text: "It ships today".to_owned() })));
    house.crash_and_restart().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread), ["It ships today"]);
    assert_eq!((house.agent.asked().len(), house.agent.recalled()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_agent_with_a_memory_that_has_not_answered_yet_is_looked_at_again() {
    let mut house = House::new().await;
    house.agent.remembers();
    house.agent.next(Move::Fail(Heard::Unclear, Class::Retry { after: None }));
    house.agent.recalls(Recall::Unanswered);
    house.agent.recalls(Recall::Answered(Answer::new(Decision::Reply { text: "It ships today".to_owned() })));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread), ["It ships today"]);
    assert_eq!((house.agent.asked().len(), house.agent.recalled()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn newer_words_join_once_while_an_agent_without_memory_thinks() {
    let mut house = House::new().await;
    house.agent.thinks_for(20);
    let asked = house.chat("One");
    house.run_for(Duration::from_secs(5)).await;
    house.chat_on(&asked.thread, "Two");
    house.run_for(Duration::from_secs(5)).await;
    house.chat_on(&asked.thread, "Three");
    house.until_quiet().await;
    assert_eq!(house.outcomes(&asked.thread).await, ["merged", "replied", "replied"]);
    assert_eq!(house.public_posts(&asked.thread), ["answer to: One + Two", "answer to: Three"]);
    assert_eq!(house.agent.cancelled(), 1);
}

#[tokio::test(start_paused = true)]
async fn newer_words_wait_for_an_agent_with_a_memory() {
    let mut house = House::new().await;
    house.agent.remembers();
    house.agent.thinks_for(20);
    let asked = house.chat("One");
    house.run_for(Duration::from_secs(5)).await;
    house.chat_on(&asked.thread, "Two");
    house.until_quiet().await;
    assert_eq!(house.outcomes(&asked.thread).await, ["replied", "replied"]);
    assert_eq!(house.public_posts(&asked.thread), ["answer to: One", "answer to: Two"]);
    assert_eq!(house.agent.cancelled(), 0);
}

#[tokio::test(start_paused = true)]
async fn newer_words_never_join_after_the_reply_was_intended() {
    let mut house = House::new().await;
    house.fault(1, "POST", record::MESSAGES, Effect::Delay { ms: 6_000 });
    let asked = house.chat("One");
    let thread = asked.thread.clone();
    house.run_until("the post", |h| h.public_posts(&thread).len() == 1).await;
    house.chat_on(&asked.thread, "Two");
    house.until_quiet().await;
    assert_eq!(house.outcomes(&asked.thread).await, ["replied", "replied"]);
    assert_eq!(house.public_posts(&asked.thread), ["answer to: One", "answer to: Two"]);
}

#[tokio::test(start_paused = true)]
async fn words_that_hubspot_shows_only_after_the_answer_wait_for_their_own() {
    let mut house = House::new().await;
    let asked = house.chat("One");
    house.portal.set_visibility(Visibility { message_ms: 50_000, listing_ms: 50_000, ..Visibility::default() });
    house.chat_on(&asked.thread, "Two");
    house.portal.set_visibility(Visibility::default());
    // The answer is posted and the end of it unclear, so that the run that looks for it sees both.
    house.fault(1, "POST", record::MESSAGES, Effect::CutAfter);
    house.run_until("the post", |h| record::calls(&h.portal, "POST", POSTS) == 1).await;
    house.until_quiet().await;
    assert_eq!(house.agent.asked(), [["One"], ["Two"]]);
    assert_eq!(house.public_posts(&asked.thread), ["answer to: One", "answer to: Two"]);
    assert_eq!(house.outcomes(&asked.thread).await, ["replied", "replied"]);
}
