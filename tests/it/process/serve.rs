//! The public listener of a running process: health, deliveries, refusals.

use hubspot_bridge::clock::{Clock, SystemClock};
use hubspot_bridge::sandbox::portal::signature;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::desk::Desk;

async fn get(desk: &Desk, path: &str) -> (StatusCode, Value) {
    let answer = desk.bridge.client.get(format!("http://{}{path}", desk.bridge.at.public)).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn it_is_live_and_ready_and_answers_a_customer() {
    let desk = Desk::open().await;
    assert_eq!(get(&desk, "/livez").await.0, 200);
    let (status, ready) = get(&desk, "/readyz").await;
    assert_eq!((status.as_u16(), &ready["status"]), (200, &json!("ready")), "{ready}");

    let asked = desk.asks("How long does shipping take?");
    let events = desk.settled().await;
    let event = events.iter().find(|event| event["message_id"] == asked.message.0.as_str()).unwrap();
    assert_eq!((&event["state"], &event["outcome"]), (&json!("done"), &json!("replied")));
    let answers = desk.answers(&asked.thread);
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers[0].contains("2 to 3 working"), "{answers:?}");
}

/// A delivery as a stranger or a broken proxy might send it.
async fn post(desk: &Desk, connection: &str, secret: &str, body: String) -> Response {
    let url = format!("http://{}/webhooks/hubspot/{connection}", desk.bridge.at.public);
    let now = SystemClock.now();
    let signed = signature::v3(secret, "POST", &url, body.as_bytes(), now);
    let request = desk.bridge.client.post(url).header("x-hubspot-signature-v3", signed);
    request.header("x-hubspot-request-timestamp", now.0.to_string()).body(body).send().await.unwrap()
}

#[tokio::test]
async fn each_refusal_has_its_status_and_its_words() {
    let desk = Desk::open().await;
    let secret = desk.portal.seed().client_secret;
    let huge = format!("[{}]", " ".repeat(1 << 20));
    let rows = [
        ("nobody", secret.as_str(), "[]".to_owned(), 404, "unknown_connection"),
        ("acme", secret.as_str(), huge, 413, "body_too_large"),
        ("acme", "not the secret", "[]".to_owned(), 401, "bad_signature"),
        ("acme", secret.as_str(), "{".to_owned(), 400, "not_an_array"),
        ("acme", secret.as_str(), "{}".to_owned(), 400, "not_an_array"),
    ];
    for (connection, secret, body, status, code) in rows {
        let answer = post(&desk, connection, secret, body).await;
        assert_eq!(answer.status(), status, "{code}");
        let said: Value = answer.json().await.unwrap();
        assert_eq!(said["error"]["code"], code);
        assert!(said["error"]["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{said}");
    }
    assert_eq!(post(&desk, "acme", &secret, "[]".to_owned()).await.status(), 200);
    assert_eq!(desk.events().await, Vec::<Value>::new(), "nothing of it was stored");
}

#[tokio::test]
async fn the_admin_side_wants_its_token() {
    let desk = Desk::open().await;
    for path in ["/api/v1/events", "/metrics"] {
        let url = format!("http://{}{path}", desk.bridge.at.admin);
        assert_eq!(desk.bridge.client.get(&url).send().await.unwrap().status(), 401, "{path}");
        let with = desk.bridge.client.get(&url).bearer_auth(super::desk::TOKEN).send().await.unwrap();
        assert_eq!(with.status(), 200, "{path}");
    }
}
