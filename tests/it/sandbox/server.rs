//! The portal over real sockets: API, control, signed deliveries, and connections that break.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::sandbox::portal::{Portal, Seed, signature};
use hubspot_bridge::sandbox::{deliver, server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::THREADS;

/// A running sandbox; everything ends when it is dropped.
pub struct Running {
    pub url: String,
    pub portal: Portal,
    pub client: reqwest::Client,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Running {
    pub async fn start() -> Self {
        let portal = Portal::new(Seed::default(), Arc::new(SystemClock));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (client, stop) = (deliver::client().unwrap(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        let options = server::Options { portal: portal.clone(), console: None, assistant: None };
        let serving = server::serve(listener, options, stop.clone());
        tasks.spawn(async move { serving.await.unwrap() });
        tasks.spawn(deliver::run(portal.clone(), client.clone(), stop.clone()));
        Self { url, portal, client, tasks, stop }
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> reqwest::Result<reqwest::Response> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(self.portal.seed().token);
        match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        }
    }

    async fn act(&self, action: Value) -> Value {
        let response = self.send("POST", "/_sandbox/actions", Some(action)).await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }
}

/// Answers 503 once, then 200, and hands over what came.
async fn receiver(tasks: &mut JoinSet<()>, path: &str) -> (String, mpsc::Receiver<(HeaderMap, Bytes)>) {
    let (sender, received) = mpsc::channel(16);
    let app = Router::new().route(path, post(take)).with_state(sender);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, received)
}

async fn take(State(sender): State<mpsc::Sender<(HeaderMap, Bytes)>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let events: Value = serde_json::from_slice(&body).unwrap();
    let retry = events[0]["attemptNumber"] != json!(0);
    sender.send((headers, body)).await.unwrap();
    if retry { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

#[tokio::test]
async fn a_chat_over_http_is_delivered_signed_and_retried() {
    let mut running = Running::start().await;
    let (target, mut received) = receiver(&mut running.tasks, "/hook").await;
    let put = json!({"url": target, "retry_scale": 0.0001});
    assert_eq!(running.send("PUT", "/_sandbox/target", Some(put)).await.unwrap().status(), 204);
    let said = running.act(json!({"action": "chat", "text": "hello"})).await;
    let secret = running.portal.seed().client_secret;
    let mut attempts = Vec::new();
    // The first attempt may hold fewer events than were raised: wait for every event's second attempt.
    while !attempts.contains(&json!([1, "conversation.newMessage"])) {
        let (headers, body) = received.recv().await.unwrap();
        assert_eq!(headers["x-hubspot-signature"], signature::v1(&secret, &body).as_str());
        let at = headers["x-hubspot-request-timestamp"].to_str().unwrap().parse().unwrap();
        let at = hubspot_bridge::domain::Timestamp(at);
        assert_eq!(headers["x-hubspot-signature-v3"], signature::v3(&secret, "POST", &target, &body, at).as_str());
        let events: Vec<Value> = serde_json::from_slice(&body).unwrap();
        attempts.extend(events.iter().map(|event| json!([event["attemptNumber"], event["subscriptionType"]])));
    }
    assert!(attempts.contains(&json!([0, "conversation.newMessage"])));
    let thread = said["thread"].as_str().unwrap();
    let read = running.send("GET", &format!("{THREADS}/{thread}/messages"), None).await.unwrap();
    assert!(read.headers().contains_key("x-hubspot-ratelimit-remaining"));
    let state: Value = running.send("GET", "/_sandbox/state", None).await.unwrap().json().await.unwrap();
    assert_eq!(state["threads"][0]["messages"][0]["text"], "hello");
    running.stop.cancel();
}

#[tokio::test]
async fn a_cut_connection_gives_no_whole_answer() {
    let running = Running::start().await;
    let said = running.act(json!({"action": "chat", "text": "hello"})).await;
    let path = format!("{THREADS}/{}/messages", said["thread"].as_str().unwrap());
    for (kind, comments) in [("cut_before", 0), ("cut_after", 1)] {
        let fault = json!({"route": path, "method": "POST", "times": 1, "effect": {"kind": kind}});
        assert_eq!(running.send("POST", "/_sandbox/faults", Some(fault)).await.unwrap().status(), 204);
        let posted = running.send("POST", &path, Some(json!({"type": "COMMENT", "text": "note"}))).await;
        let whole = match posted {
            Ok(response) => response.bytes().await,
            Err(error) => Err(error),
        };
        assert!(whole.is_err(), "{kind}");
        let state = running.portal.snapshot();
        let items = state["threads"][0]["messages"].as_array().unwrap();
        assert_eq!(items.iter().filter(|item| item["type"] == "COMMENT").count(), comments, "{kind}");
    }
}

#[tokio::test]
async fn the_control_api_says_what_is_wrong_with_a_request() {
    let running = Running::start().await;
    let rows = [
        ("/_sandbox/faults", json!({"route": "/x", "effect": {"kind": "explode"}}), "explode"),
        ("/_sandbox/faults", json!({"visibilty": {}}), "visibilty"),
        ("/_sandbox/faults", json!({"subscriptions": {"conversation.messageCreated": true}}), "no subscription"),
        ("/_sandbox/actions", json!({"action": "reply", "thread": "1", "text": "x"}), "there is no thread 1"),
        ("/_sandbox/actions", json!({"action": "dance"}), "dance"),
    ];
    for (path, body, expected) in rows {
        let response = running.send("POST", path, Some(body)).await.unwrap();
        assert_eq!(response.status(), 400, "{path}");
        let text = response.text().await.unwrap();
        assert!(text.contains(expected), "{path}: {text}");
    }
}

#[tokio::test]
async fn reps_and_workflows_act_over_json() {
    let mut running = Running::start().await;
    let (target, mut received) = receiver(&mut running.tasks, "/actions/hubspot/acme/pause-ai").await;
    let target = target.replace("/actions/hubspot/acme/pause-ai", "/webhooks/hubspot/acme");
    let thread = running.act(json!({"action": "chat", "text": "hello"})).await["thread"].clone();
    let ticket = running.act(json!({"action": "create_ticket", "subject": "Help"})).await["ticket"].clone();
    running.act(json!({"action": "note", "ticket": ticket, "body": "<p>call back</p>"})).await;
    let words = json!({"action": "write", "ticket": ticket, "to": "ada@example.com", "subject": "s", "text": "t"});
    let written = running.act(words).await;
    running.act(json!({"action": "reply", "thread": thread, "text": "hi"})).await;
    let failed = running.act(json!({"action": "fail_reply", "thread": thread})).await;
    let state = running.portal.snapshot();
    let threads = state["threads"].as_array().unwrap();
    assert_eq!((&threads[1]["id"], state["notes"].as_array().unwrap().len()), (&written["thread"], 1));
    let last = threads[0]["messages"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["id"], &last["status"]["statusType"]), (&failed["message"], &json!("FAILED")));

    // Only now, so that no webhook comes before the action.
    running.send("PUT", "/_sandbox/target", Some(json!({"url": target}))).await.unwrap();
    let object = json!({"type": "ticket", "id": ticket});
    let run = json!({"action": "workflow", "name": "pause-ai", "object": object, "signing": "v2"});
    let callback = running.act(run).await["callbackId"].clone();
    let (headers, body) = received.recv().await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&body["callbackId"], &headers["x-hubspot-signature-version"]), (&callback, &"v2".parse().unwrap()));
    running.act(json!({"action": "delete_ticket", "ticket": ticket})).await;
    running.stop.cancel();
}

#[tokio::test]
async fn a_hanging_call_ends_with_the_server() {
    let mut running = Running::start().await;
    let fault = json!({"route": "/**", "effect": {"kind": "timeout", "acted": false}});
    running.send("POST", "/_sandbox/faults", Some(fault)).await.unwrap();
    let url = format!("{}{THREADS}", running.url);
    let client = running.client.clone();
    let timed_out = client.get(&url).timeout(Duration::from_millis(50)).send().await.unwrap_err();
    assert!(timed_out.is_timeout());
    running.stop.cancel();
    while running.tasks.join_next().await.is_some() {}
}
