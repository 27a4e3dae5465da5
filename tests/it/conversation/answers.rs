//! A question and its answer, in chat and by e-mail, alone and in a burst.

use std::time::Duration;

use hubspot_bridge::agents::Decision;
use hubspot_bridge::domain::{Object, SessionState};
use serde_json::json;

use super::house::House;
use super::record;

#[tokio::test(start_paused = true)]
async fn a_question_is_answered_once_in_the_name_of_the_ai_user() {
    let mut house = House::new().await;
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    house.run_for(Duration::from_mins(10)).await;

    assert_eq!(house.outcome(&asked.message).await, "replied");
    let posts = record::by_us(&house.portal, &asked.thread, "MESSAGE");
    assert_eq!(record::texts(&posts), ["answer to: Where is my parcel?"]);
    let (post, question) = (&posts[0], &record::thread(&house.portal, &asked.thread)["messages"][0]);
    assert_eq!(post["createdBy"], house.ai().as_str());
    assert_eq!(post["senders"][0]["actorId"], house.ai().as_str());
    assert_eq!(post["channelId"], question["channelId"]);
    assert_eq!(post["channelAccountId"], question["channelAccountId"]);
    assert_eq!(post["recipients"][0]["actorId"], question["senders"][0]["actorId"]);
    assert_eq!(post["recipients"][0]["deliveryIdentifier"], question["senders"][0]["deliveryIdentifier"]);
    assert!(post["richText"].as_str().unwrap().contains("<!-- OpenCX-AI-Response -->"), "{post}");
    assert!(!post["text"].as_str().unwrap().contains("OpenCX"), "{post}");
    assert!(house.comments(&asked.thread).is_empty());
    let session = house.session(&asked.thread).await.unwrap();
    assert_eq!(session.state, SessionState::Ai);
    assert_eq!(session.answered_through.unwrap().message, asked.message);
    assert_eq!(house.agent.asked().len(), 1);
    assert_eq!(
        house.outcomes_of(Object::Thread(asked.thread)).await,
        [
            "conversation.newMessage replied",
            "delivery_check status_recorded",
            "conversation.newMessage skipped/own_message"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_burst_without_end_is_answered_after_quiet_period_max() {
    let mut house = House::new().await;
    let asked = house.chat("word 0");
    for word in 1..15 {
        house.run_for(Duration::from_secs(1)).await;
        house.chat_on(&asked.thread, &format!("word {word}"));
    }
    assert_eq!(house.public_posts(&asked.thread).len(), 1, "answered after 10 s though the customer types on");
    house.until_quiet().await;
    let outcomes = house.outcomes(&asked.thread).await;
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "replied").count(), 2, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "merged").count(), 13, "{outcomes:?}");
}

#[tokio::test(start_paused = true)]
async fn mail_waits_email_delay_and_is_answered_with_its_subject() {
    let mut house = House::new().await;
    let asked = house.mail("carla@elsewhere.example", "My order", "Where is it?");
    house.run_for(Duration::from_millis(4_800)).await;
    assert!(house.agent.asked().is_empty(), "asked before delivery.email_delay");
    house.until_quiet().await;

    assert_eq!(house.outcome(&asked.message).await, "replied");
    let post = &record::by_us(&house.portal, &asked.thread, "MESSAGE")[0];
    assert_eq!(post["subject"], "Re: My order");
    assert_eq!(
        post["recipients"][0]["deliveryIdentifier"],
        json!({"type": "HS_EMAIL_ADDRESS", "value": "carla@elsewhere.example"})
    );
    assert_eq!(post["recipients"][0]["recipientField"], "TO");
    let found = house.life().ledger.find(asked.thread.as_str()).await.unwrap();
    assert_eq!(found.mailboxes[0].attempts, 0, "waiting is no failed attempt");
}

#[tokio::test(start_paused = true)]
async fn nothing_to_say_is_an_outcome_too() {
    let mut house = House::new().await;
    house.agent.says(Decision::Nothing);
    let asked = house.chat("Thanks!");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "no_reply_needed");
    assert!(house.public_posts(&asked.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_second_question_carries_the_first_as_history() {
    let mut house = House::new().await;
    let asked = house.chat("First?");
    house.until_quiet().await;
    let second = house.chat_on(&asked.thread, "Second?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&second).await, "replied");
    let question = house.agent.last_question();
    let history: Vec<&str> = question.history.iter().map(|said| said.text.as_str()).collect();
    assert_eq!(history, ["First?", "answer to: First?"]);
    assert_eq!(house.public_posts(&asked.thread), ["answer to: First?", "answer to: Second?"]);
}
