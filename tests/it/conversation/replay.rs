//! An operator's replay and skip, through the admin API, and what the conversation makes of them.

use std::time::Duration;

use axum::body::Body;
use hubspot_bridge::agents::Class;
use hubspot_bridge::config::OnAgentFailure;
use hubspot_bridge::domain::{EventKind, MessageId, Object};
use hubspot_bridge::sandbox::portal::people::Posted;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use hubspot_bridge::store::request::ActionKind;
use hubspot_bridge::store::types::EventFilter;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::agent::Move;
use super::house::{House, acme, get};
use super::record;

impl House {
    pub async fn post_api(&self, path: &str, body: Value) -> (u16, Value) {
        let request = http::Request::post(format!("/api/v1{path}")).header("host", "127.0.0.1:8081");
        let request = request.header("x-operator", "ada").body(Body::from(body.to_string())).unwrap();
        let answer = self.life().admin.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// Replays the event of a message: the status, and the state or the error's code.
    async fn replays(&self, message: &MessageId, force: bool) -> (u16, String) {
        let id = self.event(message).await.id;
        let (status, body) = self.post_api(&format!("/events/{id}/replay"), json!({ "force": force })).await;
        let word = body["state"].as_str().or_else(|| body["error"]["code"].as_str()).unwrap();
        (status, word.to_owned())
    }
}

/// A question that died because the agent failed.
async fn dead() -> (House, Posted) {
    let mut house = House::with(|config| acme(config).on_agent_failure = OnAgentFailure::Silent).await;
    house.agent.next(Move::Fail(hubspot_bridge::agents::Effect::NotSent, Class::Permanent));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "dead/agent_failed");
    (house, asked)
}

fn waits() -> (u16, String) {
    (202, "pending".to_owned())
}

#[tokio::test(start_paused = true)]
async fn what_died_is_answered_once_under_its_own_id_with_all_its_runs() {
    let (mut house, asked) = dead().await;
    let before = house.event(&asked.message).await;
    assert_eq!(house.replays(&asked.message, false).await, waits());
    assert_eq!(house.replays(&asked.message, false).await, (409, "conflict".to_owned()), "it waits already");
    house.until_quiet().await;
    let after = house.event(&asked.message).await;
    assert_eq!((after.id, after.attempts, after.seen), (before.id, 1, before.seen));
    assert_eq!(house.outcome(&asked.message).await, "replied");
    let (_, shown) = get(&house, &format!("/api/v1/events/{}", after.id)).await;
    let steps: Vec<&str> =
        shown["runs"].as_array().unwrap().iter().map(|run| run["steps"][0]["status"].as_str().unwrap()).collect();
    assert_eq!(steps, ["not_sent", "done"], "the failed question is still told");

    assert_eq!(house.replays(&asked.message, false).await, (409, "already_answered".to_owned()));
    assert_eq!(house.replays(&asked.message, true).await, waits());
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "drafted");
    assert_eq!(house.replays(&asked.message, false).await, (409, "already_answered".to_owned()));
    assert_eq!((house.public_posts(&asked.thread).len(), house.comments(&asked.thread).len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn force_answers_what_nobody_answered() {
    let (mut house, asked) = dead().await;
    assert_eq!(house.replays(&asked.message, true).await, waits());
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied", "a draft is for what was answered");
}

#[tokio::test(start_paused = true)]
async fn a_replay_never_talks_over_a_human() {
    let (mut house, asked) = dead().await;
    house.assign(&asked.thread, Some(&house.rep()));
    house.until_quiet().await;
    for force in [false, true] {
        assert_eq!(house.replays(&asked.message, force).await, waits());
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "skipped/not_ai_owned");
    }

    let (mut house, asked) = dead().await;
    let rep = house.rep();
    house.portal.rep_replies(&asked.thread, &rep, "I have it here").unwrap();
    house.until_quiet().await;
    assert_eq!(house.replays(&asked.message, false).await, waits());
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "skipped/session_handed_off");

    let (mut house, asked) = dead().await;
    house.operator(&asked.thread, "pause").await;
    house.until_quiet().await;
    assert_eq!(house.replays(&asked.message, false).await, waits());
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "skipped/session_paused");
    assert!(house.public_posts(&asked.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_merged_or_an_earlier_unanswered_message_is_answered_too() {
    let (mut house, first) = dead().await;
    let second = house.chat_on(&first.thread, "Hello?");
    let third = house.chat_on(&first.thread, "Anybody?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&second).await, "merged");
    assert_eq!(house.outcome(&third).await, "replied");
    for message in [&first.message, &second, &third] {
        assert_eq!(house.replays(message, false).await, (409, "already_answered".to_owned()));
    }
    assert_eq!(house.replays(&first.message, true).await, waits());
    house.until_quiet().await;
    assert_eq!(house.outcome(&first.message).await, "drafted");
    assert_eq!(house.public_posts(&first.thread).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_forced_replay_leaves_a_new_message_its_answer() {
    let mut house = House::new().await;
    let old = house.chat("Where is my parcel?");
    house.until_quiet().await;
    // Both wait until HubSpot takes the token again.
    let effect = Effect::Status { code: 401, body: BodyKind::ExpiredToken, retry_after: None, acted: false };
    house.portal.add_fault(Fault {
        route: "/conversations/**".into(),
        method: None,
        times: None,
        probability: None,
        effect,
    });
    let new = house.chat_on(&old.thread, "And my invoice?");
    house.run_for(Duration::from_secs(10)).await;
    assert_eq!(house.replays(&old.message, true).await, waits());
    house.portal.clear_faults();
    house.until_quiet().await;
    assert_eq!(house.outcome(&new).await, "replied");
    assert_eq!(house.outcome(&old.message).await, "drafted");
    assert_eq!((house.public_posts(&old.thread).len(), house.comments(&old.thread).len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_forced_replay_does_not_join_an_answer_under_way() {
    let mut house = House::new().await;
    let old = house.chat("Where is my parcel?");
    house.until_quiet().await;
    house.agent.thinks_for(30);
    let new = house.chat_on(&old.thread, "And my invoice?");
    house.run_for(Duration::from_secs(10)).await;
    assert_eq!(house.replays(&old.message, true).await, waits());
    let more = house.chat_on(&old.thread, "The one of May");
    house.until_quiet().await;
    assert_eq!([house.outcome(&new).await, house.outcome(&more).await], ["merged", "replied"]);
    assert_eq!(house.outcome(&old.message).await, "drafted");
    assert_eq!(house.public_posts(&old.thread).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_may_stand_is_not_made_again() {
    // The customer is told that a person comes, and then nobody can be told of it.
    let mut house = House::with(|config| acme(config).ticketing.enabled = false).await;
    house.agent.hands_off(Some("A colleague will answer you."));
    house.fault(1, "POST", record::MESSAGES, Effect::Delay { ms: 2_000 });
    let asked = house.chat("A person, please");
    let thread = asked.thread.clone();
    house.run_until("the words", |house| house.public_posts(&thread).len() == 1).await;
    let no = Effect::Status { code: 400, body: BodyKind::Standard, retry_after: None, acted: false };
    house.portal.add_fault(Fault::times(10_000, "POST", record::MESSAGES, no.clone()));
    house.portal.add_fault(Fault::times(10_000, "PUT", record::ASSIGNEE, no));
    house.until_quiet().await;
    let ended = house.outcome(&asked.message).await;
    house.portal.clear_faults();
    assert!(ended.starts_with("dead/"), "{ended}");
    assert!(house.session(&thread).await.unwrap().answered_through.is_some(), "whoever asks for it next");
    assert_eq!(house.replays(&asked.message, false).await, (409, "already_answered".to_owned()));
    assert_eq!(house.replays(&asked.message, true).await, waits());
    house.until_quiet().await;
    assert_eq!((house.outcome(&asked.message).await.as_str(), house.public_posts(&thread).len()), ("drafted", 1));
}

#[tokio::test(start_paused = true)]
async fn what_expired_gets_a_fresh_life_and_what_is_stale_a_human() {
    let (mut house, asked) = dead().await;
    let age = house.config.delivery.max_event_age + Duration::from_hours(1);
    tokio::time::sleep(age).await;
    assert_eq!(house.replays(&asked.message, false).await, waits());
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/stale", "not dead for its age, but not answered late");
}

#[tokio::test(start_paused = true)]
async fn a_ticket_change_is_read_as_it_is_now() {
    let mut house = House::new().await;
    let (thread, ticket) = house.desk("carla@elsewhere.example").await;
    house.change(&ticket, "hs_ticket_priority", "HIGH");
    house.until_quiet().await;
    let events = house.events(hubspot_bridge::store::types::EventFilter {
        object: Some(Object::Ticket(ticket.clone())),
        ..Default::default()
    });
    let id = events.await.pop().unwrap().id;
    let key = house.custom_data(&thread).await.into_iter().find(|(_, value)| value == "HIGH").unwrap().0;
    house.portal.set_target(None);
    house.change(&ticket, "hs_ticket_priority", "LOW");
    assert_eq!(house.custom_data(&thread).await[&key], "HIGH");
    let (status, _) = house.post_api(&format!("/events/{id}/replay"), json!({})).await;
    assert_eq!(status, 202);
    house.run_for(Duration::from_mins(1)).await;
    assert_eq!(house.custom_data(&thread).await[&key], "LOW");
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_and_done_is_not_done_again() {
    let mut house = House::new().await;
    let thread = house.chat("Where is my parcel?").thread;
    house.until_quiet().await;
    for action in ["handoff", "resume", "pause"] {
        house.operator(&thread, action).await;
        house.until_quiet().await;
    }
    let filter = EventFilter { object: Some(Object::Thread(thread.clone())), ..Default::default() };
    let mut requests = house.events(filter).await;
    requests.retain(|event| matches!(event.kind, EventKind::Action | EventKind::HandoffRequest));
    assert_eq!(requests.len(), 3);
    for request in requests {
        let (status, body) = house.post_api(&format!("/events/{}/replay", request.id), json!({})).await;
        let words = body["error"]["message"].as_str().unwrap();
        assert!(status == 409 && words.contains("ask for it anew"), "{body}");
    }
}

/// HubSpot took the answer without saying so, and the turn ended before anybody looked.
#[tokio::test(start_paused = true)]
async fn a_reply_that_may_stand_in_the_trash_is_not_made_again() {
    let mut house = House::new().await;
    house.fault(1, "POST", record::MESSAGES, Effect::Timeout { acted: true });
    let asked = house.chat("Where is my parcel?");
    let thread = asked.thread.clone();
    house.run_until("the post", |house| house.public_posts(&thread).len() == 1).await;
    house.portal.set_archived(&thread, true).unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "skipped/thread_archived");
    house.portal.set_archived(&thread, false).unwrap();
    assert_eq!(house.replays(&asked.message, false).await, (409, "already_answered".to_owned()));
    house.asks(Object::Thread(thread.clone()), ActionKind::Send).await;
    house.until_quiet().await;
    assert_eq!(house.public_posts(&thread).len(), 1, "nor when it is sent to the AI");
    assert_eq!(house.replays(&asked.message, true).await, waits());
    house.until_quiet().await;
    assert_eq!((house.outcome(&asked.message).await.as_str(), house.public_posts(&thread).len()), ("drafted", 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_human_answered_before_the_ai_got_it_back_is_not_answered_late() {
    for answers in [true, false] {
        let (mut house, asked) = dead().await;
        let rep = house.rep();
        house.assign(&asked.thread, Some(&rep));
        house.run_for(Duration::from_secs(5)).await;
        if answers {
            house.portal.rep_replies(&asked.thread, &rep, "It comes tomorrow").unwrap();
            house.run_for(Duration::from_secs(5)).await;
        }
        house.assign(&asked.thread, Some(&house.ai()));
        house.until_quiet().await;
        assert_eq!(house.replays(&asked.message, false).await, waits());
        house.until_quiet().await;
        let (ended, posts) = if answers { ("skipped/already_answered", 0) } else { ("replied", 1) };
        assert_eq!(house.outcome(&asked.message).await, ended);
        assert_eq!(house.public_posts(&asked.thread).len(), posts);
        assert_eq!(house.replays(&asked.message, true).await, waits());
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "drafted");
        assert_eq!(house.public_posts(&asked.thread).len(), posts);
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_under_way_is_neither_skipped_nor_replayed() {
    let mut house = House::new().await;
    house.agent.thinks_for(30);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_millis(200)).await;
    let id = house.event(&asked.message).await.id;
    house.run_for(Duration::from_secs(10)).await;
    for act in ["skip", "replay"] {
        let (status, body) = house.post_api(&format!("/events/{id}/{act}"), json!({})).await;
        assert_eq!(status, 409);
        assert!(body["error"]["message"].as_str().unwrap().contains("being worked on"), "{body}");
    }
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");

    let next = house.chat_on(&asked.thread, "Never mind");
    house.run_for(Duration::from_millis(200)).await;
    let id = house.event(&next).await.id;
    let (status, body) = house.post_api(&format!("/events/{id}/skip"), json!({})).await;
    assert_eq!((status, &body["reason"]), (200, &json!("skipped_by_operator")));
    let counted =
        "bridge_events_finished_total{connection=\"acme\",outcome=\"skipped\",reason=\"skipped_by_operator\"}";
    assert_eq!(house.metric(counted).as_deref(), Some("1"));
    house.until_quiet().await;
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
}
