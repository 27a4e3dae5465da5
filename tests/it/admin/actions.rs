//! Pausing, resuming and handing off a session.

use axum::http::StatusCode;
use hubspot_bridge::domain::{ConnectionName, Event, EventKind, Object, SessionPatch, SessionState};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Ledger, SessionChange, SessionKey, Store};
use serde_json::{Value, json};

use super::house::House;

async fn house_with(state: SessionState) -> House {
    let house = House::new("").await;
    house.session("t1", SessionPatch { state: Some(state), ..SessionPatch::default() }).await;
    house
}

/// A session that lives outside HubSpot.
async fn house_with_outside(state: SessionState) -> House {
    let house = House::new("").await;
    let key = SessionKey::Agent(ConnectionName::from("acme"), "agent-1".to_owned());
    let patch = SessionPatch { state: Some(state), ..SessionPatch::default() };
    house.store.patch_session(SessionChange { key, version: 0, patch, followups: Vec::new() }).await.unwrap();
    house
}

async fn events(house: &House) -> Vec<Event> {
    house.store.events(EventFilter::default(), None, 10).await.unwrap().items
}

fn params(event: &Event) -> Value {
    serde_json::from_str(event.data.as_deref().unwrap()).unwrap()
}

#[tokio::test]
async fn a_request_becomes_an_event_in_the_conversations_mailbox() {
    for (action, state) in
        [("pause", SessionState::Ai), ("resume", SessionState::Paused), ("resume", SessionState::HandedOff)]
    {
        let house = house_with(state).await;
        let (status, body) = house.ask("POST", &format!("/api/v1/sessions/ses_1/{action}"), &[]).await;
        assert_eq!(
            (status, &body["requested"], &body["state"]),
            (StatusCode::ACCEPTED, &json!(action), &json!(state.as_str()))
        );
        let events = events(&house).await;
        assert_eq!((events.len(), events[0].kind), (1, EventKind::Action));
        assert_eq!(events[0].object.as_ref().unwrap().id(), "t1");
        assert_eq!(params(&events[0]), json!({ "v": 1, "action": action }));
    }
}

#[tokio::test]
async fn asking_again_is_another_event_because_the_first_may_have_been_undone() {
    let house = house_with(SessionState::Ai).await;
    for _ in 0..2 {
        house.ask("POST", "/api/v1/sessions/ses_1/pause", &[]).await;
    }
    assert_eq!(events(&house).await.len(), 2);
}

#[tokio::test]
async fn a_session_without_a_thread_is_acted_on_in_the_outside_conversations_mailbox() {
    for (action, state, kind) in [
        ("resume", SessionState::HandedOff, EventKind::Action),
        ("pause", SessionState::Ai, EventKind::Action),
        ("handoff", SessionState::Ai, EventKind::HandoffRequest),
    ] {
        let house = house_with_outside(state).await;
        let (status, body) = house.ask("POST", &format!("/api/v1/sessions/ses_1/{action}"), &[]).await;
        assert_eq!((status, &body["requested"]), (StatusCode::ACCEPTED, &json!(action)));
        let events = events(&house).await;
        assert_eq!((events.len(), events[0].kind), (1, kind));
        assert_eq!(events[0].object, Some(Object::Outside("agent-1".to_owned())));
        assert_eq!(house.get("/api/v1/sessions/ses_1").await.1["state"], state.as_str(), "the worker changes it");
    }
}

#[tokio::test]
async fn a_handoff_is_asked_for_with_or_without_a_reason() {
    for (body, reason) in [
        ("", Value::Null),
        ("{}", Value::Null),
        (r#"{"reason": null}"#, Value::Null),
        (r#"{"reason": "  "}"#, Value::Null),
        (r#"{"reason": " VIP customer "}"#, json!("VIP customer")),
    ] {
        for state in [SessionState::Ai, SessionState::Paused, SessionState::Closed] {
            let house = house_with(state).await;
            let (status, answer) = house.send("POST", "/api/v1/sessions/ses_1/handoff", body).await;
            assert_eq!((status, &answer["requested"]), (StatusCode::ACCEPTED, &json!("handoff")), "{body}");
            let [event] = events(&house).await.try_into().unwrap();
            assert_eq!((event.kind, params(&event)), (EventKind::HandoffRequest, json!({"v": 1, "reason": reason})));
            assert_eq!((event.object, event.source.as_deref()), (Some(Object::Thread("t1".into())), Some("admin")));
        }
    }
}

#[tokio::test]
async fn bodies_that_say_something_else_are_refused() {
    let house = house_with(SessionState::Ai).await;
    let long = format!(r#"{{"reason": "{}"}}"#, "ä".repeat(501));
    for (action, body) in [
        ("handoff", "no json"),
        ("handoff", "[]"),
        ("handoff", "null"),
        ("handoff", r#"{"reason": 5}"#),
        ("handoff", r#"{"reason": "a", "to": "A-1"}"#),
        ("handoff", long.as_str()),
        ("pause", r#"{"reason": "a"}"#),
        ("pause", "no json"),
        ("resume", r#"{"for": "1h"}"#),
    ] {
        let (status, answer) = house.send("POST", &format!("/api/v1/sessions/ses_1/{action}"), body).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("bad_request")), "{body}");
    }
    let (status, answer) = house.send("POST", "/api/v1/sessions/ses_1/handoff", "x".repeat(300_000)).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("body_too_large")));
    assert!(events(&house).await.is_empty());
    let (status, _) = house.send("POST", "/api/v1/sessions/ses_1/pause", "{}").await;
    assert_eq!(status, StatusCode::ACCEPTED, "an empty object says nothing else");
}

#[tokio::test]
async fn what_is_so_already_is_fine_and_what_cannot_be_is_refused() {
    for (state, action, expected) in [
        (SessionState::Paused, "pause", StatusCode::OK),
        (SessionState::Ai, "resume", StatusCode::OK),
        (SessionState::HandedOff, "handoff", StatusCode::OK),
        (SessionState::HandedOff, "pause", StatusCode::CONFLICT),
        (SessionState::Closed, "pause", StatusCode::CONFLICT),
        (SessionState::Closed, "resume", StatusCode::CONFLICT),
    ] {
        let house = house_with(state).await;
        let (status, body) = house.ask("POST", &format!("/api/v1/sessions/1/{action}"), &[]).await;
        assert_eq!((status, body.get("requested")), (expected, None), "{action} {state:?}");
        assert!(events(&house).await.is_empty());
    }
}
