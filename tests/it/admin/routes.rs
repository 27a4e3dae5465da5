//! What can be read: the exact shapes, the filters, the pages, the refusals.

use axum::http::StatusCode;
use hubspot_bridge::clock::Clock;
use hubspot_bridge::domain::{ConnectionName, Reason, SessionPatch, SessionState};
use hubspot_bridge::store::{SessionChange, SessionKey, Store};
use serde_json::{Value, json};
use std::time::Duration;

use super::house::House;

#[tokio::test]
async fn an_event_has_the_promised_shape_and_its_runs() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| ending.because(Reason::DeliveryFailed).detail("status FAILED")).await;
    let (status, list) = house.get("/api/v1/events").await;
    assert_eq!(status, StatusCode::OK);
    let expected = json!({
        "id": "evt_1", "connection": "acme", "type": "conversation.newMessage", "object_id": "t1", "message_id": "m1",
        "state": "done", "outcome": "replied", "reason": "delivery_failed",
        "detail": format!("{} {} Detail: status FAILED", Reason::DeliveryFailed.sentence(), Reason::DeliveryFailed.fix()),
        "attempts": 1, "seen": 1, "received_at": "2026-11-21T09:00:00.000Z", "due_at": null,
        "finished_at": "2026-11-21T09:00:00.000Z", "session_id": null,
    });
    assert_eq!(list, json!({ "items": [expected], "next": null }));

    let (_, mut shown) = house.get("/api/v1/events/evt_1").await;
    let runs = shown.as_object_mut().unwrap().remove("runs").unwrap();
    assert_eq!(shown.as_object_mut().unwrap().remove("past_ends"), Some(json!([])), "it was never replayed");
    assert_eq!(shown, expected);
    assert_eq!(runs[0]["turn"], "turn_1");
    let step = &runs[0]["steps"][0];
    assert_eq!((&runs[0]["run"], &step["name"], &step["status"]), (&json!(1), &json!("post_reply"), &json!("done")));
    assert_eq!(step["result"]["message_id"], "posted-1");
}

#[tokio::test]
async fn what_was_said_is_never_shown_even_while_the_turn_holds_it() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| ending).await;
    for path in ["/api/v1/events/evt_1", "/api/v1/why/t1", "/api/v1/events", "/metrics"] {
        assert!(!house.text("GET", path, &[]).await.1.contains("canary"), "{path}");
    }
}

#[tokio::test]
async fn lists_are_filtered_and_paged_newest_first() {
    let house = House::new("").await;
    for (thread, message) in [("t1", "m1"), ("t2", "m2"), ("t1", "m3")] {
        house.message(thread, message).await;
        house.clock.jump(60_000);
    }
    let ids = |list: &Value| -> Vec<String> {
        list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let (_, first) = house.get("/api/v1/events?limit=2").await;
    assert_eq!(ids(&first), ["evt_3", "evt_2"]);
    let (_, second) = house.get(&format!("/api/v1/events?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!((ids(&second), &second["next"]), (vec!["evt_1".to_owned()], &Value::Null));
    for (query, found) in [
        ("thread=t1", vec!["evt_3", "evt_1"]),
        ("message=m2", vec!["evt_2"]),
        ("state=pending&connection=acme&reason=", vec!["evt_3", "evt_2", "evt_1"]),
        ("state=dead", vec![]),
        ("outcome=replied", vec![]),
        ("ticket=t1", vec![]),
        ("since=2026-11-21T09:01:00Z", vec!["evt_3", "evt_2"]),
    ] {
        assert_eq!(ids(&house.get(&format!("/api/v1/events?{query}")).await.1), found, "{query}");
    }
}

#[tokio::test]
async fn a_session_has_the_promised_shape() {
    let house = House::new("").await;
    let patch = SessionPatch {
        state: Some(SessionState::HandedOff),
        handed_off_at: Some(Some(house.clock.now())),
        ticket_id: Some("77".into()),
        agent_session_id: Some("agent-1".to_owned()),
        custom_data: [("priority".to_owned(), "HIGH".to_owned())].into(),
        custom_data_pending: Some(true),
        ..SessionPatch::default()
    };
    house.session("t1", patch).await;
    let expected = json!({
        "id": "ses_1", "connection": "acme", "state": "handed_off", "mode": "autopilot", "thread_id": "t1",
        "ticket_id": "77", "contact_id": null, "agent_session_id": "agent-1", "custom_data": { "priority": "HIGH" },
        "custom_data_pending": true, "answered_through": null, "ai_since": null, "handed_off_at": "2026-11-21T09:00:00.000Z",
        "created_at": "2026-11-21T09:00:00.000Z", "updated_at": "2026-11-21T09:00:00.000Z", "version": 1,
    });
    assert_eq!(house.get("/api/v1/sessions/ses_1").await.1, expected);
    assert_eq!(house.get("/api/v1/sessions?ticket=77&state=handed_off").await.1["items"], json!([expected]));
    assert_eq!(house.get("/api/v1/sessions?thread=t2").await.1["items"], json!([]));
}

#[tokio::test]
async fn a_held_connection_shows_its_cause_everywhere() {
    let house = House::new("").await;
    let until = house.clock.now().after(Duration::from_secs(30));
    let acme = ConnectionName::from("acme");
    house.store.hold(&acme, until, "unauthorized: HubSpot answered 401").await.unwrap();
    let (_, list) = house.get("/api/v1/connections").await;
    assert_eq!(
        list["items"][0],
        json!({
            "name": "acme", "portal_id": "1234567", "webhook_url": "https://bridge.example.com/webhooks/hubspot/acme",
            "opencx_webhook_url": null, "actions_url": "https://bridge.example.com/actions/hubspot/acme",
            "mode": "autopilot", "agent": "faq", "health": "held", "problems": [],
            "hold": {
                "cause": "unauthorized: HubSpot answered 401",
                "since": "2026-11-21T09:00:00.000Z", "until": "2026-11-21T09:00:30.000Z",
            },
        })
    );
    let held = "bridge_connection_held{connection=\"acme\",cause=\"unauthorized\"} 1";
    assert!(house.text("GET", "/metrics", &[]).await.1.contains(held));
    house.store.release(&acme).await.unwrap();
    assert!(!house.text("GET", "/metrics", &[]).await.1.contains("bridge_connection_held{"));
    assert_eq!(house.get("/api/v1/connections").await.1["items"][0]["health"], "ok");
}

#[tokio::test]
async fn a_connection_shows_every_address_it_takes_calls_at_and_its_problems() {
    let house = House::new("kind = \"opencx\"\napi_key = \"k\"\nwebhook_secret = \"canary\"\n").await;
    let said = vec!["The pipeline `7` does not exist.".to_owned()];
    house.problems.insert(ConnectionName::from("acme"), said.clone());
    let (_, list) = house.get("/api/v1/connections").await;
    let acme = &list["items"][0];
    assert_eq!(acme["opencx_webhook_url"], "https://bridge.example.com/webhooks/opencx/acme");
    assert_eq!(acme["problems"], json!(said));
    assert!(!list.to_string().contains("canary"));

    let without = House::new("kind = \"opencx\"\napi_key = \"k\"\n").await;
    let (_, list) = without.get("/api/v1/connections").await;
    assert_eq!(list["items"][0]["opencx_webhook_url"], Value::Null, "nothing could be checked there");
}

#[tokio::test]
async fn why_tells_what_happened_outside_hubspot_by_the_sessions_id_and_the_agents() {
    let house = House::new("").await;
    let key = SessionKey::Agent(ConnectionName::from("acme"), "agent-1".to_owned());
    let patch = SessionPatch { ticket_id: Some("77".into()), ..SessionPatch::default() };
    house.store.patch_session(SessionChange { key, version: 0, patch, followups: Vec::new() }).await.unwrap();
    house.send("POST", "/api/v1/sessions/ses_1/handoff", "").await;
    for id in ["ses_1", "agent-1", "77"] {
        let (_, story) = house.get(&format!("/api/v1/why/{id}")).await;
        assert_eq!(story["lines"][0]["text"], "somebody on this machine asked for a human (evt_1).", "{id}: {story}");
        assert!(story["now"].as_str().unwrap().contains("1 event waits in acme/outside/agent-1"), "{id}: {story}");
    }
}

#[tokio::test]
async fn why_tells_the_whole_conversation_whichever_of_its_ids_is_given() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| ending).await;
    house.clock.jump(60_000);
    house.message("t1", "m2").await;
    house.message("t2", "m9").await;
    house.session("t1", SessionPatch { contact_id: Some("c1".into()), ..SessionPatch::default() }).await;
    for (id, told) in [("t1", 2), ("ses_1", 2), ("c1", 2), ("m2", 1), ("evt_3", 1)] {
        let (_, story) = house.get(&format!("/api/v1/why/{id}")).await;
        let lines = story["lines"].as_array().unwrap();
        let announced = |line: &&Value| line["text"].as_str().unwrap().contains("announced");
        assert_eq!(lines.iter().filter(announced).count(), told, "{id}: {story}");
        assert!(!lines.iter().any(|line| id != "evt_3" && line.to_string().contains("m9")), "{id}: {story}");
        assert!(story["now"].as_str().unwrap().contains("1 event waits in acme/thread/"), "{id}: {story}");
    }
}

#[tokio::test]
async fn numbers_come_from_the_store_at_each_look() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.clock.jump(5_000);
    let (_, metrics) = house.text("GET", "/metrics", &[]).await;
    assert!(metrics.contains("bridge_oldest_due_seconds 5.0"), "{metrics}");
    assert!(metrics.contains("bridge_mailboxes{state=\"due\"} 1"), "{metrics}");
    let (_, stats) = house.get("/api/v1/stats").await;
    assert_eq!(stats["mailboxes"], json!({ "due": 1, "waiting": 0, "leased": 0 }));
    assert_eq!((&stats["open_events"], &stats["oldest_due_at"]), (&json!(1), &json!("2026-11-21T09:00:00.000Z")));
}

#[tokio::test]
async fn every_refusal_is_json_with_a_fix() {
    let house = House::new("").await;
    for (method, path, status, code) in [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v1/events/evt_9", 404, "not_found"),
        ("GET", "/api/v1/events/x", 404, "not_found"),
        ("GET", "/api/v1/sessions/ses_9", 404, "not_found"),
        ("GET", "/api/v1/why/unheard-of", 404, "not_found"),
        ("POST", "/api/v1/sessions/ses_9/pause", 404, "not_found"),
        ("POST", "/api/v1/sessions/ses_9/handoff", 404, "not_found"),
        ("PATCH", "/api/v1/sessions/ses_9", 400, "bad_request"),
        ("PATCH", "/api/v1/sessions", 405, "method_not_allowed"),
        ("POST", "/api/v1/events", 405, "method_not_allowed"),
        ("GET", "/api/v1/sessions/ses_1/pause", 405, "method_not_allowed"),
        ("GET", "/api/v1/events?colour=red", 400, "bad_request"),
        ("GET", "/api/v1/events?state=asleep", 400, "bad_request"),
        ("GET", "/api/v1/events?outcome=x", 400, "bad_request"),
        ("GET", "/api/v1/events?reason=x", 400, "bad_request"),
        ("GET", "/api/v1/events?since=yesterday", 400, "bad_request"),
        ("GET", "/api/v1/events?limit=0", 400, "bad_request"),
        ("GET", "/api/v1/events?limit=201", 400, "bad_request"),
        ("GET", "/api/v1/events?cursor=x", 400, "bad_request"),
        ("GET", "/api/v1/events?limit=1&limit=2", 400, "bad_request"),
        ("GET", "/api/v1/events?thread=1&ticket=2", 400, "bad_request"),
        ("GET", "/api/v1/sessions?state=asleep", 400, "bad_request"),
        ("GET", "/api/v1/stats?x=1", 400, "bad_request"),
    ] {
        let (got, body) = house.ask(method, path, &[]).await;
        assert_eq!((got.as_u16(), &body["error"]["code"]), (status, &json!(code)), "{method} {path}: {body}");
        assert!(!body["error"]["message"].as_str().unwrap().is_empty(), "{path}");
        assert!(!body["error"]["fix"].as_str().unwrap().is_empty(), "{path}");
    }
}
