//! A human takes over, and gives back.

use std::time::Duration;

use hubspot_bridge::agents::Speaker;
use hubspot_bridge::config::ReturnToAi;
use hubspot_bridge::domain::{SessionState, ThreadId};
use hubspot_bridge::sandbox::portal::Effect;
use hubspot_bridge::sandbox::portal::people::Posted;

use super::house::{House, acme};
use super::record;

/// A question the agent thinks about for a minute; ten seconds in.
async fn thinking() -> (House, Posted) {
    let mut house = House::new().await;
    house.agent.thinks_for(50);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    assert_eq!(house.agent.asked().len(), 1, "the agent thinks");
    (house, asked)
}

#[tokio::test(start_paused = true)]
async fn an_assignment_cancels_the_agent_in_mid_answer() {
    let (mut house, asked) = thinking().await;
    house.assign(&asked.thread, Some(&house.rep()));
    house.run_for(Duration::from_secs(2)).await;
    assert_eq!(house.agent.cancelled(), 1, "the agent's call was dropped at once");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "skipped/taken_over");
    assert!(house.public_posts(&asked.thread).is_empty());
    assert_eq!(house.session(&asked.thread).await.unwrap().state, SessionState::HandedOff);
    let next = house.chat_on(&asked.thread, "Thanks, Rita");
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "skipped/not_ai_owned");
}

#[tokio::test(start_paused = true)]
async fn a_reps_message_cancels_the_agent_in_mid_answer() {
    let (mut house, asked) = thinking().await;
    let rep = house.rep();
    let wrote = house.portal.rep_replies(&asked.thread, &rep, "I have it here").unwrap();
    house.run_for(Duration::from_secs(2)).await;
    assert_eq!(house.agent.cancelled(), 1);
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "skipped/taken_over");
    assert_eq!(house.outcome(&wrote.message).await, "skipped/sender_is_agent");
    assert!(house.public_posts(&asked.thread).is_empty());
    assert_eq!(house.session(&asked.thread).await.unwrap().state, SessionState::HandedOff);
    let next = house.chat_on(&asked.thread, "Thanks");
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "skipped/session_handed_off");
}

#[tokio::test(start_paused = true)]
async fn a_rep_who_answers_from_the_own_mailbox_takes_over_too() {
    let (mut house, asked) = thinking().await;
    let rep = house.rep();
    let wrote = house.portal.rep_replies_from_mailbox(&asked.thread, &rep, "I have it here").unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&wrote.message).await, "skipped/sender_is_internal");
    assert_eq!(house.outcome(&asked.message).await, "skipped/taken_over");
    assert!(house.public_posts(&asked.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_note_or_a_bot_does_not_take_over() {
    let (mut house, asked) = thinking().await;
    let rep = house.rep();
    house.portal.rep_comments(&asked.thread, &rep, "note").unwrap();
    house.portal.bot_says(&asked.thread, "beep").unwrap();
    house.until_quiet().await;
    assert_eq!(house.agent.cancelled(), 0);
    assert_eq!(house.outcome(&asked.message).await, "replied");
}

/// A conversation the agent handed off, with a customer's word meanwhile.
async fn handed_off(return_to_ai: ReturnToAi) -> (House, ThreadId) {
    let mut house = House::with(|config| acme(config).return_to_ai = return_to_ai).await;
    house.agent.hands_off(None);
    let thread = house.chat("A person, please").thread;
    house.until_quiet().await;
    let meanwhile = house.chat_on(&thread, "Still there?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&meanwhile).await, "skipped/not_ai_owned");
    house.run_for(Duration::from_mins(1)).await;
    (house, thread)
}

/// The next question is answered, alone, with what was said meanwhile as history.
async fn assert_back(mut house: House, thread: ThreadId) {
    house.until_quiet().await;
    assert!(house.public_posts(&thread).is_empty(), "what was skipped is not answered late");
    let next = house.chat_on(&thread, "A new question");
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "replied");
    assert_eq!(house.public_posts(&thread), ["answer to: A new question"]);
    let history: Vec<_> = house.agent.last_question().history;
    assert!(history.iter().any(|said| said.by == Speaker::Customer && said.text == "Still there?"), "{history:?}");
}

#[tokio::test(start_paused = true)]
async fn assignment_to_the_ai_user_gives_it_back() {
    let (house, thread) = handed_off(ReturnToAi::Never).await;
    house.assign(&thread, Some(&house.ai()));
    assert_back(house, thread).await;
}

/// HubSpot has assigned the thread and is slow to say so; a rep, or a workflow, is quicker.
#[tokio::test(start_paused = true)]
async fn it_is_given_back_before_the_handoff_has_ended() {
    let mut house = House::new().await;
    house.fault(1, "PUT", record::ASSIGNEE, Effect::Delay { ms: 5_000 });
    house.agent.hands_off(None);
    let asked = house.chat("A person, please");
    let human = house.default_user().to_string();
    house.run_until("it is assigned", |house| house.owner(&asked.thread).as_deref() == Some(&*human)).await;
    house.assign(&asked.thread, Some(&house.ai()));
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    let next = house.chat_on(&asked.thread, "A new question");
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn closing_gives_it_back_when_the_owner_lets_go() {
    let (mut house, thread) = handed_off(ReturnToAi::OnClose).await;
    let rep = house.rep();
    house.portal.set_closed(&thread, true, &rep).unwrap();
    house.until_quiet().await;
    house.assign(&thread, None);
    assert_back(house, thread).await;
}

#[tokio::test(start_paused = true)]
async fn closing_gives_nothing_back_when_told_never() {
    let (mut house, thread) = handed_off(ReturnToAi::Never).await;
    let rep = house.rep();
    house.portal.set_closed(&thread, true, &rep).unwrap();
    house.assign(&thread, None);
    house.until_quiet().await;
    let next = house.chat_on(&thread, "A new question");
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "skipped/session_handed_off");
}

#[tokio::test(start_paused = true)]
async fn a_thread_left_unassigned_stays_with_the_human() {
    let (mut house, thread) = handed_off(ReturnToAi::OnClose).await;
    house.assign(&thread, None);
    house.until_quiet().await;
    let next = house.chat_on(&thread, "A new question");
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "skipped/session_handed_off");
}

#[tokio::test(start_paused = true)]
async fn an_operator_gives_it_back() {
    let (mut house, thread) = handed_off(ReturnToAi::Never).await;
    house.assign(&thread, None);
    house.until_quiet().await;
    house.operator(&thread, "resume").await;
    assert_back(house, thread).await;
}
