//! Cases a review found: each was wrong once.

use std::time::Duration;

use hubspot_bridge::agents::{Answer, Decision, Recall};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault, Visibility};

use super::house::{House, mail};
use super::record;

fn status(code: u16, body: BodyKind) -> Effect {
    Effect::Status { code, body, retry_after: None, acted: false }
}

#[tokio::test(start_paused = true)]
async fn a_pause_in_the_same_turn_as_the_message_silences_it() {
    let mut house = House::new().await;
    let first = house.mail("ann@elsewhere.example", "Parcel", "Where is it?");
    house.until_quiet().await;
    let mut again = mail("ann@elsewhere.example", "Parcel", "And the other one?");
    again.thread = Some(first.thread.0.clone());
    let asked = house.portal.customer_emails(&again).unwrap();
    house.run_for(Duration::from_secs(2)).await;
    house.operator(&first.thread, "pause").await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "skipped/session_paused");
    assert_eq!(house.public_posts(&first.thread).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_resume_in_the_same_turn_as_the_message_counts_for_it() {
    let mut house = House::new().await;
    house.agent.hands_off(None);
    let first = house.chat("A person, please");
    house.until_quiet().await;
    house.assign(&first.thread, Some(&house.ai()));
    house.until_quiet().await;
    house.operator(&first.thread, "pause").await;
    house.until_quiet().await;
    house.portal.add_fault(Fault::times(6, "GET", "/conversations/**", status(500, BodyKind::Standard)));
    house.operator(&first.thread, "resume").await;
    let asked = house.chat_on(&first.thread, "Are you there?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn a_handoff_never_takes_the_thread_from_the_rep_who_claimed_it() {
    let mut house = House::new().await;
    house.agent.hands_off(None);
    house.fault(1, "PUT", record::ASSIGNEE, status(500, BodyKind::Standard));
    let asked = house.chat("A person, please");
    house.run_until("the comment", |house| !house.comments(&asked.thread).is_empty()).await;
    house.assign(&asked.thread, Some(&house.rep()));
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert_eq!(house.owner(&asked.thread), Some(house.rep().to_string()));
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_hubspot_does_not_show_yet_is_waited_for() {
    let mut house = House::new().await;
    house.portal.set_visibility(Visibility { object_ms: 8_000, ..Visibility::default() });
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_asks_for_no_pause_gets_one() {
    let mut house = House::new().await;
    let effect = Effect::Status { code: 503, body: BodyKind::Standard, retry_after: Some(0), acted: false };
    house.portal.add_fault(Fault::times(10_000, "GET", "/conversations/**", effect));
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    house.portal.clear_faults();
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn an_outage_costs_nobody_an_answer() {
    let mut house = House::new().await;
    house.portal.add_fault(Fault::times(1_000_000, "GET", "/**", Effect::Refuse));
    let asked = house.mail("ann@elsewhere.example", "Parcel", "Where is it?");
    house.run_for(Duration::from_hours(2)).await;
    house.portal.clear_faults();
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn a_restart_does_not_fail_an_agent_that_still_thinks() {
    let mut house = House::new().await;
    house.agent.remembers();
    house.agent.thinks_for(20);
    let asked = house.chat("Where is my parcel?");
    house.run_until("the question", |house| !house.agent.asked().is_empty()).await;
    for _ in 0..4 {
        house.agent.recalls(Recall::Unanswered);
    }
    house.agent.recalls(Recall::Answered(Answer::new(Decision::Reply { text: "On its way.".to_owned() })));
    house.crash_and_restart().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread), ["On its way."]);
    assert_eq!(house.agent.asked().len(), 1, "it was not told twice");
}

#[tokio::test(start_paused = true)]
async fn the_agents_own_session_survives_a_retried_post() {
    let mut house = House::new().await;
    house.agent.remembers();
    house.fault(1, "POST", record::MESSAGES, status(429, BodyKind::TenSecondly));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    let session = house.session(&asked.thread).await.unwrap();
    assert!(session.agent_session_id.is_some(), "the next question must reach the same conversation");
}

#[tokio::test(start_paused = true)]
async fn one_strange_answer_buries_nothing() {
    let mut house = House::new().await;
    house.fault(1, "GET", "/conversations/v3/conversations/threads/*", status(200, BodyKind::Html));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn one_unreadable_thread_hides_no_other_from_the_sweep() {
    let mut house = House::new().await;
    assert!(house.portal.set_subscription("conversation.newMessage", false));
    let hidden = house.chat("one");
    let seen = house.chat("two");
    let route = format!("/conversations/v3/conversations/threads/{}/messages", hidden.thread);
    house.portal.add_fault(Fault::times(10_000, "GET", &route, status(403, BodyKind::UserLost)));
    house.run_for(Duration::from_mins(6)).await;
    assert_eq!(house.outcome(&seen.message).await, "replied");
}
