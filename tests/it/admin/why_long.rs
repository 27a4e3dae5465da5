//! `why` of long conversations: what decided things is told, what is left out is said.

use hubspot_bridge::domain::{Reason, Schedule, State};
use hubspot_bridge::store::request::{self, DeliveryCheck};
use hubspot_bridge::store::{Batch, Store as _};
use serde_json::Value;

use super::house::{House, START, message_event};

/// An internal comment, settled as it came in.
async fn comment(house: &House, name: &str) {
    let mut event = message_event("t1", name);
    event.message_type = Some("COMMENT".to_owned());
    event.ended = Some((State::Skipped, Reason::InternalComment));
    house.store.append(Batch { events: vec![event], dirty: Vec::new() }).await.unwrap();
    house.clock.jump(1_000);
}

fn lines(story: &Value) -> Vec<&str> {
    story["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn comments_do_not_push_the_answer_out_of_the_story() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| ending).await;
    let later = Schedule::At(START.after(std::time::Duration::from_hours(1)));
    let check = request::delivery_check("acme".into(), "t1".into(), &DeliveryCheck::first(&"posted-1".into()), later);
    house.store.append(Batch { events: vec![check], dirty: Vec::new() }).await.unwrap();
    for n in 0..40 {
        comment(&house, &format!("c{n}")).await;
    }
    let (_, story) = house.get("/api/v1/why/t1").await;
    assert_eq!(
        lines(&story).iter().filter(|line| line.contains("internal comment (")).count(),
        40,
        "of few all is told"
    );
    for n in 40..70 {
        comment(&house, &format!("c{n}")).await;
    }
    let (_, story) = house.get("/api/v1/why/t1").await;
    let lines = lines(&story);
    assert!(lines.contains(&"Answered in the conversation (evt_1)."), "{lines:?}");
    assert!(story["next"]["what"].as_str().unwrap().contains("a look whether the reply was delivered"), "{story}");
    let left = "70 internal comments and echoes were left out. All of them: `hubspot-bridge events list --thread t1`, or \
                Events in the console.";
    assert_eq!(lines.last(), Some(&left));
    let page = crate::console::browser::get(&house.router, "/why?id=t1").await;
    page.shows(&["href=\"/events?connection=acme&amp;thread=t1\"", "70 internal comments and echoes were left out."]);
}

#[tokio::test]
async fn what_is_older_than_the_story_is_said_to_be_left_out_and_what_is_open_is_not() {
    let house = House::new("").await;
    let later = Schedule::At(START.after(std::time::Duration::from_hours(1)));
    let check = request::delivery_check("acme".into(), "t1".into(), &DeliveryCheck::first(&"p0".into()), later);
    house.store.append(Batch { events: vec![check], dirty: Vec::new() }).await.unwrap();
    for n in 0..55 {
        house.message("t1", &format!("m{n}")).await;
        house.turn(|ending| ending).await;
        house.clock.jump(1_000);
    }
    let (_, story) = house.get("/api/v1/why/t1").await;
    let lines = lines(&story);
    let left = "What is older of thread t1 is left out. All of them: `hubspot-bridge events list --thread t1`, or Events in \
                the console.";
    assert_eq!((lines.len(), lines.last()), (200, Some(&left)));
    assert!(story["next"]["what"].as_str().unwrap().contains("a look whether the reply was delivered"), "{story}");
    assert!(!story.to_string().contains("message m0,") && story.to_string().contains("message m54,"), "{lines:?}");
}
