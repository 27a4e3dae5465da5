//! The mistakes of others: each known from a bridge, bot or webhook receiver in the wild, each with one test that shows
//! what we do instead. Its comment says what goes wrong elsewhere. `docs/reliability.md` lists them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's own exception for tests does not reach the helpers beside them"
)]

mod attachments;
mod dedup;
mod delivery;
mod humans;
mod intake;
mod operation;
mod turns;
mod worker;

use axum::body::Body;
use hubspot_bridge::domain::ThreadId;
use hubspot_bridge::sandbox::portal::people::Posted;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Portal};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::conversation::house::House;

const PATH: &str = "/webhooks/hubspot/acme";
const URL: &str = "https://bridge.example.com/webhooks/hubspot/acme";

/// What the bridge answers to these bytes with these headers.
async fn knock(house: &House, headers: &[(&str, &str)], body: &str) -> u16 {
    let mut request = http::Request::post(PATH);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    house.life().router.clone().oneshot(request).await.unwrap().status().as_u16()
}

/// The element HubSpot would announce this message with.
fn announced(portal: &Portal, message: &Posted) -> Value {
    let (seed, thread) = (portal.seed(), message.thread.as_str().parse::<u64>().unwrap());
    json!({"eventId": 9, "portalId": seed.portal_id.0, "appId": seed.app_id.0, "occurredAt": portal.now().0,
        "subscriptionType": "conversation.newMessage", "objectId": thread, "messageId": message.message.as_str(),
        "messageType": "MESSAGE"})
}

/// HubSpot refuses or fails so, having done nothing.
fn answers(code: u16) -> Effect {
    Effect::Status { code, body: BodyKind::Standard, retry_after: None, acted: false }
}

/// Calls so far that posted into a thread.
fn posts_tried(house: &House, thread: &ThreadId) -> usize {
    let snapshot = house.portal.snapshot();
    let path = format!("/threads/{thread}/messages");
    let posts = |call: &&Value| call["method"] == "POST" && call["path"].as_str().unwrap().ends_with(&path);
    snapshot["calls"].as_array().unwrap().iter().filter(posts).count()
}
