//! Replay and skip through the API: one, many, refused.

use axum::http::StatusCode;
use hubspot_bridge::domain::{Ending, Reason, State};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Batch, Claim, Finish, Ledger, Store};
use serde_json::{Value, json};
use std::time::Duration;

use super::house::{House, message_event};

/// So many messages of as many threads, all dead.
async fn dead(count: usize) -> House {
    let house = House::new("").await;
    for n in 1..=count {
        house.message(&format!("t{n}"), &format!("m{n}")).await;
    }
    bury(&house, count).await;
    house
}

async fn bury(house: &House, count: usize) {
    let lane = hubspot_bridge::domain::Lane::Conversation;
    let claim = Claim { lane, n: count, ttl: Duration::from_mins(1), sharers: Vec::new() };
    for lease in house.store.claim(claim).await.unwrap() {
        let turn = house.store.open_turn(&lease).await.unwrap().unwrap();
        let endings = turn.events.iter().map(|event| Ending::dead(event.id, Reason::AgentFailed)).collect();
        house.store.finish(&lease, Finish { endings, ..Finish::default() }).await.unwrap();
    }
}

async fn waiting(house: &House) -> usize {
    let filter = EventFilter { state: Some(State::Pending), ..EventFilter::default() };
    house.store.events(filter, None, 200).await.unwrap().items.len()
}

async fn replay(house: &House, body: Value) -> (StatusCode, Value) {
    house.send("POST", "/api/v1/events/replay", body.to_string()).await
}

fn error(status: StatusCode, answer: &Value) -> (u16, &str, &str) {
    let word = |key: &str| answer["error"][key].as_str().unwrap();
    (status.as_u16(), word("code"), word("message"))
}

#[tokio::test]
async fn one_event_waits_again_and_is_shown_with_its_runs() {
    let house = dead(1).await;
    let (status, answer) = house.send("POST", "/api/v1/events/evt_1/replay", "").await;
    assert_eq!((status, &answer["state"], &answer["reason"]), (StatusCode::ACCEPTED, &json!("pending"), &Value::Null));
    assert_eq!((answer["runs"].as_array().unwrap().len(), &answer["attempts"]), (1, &json!(0)));
    let (status, answer) = house.send("POST", "/api/v1/events/evt_1/replay", r#"{"force": true}"#).await;
    assert_eq!(error(status, &answer).0, 409);
    let (status, answer) = house.send("POST", "/api/v1/events/evt_1/skip", "").await;
    assert_eq!((status, &answer["reason"]), (StatusCode::OK, &json!("skipped_by_operator")));
    let (status, answer) = house.send("POST", "/api/v1/events/evt_1/skip", "{}").await;
    assert_eq!(
        error(status, &answer),
        (409, "conflict", "evt_1 does not wait, it is skipped; only a waiting event can be skipped")
    );
}

#[tokio::test]
async fn an_answered_one_is_refused_with_a_word_about_force() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house
        .turn(|ending| Ending {
            reason: Some(Reason::AlreadyAnswered),
            outcome: hubspot_bridge::domain::Outcome::Skipped,
            ..ending
        })
        .await;
    let (status, answer) = house.send("POST", "/api/v1/events/evt_1/replay", "{}").await;
    assert_eq!(error(status, &answer).0, 409);
    assert_eq!(answer["error"]["code"], "already_answered");
    assert!(answer["error"]["fix"].as_str().unwrap().contains("`force`"), "{answer}");
}

#[tokio::test]
async fn what_is_not_there_or_says_something_else_is_refused() {
    let house = dead(1).await;
    for (path, body, expected) in [
        ("events/evt_9/replay", "", 404),
        ("events/nonsense/replay", "", 404),
        ("events/evt_9/skip", "", 404),
        ("events/evt_1/replay", r#"{"force": "yes"}"#, 400),
        ("events/evt_1/replay", r#"{"forse": true}"#, 400),
        ("events/evt_1/skip", r#"{"force": true}"#, 400),
        ("events/replay", "", 400),
        ("events/replay", r#"{"limit": 10, "force": true}"#, 400),
        ("events/replay", r#"{"connection": ""}"#, 400),
        ("events/replay", r#"{"state": "asleep"}"#, 400),
        ("events/replay", r#"{"state": "pending"}"#, 400),
        ("events/replay", r#"{"state": "running"}"#, 400),
        ("events/replay", r#"{"state": "dead", "limit": 201}"#, 400),
        ("events/replay", r#"{"state": ["dead"]}"#, 400),
        ("events/replay", r#"{"state": "dead", "all": true}"#, 400),
    ] {
        let (status, answer) = house.send("POST", &format!("/api/v1/{path}"), body).await;
        assert_eq!(status.as_u16(), expected, "{path} {body}: {answer}");
    }
    assert_eq!(waiting(&house).await, 0);
    assert_eq!(house.get("/api/v1/audit").await.1["items"], json!([]), "nothing of it could have been done");
}

#[tokio::test]
async fn many_are_replayed_newest_first_page_by_page() {
    let house = dead(5).await;
    house.message("t9", "m9").await;
    let (status, first) = replay(&house, json!({ "state": "dead", "reason": "agent_failed", "limit": 2 })).await;
    assert_eq!(
        (status, &first["replayed"], &first["refused"]),
        (StatusCode::ACCEPTED, &json!(["evt_5", "evt_4"]), &json!([]))
    );
    let (_, second) = replay(&house, json!({ "state": "dead", "limit": "2", "cursor": first["next"] })).await;
    assert_eq!(second["replayed"], json!(["evt_3", "evt_2"]));
    let (_, last) = replay(&house, json!({ "state": "dead", "cursor": second["next"] })).await;
    assert_eq!(last, json!({ "replayed": ["evt_1"], "refused": [], "next": null }));
    assert_eq!(waiting(&house).await, 6);
    // What has not ended is passed over.
    let (_, again) = replay(&house, json!({ "connection": "acme" })).await;
    assert_eq!(again, json!({ "replayed": [], "refused": [], "next": null }));
}

#[tokio::test]
async fn what_is_refused_among_many_is_said_and_the_rest_goes_on() {
    let house = dead(2).await;
    let other = |mut event: hubspot_bridge::domain::NewEvent| {
        event.connection = "gone".into();
        event
    };
    house.store.append(Batch { events: vec![other(message_event("t7", "m7"))], dirty: Vec::new() }).await.unwrap();
    bury(&house, 1).await;
    let (_, answer) = replay(&house, json!({ "state": "dead" })).await;
    assert_eq!(answer["replayed"], json!(["evt_2", "evt_1"]));
    let refusal = &answer["refused"][0];
    assert_eq!((&refusal["id"], &refusal["code"]), (&json!("evt_3"), &json!("conflict")));
    assert!(refusal["message"].as_str().unwrap().contains("\"gone\", which is not in the settings"), "{refusal}");
}

#[tokio::test]
async fn a_whole_page_is_put_back_and_counted() {
    let house = dead(200).await;
    let (_, answer) = replay(&house, json!({ "state": "dead", "limit": 200 })).await;
    assert_eq!((answer["replayed"].as_array().unwrap().len(), &answer["next"]), (200, &Value::Null));
    assert_eq!(house.get("/api/v1/stats").await.1["open_events"], 200);
}
