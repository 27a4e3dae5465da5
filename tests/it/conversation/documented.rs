//! What `docs/handoff.md` shows of a handoff is what the reps see.

use std::collections::BTreeMap;

use hubspot_bridge::agents::{Answer, Decision};

use super::agent::Move;
use super::house::House;

const DOCUMENT: &str = include_str!("../../../docs/handoff.md");

#[tokio::test(start_paused = true)]
async fn the_comment_of_the_page_is_what_the_reps_see() {
    let mut house = House::new().await;
    house.agent.next(Move::Say(Answer {
        decision: Decision::Handoff { words: None, reason: "the customer wants a replacement".to_owned() },
        sentiment: Some("angry".to_owned()),
        language: Some("en".to_owned()),
        summary: Some("Order 1042 arrived with a broken foot.".to_owned()),
        custom_data: BTreeMap::new(),
    }));
    let asked = house.mail("anna@elsewhere.example", "Order 1042", "It arrived broken.");
    house.until_quiet().await;
    let session = house.session(&asked.thread).await.unwrap();
    let shown = DOCUMENT.split_once("\n```text comment\n").unwrap().1.split_once("\n```").unwrap().0;
    let shown = shown.replace("9043871", asked.thread.as_str()).replace("55120", session.ticket_id.unwrap().as_str());
    assert_eq!(house.comments(&asked.thread), [shown]);
}
