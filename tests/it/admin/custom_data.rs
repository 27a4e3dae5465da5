//! Setting a session's custom data.

use axum::http::StatusCode;
use hubspot_bridge::domain::{EventKind, Object, SessionPatch};
use hubspot_bridge::store::Ledger as _;
use hubspot_bridge::store::types::EventFilter;
use serde_json::{Value, json};

use super::house::House;

const PATH: &str = "/api/v1/sessions/ses_1";
const TICKETING: &str = "[connections.acme.ticketing]\nenabled = true\npipeline = \"0\"\nstage = \"1\"\n";
const NO_TICKETING: &str = "[connections.acme.ticketing]\nenabled = false\npipeline = \"0\"\nstage = \"1\"\n";

async fn house(settings: &str, ticket: Option<&str>) -> House {
    let house = House::new(settings).await;
    let custom_data = [("plan".to_owned(), "free".to_owned()), ("kept".to_owned(), "as it was".to_owned())].into();
    let ticket_id = ticket.map(Into::into);
    house.session("t1", SessionPatch { ticket_id, custom_data, ..SessionPatch::default() }).await;
    house
}

async fn set(house: &House, custom_data: &Value) -> (StatusCode, Value) {
    house.send("PATCH", PATH, json!({ "custom_data": custom_data }).to_string()).await
}

/// Object and parameters of what was queued, oldest first.
async fn writes(house: &House) -> Vec<(Object, Value)> {
    let mut events = house.store.events(EventFilter::default(), None, 10).await.unwrap().items;
    events.reverse();
    let write = |event: &hubspot_bridge::domain::Event| {
        assert_eq!(event.kind, EventKind::TicketWrite);
        (event.object.clone().unwrap(), serde_json::from_str(event.data.as_deref().unwrap()).unwrap())
    };
    events.iter().map(write).collect()
}

#[tokio::test]
async fn values_become_text_and_wait_for_the_agents_next_send() {
    let house = house(TICKETING, None).await;
    let (status, session) =
        set(&house, &json!({"plan": "gold", "seats": 5, "rate": 0.5, "vip": true, "note": ""})).await;
    let expected = json!({"plan": "gold", "seats": "5", "rate": "0.5", "vip": "true", "note": "", "kept": "as it was"});
    assert_eq!((status, &session["custom_data"]), (StatusCode::OK, &expected));
    assert_eq!((&session["custom_data_pending"], &session["version"]), (&json!(true), &json!(2)));
    assert_eq!(house.get(PATH).await.1, session);
    assert!(writes(&house).await.is_empty(), "no ticket, nothing to write");
}

#[tokio::test]
async fn the_sessions_ticket_is_written_too() {
    let house = house(TICKETING, Some("77")).await;
    set(&house, &json!({"plan": "gold", "seats": 5})).await;
    let written = json!({"v": 1, "session": 1, "keys": ["plan", "seats"], "tag": false, "owner": null, "thread": null});
    assert_eq!(writes(&house).await, [(Object::Ticket("77".into()), written)]);
}

#[tokio::test]
async fn asking_again_changes_nothing_but_brings_the_ticket_up_to_date() {
    let house = house(TICKETING, Some("77")).await;
    let (status, session) = set(&house, &json!({"plan": "free"})).await;
    assert_eq!(
        (status, &session["version"], &session["custom_data_pending"]),
        (StatusCode::OK, &json!(1), &json!(false))
    );
    assert_eq!(writes(&house).await.len(), 1, "a first attempt may have failed half-way");
    assert_eq!(set(&house, &json!({})).await.0, StatusCode::OK);
    assert_eq!(writes(&house).await.len(), 1);
}

#[tokio::test]
async fn without_ticketing_the_ticket_is_left_alone() {
    let house = house(NO_TICKETING, Some("77")).await;
    assert_eq!(set(&house, &json!({"plan": "gold"})).await.0, StatusCode::OK);
    assert!(writes(&house).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_custom_data_is_refused_whole_and_not_repeated() {
    let house = house(TICKETING, Some("77")).await;
    let many: Value = (0..51).map(|at| (format!("k{at}"), json!("v"))).collect::<serde_json::Map<_, _>>().into();
    for custom_data in [
        json!(null),
        json!("canary"),
        json!(["canary"]),
        json!({"plan": null}),
        json!({"plan": ["canary"]}),
        json!({"good": "1", "plan": {"canary": 1}}),
        json!({"": "canary"}),
        json!({"a\nb": "canary"}),
        json!({"k".repeat(257): "canary"}),
        json!({"plan": "canary".repeat(400)}),
        many,
    ] {
        let (status, answer) = set(&house, &custom_data).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("bad_request")),
            "{custom_data}"
        );
        assert!(!answer.to_string().contains("canary"), "{answer}");
    }
    for body in ["", "no json", "[]", "{}", r#"{"custom_data": {}, "state": "ai"}"#] {
        assert_eq!(house.send("PATCH", PATH, body).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(house.send("PATCH", PATH, "x".repeat(300_000)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(house.send("PATCH", "/api/v1/sessions/ses_9", r#"{"custom_data":{}}"#).await.0, StatusCode::NOT_FOUND);
    assert_eq!(house.get(PATH).await.1["version"], 1, "nothing changed");
    assert!(writes(&house).await.is_empty());
}

#[tokio::test]
async fn a_session_has_a_bounded_number_of_keys() {
    let house = House::new("").await;
    let custom_data = (0..1_000).map(|at| (format!("k{at}"), "v".to_owned())).collect();
    house.session("t1", SessionPatch { custom_data, ..SessionPatch::default() }).await;
    assert_eq!(set(&house, &json!({"new": "1"})).await.0, StatusCode::CONFLICT);
    assert_eq!(set(&house, &json!({"k0": "w"})).await.0, StatusCode::OK);
}
