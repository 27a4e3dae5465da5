//! The agent's side as a sender of webhooks: it posts what happened to conversations of its own, and repeats each until it
//! hears 200. It outlives the bridge's crashes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use serde_json::json;
use tokio::sync::Notify;
use tower::ServiceExt;

/// What it proves itself with.
pub const SECRET: &str = "whsec-of-the-agents-side";

/// Waits between attempts.
const PAUSE: Duration = Duration::from_secs(20);
/// HubSpot's patience; nobody's is endless.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Default)]
pub struct Sender(Arc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: Mutex<VecDeque<Webhook>>,
    news: Notify,
}

#[derive(Clone, Debug)]
struct Webhook {
    connection: &'static str,
    body: String,
    /// How often it is still sent after it was taken.
    again: u32,
}

impl Sender {
    pub fn tells(&self, connection: &'static str, id: &str, event: &str, at_ms: i64, again: u32) {
        let data =
            json!({"conversation_id": id, "timestamp": at_ms, "reason": "ai_decided_to_handoff_the_conversation"});
        let body = json!({"event": event, "organization_id": "o1", "data": data}).to_string();
        self.waiting().push_back(Webhook { connection, body, again });
        self.0.news.notify_one();
    }

    pub fn outstanding(&self) -> usize {
        self.waiting().len()
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<Webhook>> {
        self.0.waiting.lock().expect("no panic in here")
    }

    /// Posts to this life of the bridge. Never ends; dropped in the middle, nothing is forgotten.
    pub async fn carry(self, router: Router) {
        loop {
            let Some(webhook) = self.waiting().front().cloned() else {
                self.0.news.notified().await;
                continue;
            };
            let request = http::Request::post(format!("/webhooks/opencx/{}", webhook.connection))
                .header("authorization", format!("Bearer {SECRET}"))
                .header("content-type", "application/json")
                .body(Body::from(webhook.body.clone()))
                .expect("a request");
            let answer = tokio::time::timeout(PATIENCE, router.clone().oneshot(request)).await;
            match answer.map(|answer| answer.expect("axum is infallible").status().as_u16()) {
                Ok(200) if webhook.again == 0 => drop(self.waiting().pop_front()),
                Ok(200) => {
                    if let Some(first) = self.waiting().front_mut() {
                        first.again -= 1;
                    }
                }
                Ok(503) | Err(_) => tokio::time::sleep(PAUSE).await,
                Ok(status) => panic!("the agent's side is answered {status}: {webhook:?}"),
            }
        }
    }
}
