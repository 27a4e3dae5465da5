//! The simulated portal, held to what HubSpot documents.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy's own exception for tests does not reach the helpers beside them"
)]

mod agent;
mod api;
mod associations;
mod consistency;
mod crm;
mod desk;
mod faults;
mod limits;
mod pages;
mod paging;
mod posting;
mod server;
mod signature;
mod story;
mod webhooks;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request};
use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::domain::{ActorId, ThreadId, Timestamp};
use hubspot_bridge::sandbox::portal::people::{Customer, Email, Posted};
use hubspot_bridge::sandbox::portal::{Attempt, Ending, Portal, Seed, Signing, Target};
use serde_json::{Value, json};

/// 2026-11-21T12:00:00Z.
const NOON: Timestamp = Timestamp(1_795_262_400_000);
const THREADS: &str = "/conversations/v3/conversations/threads";

/// A portal with a clock the test moves.
struct Desk {
    portal: Portal,
    clock: Arc<ManualClock>,
}

struct Answered {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Desk {
    fn new() -> Self {
        Self::seeded(7)
    }

    fn seeded(seed: u64) -> Self {
        let clock = ManualClock::starting_at(NOON);
        let portal = Portal::new(Seed::new(seed), Arc::<ManualClock>::clone(&clock));
        portal.set_short_pages(false);
        Self { portal, clock }
    }

    fn with_target(self) -> Self {
        let secret = self.portal.seed().client_secret;
        let url = "https://bridge.example.com/webhooks/hubspot/acme".to_owned();
        self.portal.set_target(Some(Target { url, secret, signing: Signing::Both, retry_scale: 1.0 }));
        self
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answered {
        let token = self.portal.seed().token;
        self.call_as(&format!("Bearer {token}"), method, path, body)
    }

    fn call_as(&self, authorization: &str, method: &str, path: &str, body: Option<&Value>) -> Answered {
        let handled = self.portal.handle(&request(authorization, method, path, body));
        let Ending::Answer(response) = handled.ending else { panic!("{method} {path} got no answer") };
        let (parts, bytes) = response.into_parts();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answered { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    fn get(&self, path: &str) -> Answered {
        self.call("GET", path, None)
    }

    fn chat(&self, text: &str) -> Posted {
        let ada = Customer { name: Some("Ada Lindgren".to_owned()), email: Some("ada@example.com".to_owned()) };
        self.portal.customer_chats(&ada, None, text).unwrap()
    }

    fn email(&self, thread: Option<&ThreadId>, text: &str, quoted: Option<&str>) -> Posted {
        let mail = Email {
            from: "ben@example.com".to_owned(),
            name: Some("Ben Okafor".to_owned()),
            subject: "My order".to_owned(),
            text: text.to_owned(),
            quoted: quoted.map(str::to_owned),
            account: None,
            thread: thread.map(|thread| thread.0.clone()),
        };
        self.portal.customer_emails(&mail).unwrap()
    }

    fn ai(&self) -> ActorId {
        self.portal.seed().ai.actor()
    }

    fn rita(&self) -> ActorId {
        self.portal.seed().reps[0].actor()
    }

    fn due(&self) -> Vec<Attempt> {
        self.portal.due_deliveries(self.portal.now())
    }

    /// Everything due now, as events.
    fn events(&self) -> Vec<Value> {
        self.due().iter().flat_map(events_of).collect()
    }
}

fn request(authorization: &str, method: &str, path: &str, body: Option<&Value>) -> Request<Bytes> {
    let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
    let request = Request::builder().method(method).uri(format!("https://api.hubapi.com{path}"));
    request.header("authorization", authorization).body(body).unwrap()
}

fn events_of(attempt: &Attempt) -> Vec<Value> {
    serde_json::from_slice(&attempt.body).unwrap()
}

/// What the bridge posts to a chat.
fn reply(desk: &Desk, text: &str) -> Value {
    json!({
        "type": "MESSAGE", "text": text, "richText": format!("<p>{text}</p>"), "attachments": [],
        "senderActorId": desk.ai().0, "channelId": "1000", "channelAccountId": "501000001",
        "recipients": [{"actorId": "V-1", "recipientField": "TO",
                        "deliveryIdentifiers": [{"type": "CHANNEL_SPECIFIC_OPAQUE_ID", "value": "visitor-1"}]}],
    })
}
