//! Giving a conversation to a human: by the agent's wish, or because the AI cannot answer it.

use std::time::Duration;

use hubspot_bridge::agents::{Class, Effect as Heard};
use hubspot_bridge::config::{OnAgentFailure, ReplyLimit};
use hubspot_bridge::domain::{SessionState, ThreadId};
use hubspot_bridge::sandbox::portal::seed::WHATSAPP_ACCOUNT;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect};

use super::agent::Move;
use super::house::{House, acme, mail};
use super::record;

const MARKER: &str = "🔄 AI decided to handoff";

impl House {
    /// One handoff comment with these words, the owner's name, the session's state.
    async fn assert_handed_over(&self, thread: &ThreadId, words: &[&str], owner: Option<&str>) {
        let comments = self.comments(thread);
        assert_eq!(comments.len(), 1, "{comments:?}");
        assert!(comments[0].starts_with(MARKER), "{comments:?}");
        for word in words {
            assert!(comments[0].contains(word), "{word} is missing in {comments:?}");
        }
        assert_eq!(self.owner(thread).as_deref(), owner);
        assert_eq!(self.session(thread).await.unwrap().state, SessionState::HandedOff);
    }
}

fn status(code: u16, body: BodyKind) -> Effect {
    Effect::Status { code, body, retry_after: None, acted: false }
}

#[tokio::test(start_paused = true)]
async fn by_the_agents_wish_words_first_then_the_comment_then_the_owner() {
    let mut house = House::new().await;
    house.agent.hands_off(Some("I pass you on."));
    let asked = house.chat("A person, please");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert_eq!(house.public_posts(&asked.thread), ["I pass you on."]);
    let words = ["Reason: wants a person", "Sentiment: angry", "Language: de", "Summary: The parcel is late."];
    let to = house.default_user();
    house.assert_handed_over(&asked.thread, &words, Some(to.as_str())).await;
    let items = record::thread(&house.portal, &asked.thread)["messages"].as_array().unwrap().clone();
    let kinds: Vec<&str> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["MESSAGE", "MESSAGE", "COMMENT", "ASSIGNMENT"]);
}

#[tokio::test(start_paused = true)]
async fn a_default_user_who_is_the_ai_leaves_it_unassigned() {
    let mut house = House::with(|config| {
        let ai = acme(config).ai_user_id.clone();
        acme(config).default_user_id = Some(ai);
    })
    .await;
    house.agent.hands_off(None);
    let asked = house.chat("A person, please");
    house.assign(&asked.thread, Some(&house.ai()));
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    house.assert_handed_over(&asked.thread, &[], None).await;
    let second = house.chat_on(&asked.thread, "Hello?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&second).await, "skipped/session_handed_off");
}

#[tokio::test(start_paused = true)]
async fn a_portal_without_the_assignee_call() {
    for code in [404, 405] {
        let mut house = House::new().await;
        house.fault(100, "PUT", record::ASSIGNEE, status(code, BodyKind::Standard));
        house.agent.hands_off(None);
        let asked = house.chat("A person, please");
        house.until_quiet().await;
        let event = house.event(&asked.message).await;
        assert_eq!(super::house::ended(&event), "handed_off");
        assert!(event.detail.as_deref().unwrap().contains("assignment"), "{code}: {:?}", event.detail);
        house.assert_handed_over(&asked.thread, &[], None).await;
    }
}

#[tokio::test(start_paused = true)]
async fn messages_too_old_for_a_late_answer() {
    let mut house = House::new().await;
    house.crash().await;
    let chat = house.chat("Hello?");
    let fresh = house.mail("carla@elsewhere.example", "My order", "Where?");
    house.run_for(Duration::from_mins(16)).await;
    house.start().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&chat.message).await, "handed_off/stale");
    assert!(house.public_posts(&chat.thread).is_empty());
    let to = house.default_user();
    house.assert_handed_over(&chat.thread, &[], Some(to.as_str())).await;
    assert_eq!(house.outcome(&fresh.message).await, "replied", "mail may be answered for 12 h");

    house.crash().await;
    let old = house.mail("carla@elsewhere.example", "My order", "Where?");
    tokio::time::sleep(Duration::from_hours(13)).await;
    house.start().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&old.message).await, "handed_off/stale");
    assert!(house.public_posts(&old.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_loop_is_cut() {
    let limit = ReplyLimit { count: 3, window: Duration::from_mins(10) };
    let mut house = House::with(|config| config.delivery.max_replies_per_thread = limit).await;
    let thread = house.chat("echo").thread;
    house.until_quiet().await;
    for _ in 0..3 {
        house.chat_on(&thread, "echo");
        house.until_quiet().await;
    }
    assert_eq!(house.outcomes(&thread).await, ["replied", "replied", "replied", "handed_off/reply_limit"]);
    assert_eq!(house.public_posts(&thread).len(), 3);
    let to = house.default_user();
    house.assert_handed_over(&thread, &[], Some(to.as_str())).await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_hubspot_cannot_send_on() {
    let mut house = House::new().await;
    let mut whatsapp = mail("carla@elsewhere.example", "", "Hello");
    whatsapp.account = Some(WHATSAPP_ACCOUNT.to_owned());
    let asked = house.portal.customer_emails(&whatsapp).unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/channel_cannot_send");
    assert!(house.agent.asked().is_empty());
    let to = house.default_user();
    house.assert_handed_over(&asked.thread, &[], Some(to.as_str())).await;
}

#[tokio::test(start_paused = true)]
async fn a_post_that_hubspot_refuses() {
    for (effect, reason) in [
        (status(400, BodyKind::Standard), "rejected_by_hubspot"),
        (status(403, BodyKind::MissingScopes), "missing_scope"),
    ] {
        let mut house = House::new().await;
        house.fault(1, "POST", record::MESSAGES, effect);
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, format!("handed_off/{reason}"));
        assert!(house.public_posts(&asked.thread).is_empty());
        let to = house.default_user();
        let words = ["answer to: Where is my parcel?"];
        house.assert_handed_over(&asked.thread, &words, Some(to.as_str())).await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_scope_to_write_it_is_dead_and_says_so() {
    let mut house = House::with(|config| acme(config).ticketing.enabled = false).await;
    house.portal.set_scope("conversations.write", false);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    let event = house.event(&asked.message).await;
    assert_eq!(super::house::ended(&event), "dead/missing_scope");
    assert!(event.detail.unwrap().contains("conversations.write"));
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_fails_every_attempt() {
    for (setting, outcome) in [
        (OnAgentFailure::Handoff, "handed_off/agent_failed"),
        (OnAgentFailure::Draft, "drafted/agent_failed"),
        (OnAgentFailure::Silent, "dead/agent_failed"),
    ] {
        let mut house = House::with(|config| acme(config).on_agent_failure = setting).await;
        house.agent.fails(3);
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, outcome);
        assert_eq!(house.agent.asked().len(), 3);
        assert!(house.public_posts(&asked.thread).is_empty(), "an agent's error is never posted");
        let comments = house.comments(&asked.thread);
        assert!(comments.iter().all(|comment| !comment.contains("answered 500")), "{comments:?}");
        assert_eq!(comments.len(), usize::from(setting != OnAgentFailure::Silent));
        let handed = setting == OnAgentFailure::Handoff;
        assert_eq!(house.owner(&asked.thread).is_some(), handed);
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_fails_twice_answers_the_third_time() {
    let mut house = House::new().await;
    house.agent.fails(2);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread), ["answer to: Where is my parcel?"]);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_cannot_succeed_is_asked_once() {
    let mut house = House::new().await;
    house.agent.next(Move::Fail(Heard::NotSent, Class::Permanent));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/agent_failed");
    assert_eq!(house.agent.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_never_answers_meets_its_time_limit() {
    let mut house = House::with(|config| acme(config).agent.timeout = Duration::from_secs(30)).await;
    house.agent.thinks_for(3_600);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/agent_failed");
    assert_eq!(house.agent.cancelled(), 3);
}

#[tokio::test(start_paused = true)]
async fn given_back_an_agent_with_a_memory_begins_anew() {
    let mut house = House::new().await;
    house.agent.remembers();
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    house.agent.hands_off(None);
    house.chat_on(&asked.thread, "A person, please");
    house.until_quiet().await;
    let before = house.session(&asked.thread).await.unwrap();
    assert!(!before.agent_session_over);
    house.assign(&asked.thread, Some(&house.ai()));
    house.until_quiet().await;
    assert!(house.session(&asked.thread).await.unwrap().agent_session_over, "on its side a human has it for good");
    house.chat_on(&asked.thread, "And now?");
    house.until_quiet().await;
    let after = house.session(&asked.thread).await.unwrap();
    assert!(!after.agent_session_over);
    assert_eq!(house.agent.opened(), 2, "a second session of its own");
    assert_eq!(house.agent.last_question().agent_session_id.as_deref(), Some("agent-session-2"));
}
