//! What intake notes of deliveries, and what it does not.

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::intake::observed::Seen;
use hubspot_bridge::intake::{self, Intake};
use serde_json::json;
use tower::ServiceExt as _;

use crate::intake::fixture::{self, PORTAL, SECRET};
use crate::intake::recording::Recording;

const NOW: i64 = 1_795_251_600_000;

fn bridge() -> Intake {
    let config = fixture::config(vec![fixture::connection("acme", PORTAL), fixture::connection("beta", PORTAL + 1)]);
    fixture::intake(config, Arc::new(Recording::default()), ManualClock::starting_at(Timestamp(NOW)))
}

async fn post(bridge: &Intake, path: &str, sent_at: i64, secret: &str, body: String) -> u16 {
    let timestamp = sent_at.to_string();
    let signature = fixture::sign_v3(secret, path, body.as_bytes(), &timestamp);
    let request = Request::post(path)
        .header("host", "10.0.0.7:8080")
        .header("x-forwarded-host", "bridge.example.com")
        .header("x-forwarded-for", "203.0.113.9")
        .header("x-hubspot-signature-v3", signature)
        .header("x-hubspot-request-timestamp", timestamp);
    let request = request.body(Body::from(body)).unwrap();
    intake::router(bridge.clone()).oneshot(request).await.unwrap().status().as_u16()
}

fn seen(bridge: &Intake, name: &str) -> Seen {
    bridge.observed.of(&name.into())
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_noted_for_each_connection_it_speaks_of() {
    let bridge = bridge();
    let event = |portal: i64, kind: &str, property: &str| {
        json!({"eventId": 1, "portalId": portal, "objectId": 7, "messageId": "m1", "subscriptionType": kind,
            "propertyName": property, "propertyValue": "customer@example.com", "occurredAt": NOW})
    };
    let body = json!([
        event(PORTAL, "conversation.newMessage", ""),
        event(PORTAL, "conversation.propertyChange", "assignedTo"),
        event(PORTAL, "conversation.propertyChange", "other"),
        event(PORTAL, "contact.creation", ""),
        event(PORTAL + 1, "conversation.newMessage", ""),
        {"no": "subscription"},
        7,
    ]);
    assert_eq!(post(&bridge, "/webhooks/hubspot/acme", NOW, SECRET, body.to_string()).await, 200);
    let acme = seen(&bridge, "acme");
    let kinds: Vec<&str> = acme.types.keys().map(String::as_str).collect();
    let expected = [
        "contact.creation",
        "conversation.newMessage",
        "conversation.propertyChange",
        "conversation.propertyChange assignedTo",
    ];
    assert_eq!(kinds, expected);
    let call = acme.delivery.clone().unwrap();
    assert_eq!((call.at, call.path.as_str(), call.v3), (Timestamp(NOW), "/webhooks/hubspot/acme", true));
    assert_eq!(call.host.as_deref(), Some("10.0.0.7:8080"));
    assert_eq!(call.forwarded.host.as_deref(), Some("bridge.example.com"));
    let beta = seen(&bridge, "beta");
    assert_eq!(beta.types.keys().collect::<Vec<_>>(), ["conversation.newMessage"]);
    assert_eq!(beta.delivery, acme.delivery);
    let all = format!("{acme:?}");
    assert!(!all.contains("203.0.113.9") && !all.contains("customer@"), "{all}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_noted_with_its_cause_and_the_clocks_difference() {
    let bridge = bridge();
    let path = "/webhooks/hubspot/acme";
    assert_eq!(post(&bridge, path, NOW - 400_000, SECRET, "[]".into()).await, 401);
    assert_eq!(post(&bridge, path, NOW, "another", "[]".into()).await, 401);
    let acme = seen(&bridge, "acme");
    let refused: Vec<_> = acme.refusals.iter().map(|refused| (refused.cause.as_str(), refused.skew_ms)).collect();
    assert_eq!(refused, [("timestamp_out_of_window", Some(-400_000)), ("mismatch", Some(0))]);
    assert_eq!((acme.delivery, acme.types.len()), (None, 0), "nothing of it is believed");
    let action = post(&bridge, "/actions/hubspot/acme/pause-ai", NOW, "another", "{}".into()).await;
    assert_eq!(action, 401);
    assert_eq!(seen(&bridge, "acme").refusals.back().unwrap().call.path, "/actions/hubspot/acme/pause-ai");
}

#[tokio::test(start_paused = true)]
async fn calls_that_go_astray_are_noted_where_they_are_nearly_right() {
    let bridge = bridge();
    for (path, noted) in [
        ("/webhooks/hubspot/acme/", true),
        ("/bridge/webhooks/hubspot/acme", true),
        ("/webhooks/hubspot/nobody/", false),
        ("/webhooks/hubspot/", false),
        ("/favicon.ico", false),
    ] {
        assert_eq!(post(&bridge, path, NOW, SECRET, "[]".into()).await, 404, "{path}");
        let astray = seen(&bridge, "acme").astray;
        assert_eq!(astray.map(|call| call.path), noted.then(|| path.to_owned()), "{path}");
        bridge.observed.note(&"acme".into(), |seen| seen.astray = None);
    }
}
