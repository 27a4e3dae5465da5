//! The sandbox's own agent, held to the contract of `docs/agents.md`, and the page that shows its side.

use std::path::Path;
use std::sync::Arc;

use http::StatusCode;
use hubspot_bridge::agents::http::signature;
use hubspot_bridge::clock::{Clock, SystemClock};
use hubspot_bridge::sandbox::agent::{Assistant, PATH, What};
use hubspot_bridge::sandbox::portal::{Portal, Seed};
use hubspot_bridge::sandbox::{deliver, server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const SECRET: &str = "a secret of twenty-four bytes";

/// The sandbox's server with the agent; it ends when this is dropped.
struct Side {
    url: String,
    client: reqwest::Client,
    assistant: Assistant,
    _serving: JoinSet<()>,
}

impl Side {
    async fn start() -> Self {
        let articles = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/faq");
        let assistant = Assistant::new(&articles, SECRET).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let client = deliver::client().unwrap();
        let portal = Portal::new(Seed::default(), Arc::new(SystemClock));
        let options = server::Options { portal, console: None, assistant: Some(assistant.clone()) };
        let mut serving = JoinSet::new();
        let served = server::serve(listener, options, CancellationToken::new());
        serving.spawn(async move { served.await.unwrap() });
        Self { url, client, assistant, _serving: serving }
    }

    async fn post(&self, body: &Value, secret: &str, seconds_ago: i64) -> reqwest::Response {
        let (id, body) = (body["id"].as_str().unwrap_or("other_1").to_owned(), body.to_string());
        let seconds = SystemClock.now().0 / 1_000 - seconds_ago;
        let signed = signature::sign(&signature::key(secret).unwrap(), &id, seconds, body.as_bytes()).unwrap();
        let request = self.client.post(format!("{}{PATH}", self.url)).header("webhook-id", id);
        let request = request.header("webhook-timestamp", seconds).header("webhook-signature", signed);
        request.header("content-type", "application/json").body(body).send().await.unwrap()
    }

    async fn tell(&self, body: &Value) -> reqwest::Response {
        self.post(body, SECRET, 0).await
    }
}

fn turn(text: &str) -> Value {
    let message = json!({
        "id": "m1", "by": "customer", "at": "2026-11-18T11:06:21.000Z", "text": text, "original": null, "attachments": [],
    });
    json!({
        "type": "conversation.turn", "version": 1, "id": "turn_1", "timestamp": "2026-11-18T11:06:28.000Z",
        "connection": "acme", "thread_id": "7", "session_id": "acme:7", "channel": "chat", "ticket_id": null,
        "contact": {"id": null, "name": "Ada", "email": null}, "custom_data": {}, "crm": null,
        "messages": [message], "history": [],
    })
}

fn relay(kind: &str, id: &str, text: &str) -> Value {
    json!({
        "type": "conversation.relay", "version": 1, "id": id, "kind": kind, "connection": "acme",
        "session_id": "acme:7", "thread_id": "7", "ticket_id": null, "message_id": "m2", "author": "Rita Moreno",
        "at": "2026-11-18T12:30:00.000Z", "text": text, "attachments": [],
    })
}

#[tokio::test]
async fn questions_are_answered_from_the_articles() {
    let side = Side::start().await;
    let answer: Value = side.tell(&turn("How long does shipping take?")).await.json().await.unwrap();
    assert_eq!(answer["action"], "reply");
    assert!(answer["text"].as_str().unwrap().contains("2 to 3 working"));
    let wish = turn("I want to talk to a human about order #1042");
    let answer: Value = side.tell(&wish).await.json().await.unwrap();
    assert_eq!((&answer["action"], &answer["custom_data"]["order"]), (&json!("handoff"), &json!("1042")));
}

#[tokio::test]
async fn what_is_not_signed_now_by_the_bridge_is_refused() {
    let side = Side::start().await;
    let asked = turn("Hello");
    for (secret, seconds_ago) in [("another secret of some bytes", 0), (SECRET, 600), (SECRET, -600)] {
        let refused = side.post(&asked, secret, seconds_ago).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(side.assistant.heard(), []);
}

#[tokio::test]
async fn what_reps_write_is_kept_once_and_shown() {
    let side = Side::start().await;
    let reply = relay("reply", "relay_1", "It leaves <b>today</b>");
    for told in [&reply, &reply, &relay("note", "relay_2", "She called twice")] {
        assert!(side.tell(told).await.status().is_success());
    }
    let heard = side.assistant.heard();
    let kinds: Vec<_> =
        heard.iter().map(|one| (matches!(one.what, What::Relay { note: true, .. }), one.times)).collect();
    assert_eq!(kinds, [(false, 2), (true, 1)]);
    let page = side.client.get(format!("{}/agent", side.url)).send().await.unwrap().text().await.unwrap();
    for expected in
        ["It leaves &lt;b&gt;today&lt;/b&gt;", "told 2 times", "internal note", "She called twice", "Rita Moreno"]
    {
        assert!(page.contains(expected), "the page shows {expected:?}");
    }
}

#[tokio::test]
async fn a_type_it_does_not_know_is_fine() {
    let side = Side::start().await;
    let answered = side.tell(&json!({"type": "conversation.closed", "version": 1, "id": "closed_1"})).await;
    assert_eq!(answered.status(), StatusCode::OK);
}
