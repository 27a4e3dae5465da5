//! Conversations that live outside HubSpot: OpenCX's webhook brings them, a ticket holds them, a rep's reply goes back.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use hubspot_bridge::clock::{Clock as _, SystemClock};
use hubspot_bridge::domain::TicketId;
use hubspot_bridge::hubspot::transport::Transport as _;
use hubspot_bridge::sandbox::portal::{Effect, Fault};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::desk::{Desk, TICKETS, ended, ending};
use super::secrets::{forgotten, unlogged};
use crate::agents::peer::{KEY, Peer, message};

const SECRET: &str = "narwhal-canary-webhooks-secret";
const CUSTOMER: &str = "axolotlcanary@elsewhere.example";
const PRIVATE: [&str; 7] = [KEY, SECRET, CUSTOMER, "quokkacanary", "wombatcanary", "dingocanary", "+351900000000"];

/// OpenCX on a socket.
struct OpenCx {
    peer: Arc<Peer>,
    url: String,
    _serving: JoinSet<()>,
}

async fn speak(State(peer): State<Arc<Peer>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    let answer = peer.send(http::Request::from_parts(parts, body), Duration::from_secs(30)).await;
    answer.unwrap().map(Body::from)
}

impl OpenCx {
    /// With one conversation, which its AI gave up on.
    async fn start() -> Self {
        let peer = Peer::new(Arc::new(SystemClock));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(speak).with_state(Arc::clone(&peer));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let now = SystemClock.now();
        peer.change("wa-1", |session| {
            session.contact = json!({"name": "Ines Duarte", "email": CUSTOMER, "phone_number": "+351900000000"});
            session.shown.insert("channel".to_owned(), json!({"type": "whatsapp"}));
            session.handoff_summary = Some("A dingocanary arrived broken.".to_owned());
            session.events = vec![
                (now, message("contact", "My quokkacanary broke.")),
                (now, message("ai", "I pass you on, wombatcanary.")),
                (now, json!({"type": "handoff"})),
            ];
        });
        Self { peer, url, _serving: serving }
    }

    async fn desk(&self) -> Desk {
        Desk::with(|text| {
            let agent = format!(
                "[connections.acme.agent]\nkind = \"opencx\"\nbase_url = \"{}\"\napi_key = \"{KEY}\"\n\
                 webhook_secret = \"{SECRET}\"",
                self.url
            );
            text.replace("[connections.acme.agent]", &agent)
        })
        .await
    }
}

impl Desk {
    /// One of OpenCX's webhooks: how it was answered.
    async fn webhook(&self, secret: &str, name: &str) -> u16 {
        let body = json!({
            "event": name,
            "organization_id": "org-1",
            "data": {
                "conversation_id": "wa-1",
                "timestamp": "2026-11-18T11:06:28.000Z",
                "reason": "ai_decided_to_handoff_the_conversation",
                "message": "quokkacanary",
            },
        });
        let url = format!("http://{}/webhooks/opencx/acme", self.bridge.at.public);
        self.bridge.client.post(url).bearer_auth(secret).json(&body).send().await.unwrap().status().as_u16()
    }

    async fn wishes(&self) -> Vec<Value> {
        self.settled().await.into_iter().filter(|event| event["type"] == "handoff_request").collect()
    }
}

const HANDOFF: &str = "conversation.handoff_to_human";

#[tokio::test]
async fn it_gets_a_ticket_and_reps_talk_through_it() {
    let opencx = OpenCx::start().await;
    let desk = opencx.desk().await;
    assert_eq!(desk.webhook("something else", HANDOFF).await, 401);
    assert_eq!(desk.webhook(SECRET, HANDOFF).await, 200);
    assert_eq!(desk.webhook(SECRET, HANDOFF).await, 200);
    let wishes = desk.wishes().await;
    let shown: Vec<_> = wishes.iter().map(|event| (ending(event), event["seen"].as_u64().unwrap())).collect();
    assert_eq!(shown, [("handed_off".to_owned(), 2)], "the same webhook twice: {wishes:#?}");
    let [ticket]: [Value; 1] = desk.tickets_made().try_into().unwrap();
    let properties = &ticket["properties"];
    let content = properties["content"].as_str().unwrap();
    assert!(content.starts_with("A dingocanary arrived broken."), "{content}");
    assert!(content.contains("Ines Duarte:\nMy quokkacanary broke."), "{content}");
    assert!(content.contains("AI:\nI pass you on, wombatcanary."), "{content}");
    let rep = desk.portal.seed().reps[0].clone();
    assert_eq!(properties["opencx_tags"], "opencx_handedoff");
    assert_eq!(properties["hubspot_owner_id"], rep.owner_id.to_string());
    let contacts = desk.records("contacts");
    let contact = contacts.iter().find(|contact| contact["properties"]["email"] == CUSTOMER).unwrap();
    assert_eq!(ticket["associations"]["contacts"], json!([contact["id"]]));

    let id = TicketId(ticket["id"].as_str().unwrap().to_owned());
    let words = ("Your vase", "A new dingocanary is on its way");
    let wrote = desk.portal.rep_writes_from_ticket(&id, &rep.actor(), CUSTOMER, words).unwrap();
    assert_eq!(ended(&desk.settled().await, &wrote.message), "relayed");
    assert_eq!(opencx.peer.relayed("wa-1"), [words.1]);

    desk.portal.change_ticket(&id, "opencx_tags", "", &rep.actor()).unwrap();
    let wrote = desk.portal.rep_replies(&wrote.thread, &rep.actor(), "Not for the quokkacanary").unwrap();
    assert_eq!(ended(&desk.settled().await, &wrote.message), "skipped/ticket_not_tagged");
    assert_eq!(opencx.peer.relayed("wa-1").len(), 1);

    // Given back and handed off once more, on request: the ticket is still there.
    let session = desk.api(&format!("/sessions?ticket={id}")).await["items"][0].clone();
    let path = format!("/sessions/{}", session["id"].as_str().unwrap());
    assert_eq!(desk.ask(Method::POST, &format!("{path}/resume"), &json!({})).await.0, 202);
    desk.until("it back with the AI", async || desk.api(&path).await["state"] == "ai").await;
    let reason = json!({"reason": "a VIP quokkacanary"});
    assert_eq!(desk.ask(Method::POST, &format!("{path}/handoff"), &reason).await.0, 202);
    desk.until("it with a human again", async || desk.api(&path).await["state"] == "handed_off").await;
    let ends: Vec<String> = desk.wishes().await.iter().map(ending).collect();
    assert_eq!(ends, ["handed_off", "handed_off"]);
    assert_eq!(desk.tickets_made().len(), 1);
    desk.until("the tag again", async || desk.property(&id, "opencx_tags") == "opencx_handedoff").await;
    unlogged(&desk, &PRIVATE);
}

#[tokio::test]
async fn killed_after_hubspot_took_its_ticket_there_is_no_second_one() {
    let opencx = OpenCx::start().await;
    let mut desk = opencx.desk().await;
    desk.portal.add_fault(Fault::times(1, "POST", TICKETS, Effect::Timeout { acted: true }));
    assert_eq!(desk.webhook(SECRET, HANDOFF).await, 200);
    desk.called("POST", TICKETS).await;
    desk.bridge.kill().await;
    desk.bridge.start().await.unwrap();
    assert_eq!(desk.webhook(SECRET, HANDOFF).await, 200, "OpenCX tries again as well");
    let ends: Vec<String> = desk.wishes().await.iter().map(ending).collect();
    assert_eq!(ends, ["handed_off"]);
    assert_eq!(desk.tickets_made().len(), 1);
    unlogged(&desk, &PRIVATE);
    forgotten(&desk, &PRIVATE).await;
}
