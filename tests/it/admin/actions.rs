//! Pausing and resuming a session.

use axum::http::StatusCode;
use hubspot_bridge::domain::{ConnectionName, EventKind, SessionPatch, SessionState};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Ledger, SessionChange, SessionKey, Store};
use serde_json::json;

use super::house::House;

async fn house_with(state: SessionState) -> House {
    let house = House::new("").await;
    house.session("t1", SessionPatch { state: Some(state), ..SessionPatch::default() }).await;
    house
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
        let events = house.store.events(EventFilter::default(), None, 10).await.unwrap().items;
        assert_eq!((events.len(), events[0].kind), (1, EventKind::Action));
        assert_eq!(events[0].object.as_ref().unwrap().id(), "t1");
        assert_eq!(events[0].data, Some(json!({ "v": 1, "action": action }).to_string()));
    }
}

#[tokio::test]
async fn asking_again_is_another_event_because_the_first_may_have_been_undone() {
    let house = house_with(SessionState::Ai).await;
    for _ in 0..2 {
        house.ask("POST", "/api/v1/sessions/ses_1/pause", &[]).await;
    }
    assert_eq!(house.store.events(EventFilter::default(), None, 10).await.unwrap().items.len(), 2);
}

#[tokio::test]
async fn a_session_without_a_thread_has_no_mailbox_and_is_changed_at_once() {
    let house = House::new("").await;
    let key = SessionKey::Agent(ConnectionName::from("acme"), "agent-1".to_owned());
    let patch = SessionPatch { state: Some(SessionState::HandedOff), ..SessionPatch::default() };
    house.store.patch_session(SessionChange { key, version: 0, patch }).await.unwrap();
    for (action, state) in [("resume", "ai"), ("pause", "paused")] {
        let (status, body) = house.ask("POST", &format!("/api/v1/sessions/ses_1/{action}"), &[]).await;
        assert_eq!((status, &body["requested"], &body["state"]), (StatusCode::OK, &json!(action), &json!(state)));
        assert_eq!(house.get("/api/v1/sessions/ses_1").await.1["state"], state);
    }
}

#[tokio::test]
async fn what_is_so_already_is_fine_and_what_cannot_be_is_refused() {
    for (state, action, expected) in [
        (SessionState::Paused, "pause", StatusCode::OK),
        (SessionState::Ai, "resume", StatusCode::OK),
        (SessionState::HandedOff, "pause", StatusCode::CONFLICT),
        (SessionState::Closed, "pause", StatusCode::CONFLICT),
        (SessionState::Closed, "resume", StatusCode::CONFLICT),
    ] {
        let house = house_with(state).await;
        let (status, body) = house.ask("POST", &format!("/api/v1/sessions/1/{action}"), &[]).await;
        assert_eq!((status, body.get("requested")), (expected, None), "{action} {state:?}");
        assert!(house.store.events(EventFilter::default(), None, 10).await.unwrap().items.is_empty());
    }
}
