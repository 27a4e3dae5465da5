//! A team's own agent, written as `docs/agents.md` tells a team to write one, on a socket beside bridge and portal.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hubspot_bridge::domain::ThreadId;
use hubspot_bridge::sandbox::portal::people::Email;
use hubspot_bridge::sandbox::portal::seed::{HELP_DESK_ACCOUNT, KNOWN_CUSTOMER};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::desk::{Desk, ended, mail};
use super::secrets::{forgotten, unlogged};

const SECRET: &str = "whsec_bmFyd2hhbC1jYW5hcnktb2YtdGhpcy10ZWFtLTAxMjM=";
const KEY: &[u8] = b"narwhal-canary-of-this-team-0123";
/// What nobody may find in the log.
const PRIVATE: [&str; 6] = [KNOWN_CUSTOMER, "quokkacanary", "wombatcanary", "dingocanary", SECRET, "axolotl-1042"];

/// What one post brought.
struct Heard {
    id: String,
    body: Value,
}

#[derive(Default)]
struct Desktop {
    answers: Mutex<VecDeque<Value>>,
    heard: Mutex<Vec<Heard>>,
    /// Takes what reps write and never says so.
    mute: AtomicBool,
}

/// The agent; ends with the test.
struct Team {
    desktop: Arc<Desktop>,
    url: String,
    _serving: JoinSet<()>,
}

impl Team {
    async fn start() -> Self {
        let desktop = Arc::<Desktop>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/turns", listener.local_addr().unwrap());
        let router = Router::new().route("/turns", post(take)).with_state(Arc::clone(&desktop));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { desktop, url, _serving: serving }
    }

    fn answers(&self, answer: Value) {
        self.desktop.answers.lock().unwrap().push_back(answer);
    }

    /// The bodies of one type, in order.
    fn heard(&self, kind: &str) -> Vec<Value> {
        let heard = self.desktop.heard.lock().unwrap();
        heard.iter().filter(|heard| heard.body["type"] == kind).map(|heard| heard.body.clone()).collect()
    }

    fn relays(&self) -> Vec<Value> {
        self.heard("conversation.relay")
    }

    /// A bridge that asks this agent.
    async fn desk(&self, mirror_notes: bool) -> Desk {
        Desk::with(|text| {
            let agent = format!(
                "mirror_notes = {mirror_notes}\n[connections.acme.agent]\nkind = \"http\"\nbase_url = \"{}\"\n\
                 signing_secret = \"{SECRET}\"\ntimeout = \"3s\"",
                self.url
            );
            let text = text.replace("[connections.acme.agent]", &agent);
            text + "[connections.acme.crm]\nfor_agent = true\n[connections.acme.ticketing]\nupdate_interval = \"1s\"\n\
                    custom_data = { order = \"order_number\" }\n"
        })
        .await
    }
}

async fn take(State(desktop): State<Arc<Desktop>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let id = header("webhook-id");
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap();
    mac.update(format!("{id}.{}.", header("webhook-timestamp")).as_bytes());
    mac.update(&body);
    let given = STANDARD.decode(header("webhook-signature").trim_start_matches("v1,")).unwrap();
    if mac.verify_slice(&given).is_err() {
        return (StatusCode::UNAUTHORIZED, Json(Value::Null));
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["id"], id.as_str());
    let is_turn = body["type"] == "conversation.turn";
    desktop.heard.lock().unwrap().push(Heard { id, body });
    if !is_turn {
        if desktop.mute.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        return (StatusCode::OK, Json(Value::Null));
    }
    let answer = desktop.answers.lock().unwrap().pop_front();
    (StatusCode::OK, Json(answer.unwrap_or_else(|| json!({"action": "nothing"}))))
}

/// Nora writes to the help desk.
fn nora(thread: Option<&ThreadId>, text: &str) -> Email {
    let account = Some(HELP_DESK_ACCOUNT.to_owned());
    let thread = thread.map(|thread| thread.0.clone());
    Email { account, thread, ..mail(KNOWN_CUSTOMER, "My lamp", text) }
}

/// Asks twice: the first is answered, the second handed off with what the agent learned.
async fn conversation(desk: &Desk, team: &Team) -> ThreadId {
    team.answers(json!({"action": "reply", "text": "It leaves **today**, wombatcanary.",
        "custom_data": {"order": "axolotl-1042", "vip": true}}));
    let first = desk.portal.customer_emails(&nora(None, "Where is my quokkacanary?")).unwrap();
    assert_eq!(ended(&desk.settled().await, &first.message), "replied");
    let handoff = json!({"action": "handoff", "reason": "wants a dingocanary", "summary": "A lamp is late.",
        "sentiment": "angry", "language": "en"});
    team.answers(handoff);
    let second = desk.portal.customer_emails(&nora(Some(&first.thread), "I want a person, quokkacanary!")).unwrap();
    assert_eq!(ended(&desk.settled().await, &second.message), "handed_off");
    first.thread
}

#[tokio::test]
async fn it_is_told_all_there_is_and_what_it_says_is_done() {
    let team = Team::start().await;
    let desk = team.desk(false).await;
    let thread = conversation(&desk, &team).await;
    let ticket = desk.ticket_of(&thread);
    let [first, second] = team.heard("conversation.turn").try_into().unwrap();
    for turn in [&first, &second] {
        assert_eq!((&turn["channel"], &turn["ticket_id"]), (&json!("email"), &json!(ticket.as_str())), "{turn}");
        assert_eq!(turn["contact"]["email"], KNOWN_CUSTOMER, "{turn}");
        assert_eq!(turn["crm"]["company"]["name"], "Northwind Outdoor", "{turn}");
        assert_eq!(turn["crm"]["deals"]["items"].as_array().unwrap().len(), 2, "{turn}");
    }
    assert_eq!((&first["history"], &first["custom_data"]), (&json!([]), &json!({})));
    assert_eq!(second["session_id"], first["session_id"]);
    let told: Vec<(&Value, &Value)> =
        second["history"].as_array().unwrap().iter().map(|said| (&said["by"], &said["text"])).collect();
    let (ours, hers) = (json!("It leaves today, wombatcanary."), json!("Where is my quokkacanary?"));
    assert_eq!(told, [(&json!("customer"), &hers), (&json!("ai"), &ours)]);
    assert_eq!(
        (&second["custom_data"]["order"], &second["custom_data"]["vip"]),
        (&json!("axolotl-1042"), &json!("true"))
    );

    assert_eq!(desk.property(&ticket, "order_number"), "axolotl-1042", "what the agent learned is on the ticket");
    assert_eq!(desk.property(&ticket, "opencx_tags"), "opencx_handedoff");
    assert!(desk.tickets_made().is_empty(), "the help desk's own ticket will do");
    let comments = desk.items(&thread, "COMMENT");
    assert_eq!(comments.len(), 1);
    assert!(comments[0]["text"].as_str().unwrap().contains("wants a dingocanary"), "{comments:?}");

    let rep = desk.portal.seed().reps[0].actor();
    let note = desk.portal.rep_comments(&thread, &rep, "A difficult dingocanary").unwrap();
    assert_eq!(ended(&desk.settled().await, &note.message), "skipped/internal_comment");
    assert!(team.relays().is_empty(), "notes are mirrored only where the settings say so");
    unlogged(&desk, &PRIVATE);
}

#[tokio::test]
async fn a_reps_reply_reaches_it_under_one_id_whatever_dies_in_between() {
    let team = Team::start().await;
    let mut desk = team.desk(true).await;
    let thread = conversation(&desk, &team).await;
    let (ticket, rep) = (desk.ticket_of(&thread), desk.portal.seed().reps[0].actor());
    team.desktop.mute.store(true, Ordering::SeqCst);
    let reply = desk.portal.rep_replies(&thread, &rep, "I send a new dingocanary").unwrap();
    desk.until("the relay", async || !team.relays().is_empty()).await;
    desk.bridge.kill().await;
    team.desktop.mute.store(false, Ordering::SeqCst);
    desk.bridge.start().await.unwrap();
    assert_eq!(ended(&desk.settled().await, &reply.message), "relayed");
    let heard: BTreeSet<String> =
        team.desktop.heard.lock().unwrap().iter().skip(2).map(|heard| heard.id.clone()).collect();
    assert_eq!(heard.len(), 1, "one id for one reply: {heard:?}");
    let relays = team.relays();
    let turn = team.heard("conversation.turn").remove(0);
    for relay in &relays {
        assert_eq!((&relay["kind"], &relay["text"]), (&json!("reply"), &json!("I send a new dingocanary")));
        assert_eq!((&relay["session_id"], &relay["author"]), (&turn["session_id"], &json!("Rita Moreno")));
    }

    let comment = desk.portal.rep_comments(&thread, &rep, "A difficult wombatcanary").unwrap();
    assert_eq!(ended(&desk.settled().await, &comment.message), "note_mirrored");
    desk.portal.rep_notes_ticket(&ticket, &rep, "<p>Called her, quokkacanary</p>").unwrap();
    desk.until("the note on the ticket", async || team.relays().len() == relays.len() + 2).await;
    desk.settled().await;
    let [on_thread, on_ticket]: [Value; 2] = team.relays().split_off(relays.len()).try_into().unwrap();
    assert_eq!((&on_thread["kind"], &on_thread["text"]), (&json!("note"), &json!("A difficult wombatcanary")));
    assert_eq!((&on_ticket["kind"], &on_ticket["thread_id"]), (&json!("note"), &Value::Null));
    assert_eq!(on_ticket["text"], "Called her, quokkacanary");
    unlogged(&desk, &PRIVATE);
    // Custom data is kept: that is what it is for.
    forgotten(&desk, &PRIVATE[..5]).await;
}
