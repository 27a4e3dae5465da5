//! Who asked for what.

use axum::http::StatusCode;
use hubspot_bridge::domain::{Ending, Reason, SessionPatch};
use serde_json::{Value, json};

use super::house::House;

async fn audit(house: &House, query: &str) -> Vec<Value> {
    house.get(&format!("/api/v1/audit{query}")).await.1["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn everything_that_changes_something_is_noted_with_who_asked() {
    let house = House::new("").await;
    house.session("t1", SessionPatch::default()).await;
    house.message("t1", "m1").await;
    house.turn(|ending| Ending::dead(ending.event, Reason::AgentFailed)).await;
    let by_filter = r#"{"state": "dead", "reason": "agent_failed", "connection": "acme", "force": true, "limit": 5}"#;
    for (method, path, body) in [
        ("POST", "events/evt_1/replay", r#"{"force": true}"#),
        ("POST", "events/evt_1/skip", ""),
        ("POST", "events/replay", by_filter),
        ("PATCH", "sessions/ses_1", r#"{"custom_data": {"plan": "canary-gold", "vip": "canary-yes"}}"#),
        ("POST", "sessions/ses_1/pause", ""),
        ("POST", "sessions/ses_1/handoff", r#"{"reason": "canary words"}"#),
    ] {
        let request = axum::http::Request::builder().method(method).uri(format!("/api/v1/{path}"));
        let request = request.header("x-operator", "ada").body(axum::body::Body::from(body)).unwrap();
        let answer = tower::ServiceExt::oneshot(house.router.clone(), request).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }
    let items = audit(&house, "").await;
    let told: Vec<Value> =
        items.iter().rev().map(|item| json!([item["action"], item["subject"], item["detail"]])).collect();
    assert_eq!(
        told,
        [
            json!(["replay", "evt_1", "force"]),
            json!(["skip", "evt_1", null]),
            json!(["replay", "acme", "by filter: connection=acme reason=agent_failed state=dead, force"]),
            json!(["custom_data", "ses_1", "plan, vip"]),
            json!(["pause", "ses_1", null]),
            json!(["handoff", "ses_1", null]),
        ]
    );
    assert!(items.iter().all(|item| item["who"] == "ada" && item["at"] == "2026-11-21T09:00:00.000Z"), "{items:?}");
    assert!(!json!(items).to_string().contains("canary"));
}

#[tokio::test]
async fn the_audit_is_filtered_and_paged_newest_first() {
    let house = House::new("").await;
    for thread in ["t1", "t2"] {
        house.message(thread, thread).await;
    }
    for event in [1, 2, 1] {
        house.send("POST", &format!("/api/v1/events/evt_{event}/skip"), "").await;
    }
    let (status, first) = house.get("/api/v1/audit?limit=2").await;
    let ids =
        |page: &Value| page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    assert_eq!((status, ids(&first)), (StatusCode::OK, vec![json!("4"), json!("3")]));
    let next = first["next"].as_str().unwrap();
    let (_, second) = house.get(&format!("/api/v1/audit?limit=2&cursor={next}")).await;
    assert_eq!((ids(&second), &second["next"]), (vec![json!("2"), json!("1")], &Value::Null));
    assert_eq!(audit(&house, "?subject=evt_1").await.len(), 3, "also what was refused: it was asked for");
    assert_eq!(house.get("/api/v1/audit?who=ada").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_was_refused_does_not_read_as_done() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| ending).await;
    for path in ["skip", "replay"] {
        let (status, _) = house.send("POST", &format!("/api/v1/events/evt_1/{path}"), "").await;
        assert_eq!(status, StatusCode::CONFLICT, "{path}");
    }
    let told: Vec<Value> = audit(&house, "?subject=evt_1").await;
    let told: Vec<Value> = told.iter().rev().map(|item| json!([item["action"], item["detail"]])).collect();
    let done = "evt_1 does not wait, it is done; only a waiting event can be skipped";
    let answered = "its message was answered, or may have been; the customer is not answered twice";
    let expected = [
        json!(["skip", null]),
        json!(["skip_refused", done]),
        json!(["replay", null]),
        json!(["replay_refused", answered]),
    ];
    assert_eq!(told, expected);
    let (_, story) = house.get("/api/v1/why/evt_1").await;
    let lines: Vec<&str> =
        story["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert!(
        lines.iter().any(|line| line.ends_with(&format!(" was refused the replay of evt_1 ({answered}).")))
            && lines.iter().any(|line| line.ends_with(&format!(" was refused the skipping of evt_1 ({done})."))),
        "{lines:?}"
    );
    let page = crate::console::browser::get(&house.router, "/audit").await;
    page.shows(&["skip refused", "replay refused"]);
}

#[tokio::test]
async fn a_replay_by_filter_says_how_much_of_it_was_refused() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| Ending::dead(ending.event, Reason::AgentFailed)).await;
    let (_, answer) = house.send("POST", "/api/v1/events/replay", r#"{"state": "dead", "connection": "acme"}"#).await;
    assert_eq!(answer["refused"].as_array().unwrap().len(), 1, "its reply stands in the thread");
    let newest = &audit(&house, "").await[0];
    let told = (&newest["action"], &newest["subject"], &newest["detail"]);
    assert_eq!(told, (&json!("replay_refused"), &json!("acme"), &json!("by filter: 1 refused, 0 replayed")));
}
