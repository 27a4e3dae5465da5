//! What there is to see: a bridge with two connections after a day of all kinds of fates.

use std::sync::Arc;

use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::domain::{ActorId, PortalId, ThreadId};
use hubspot_bridge::sandbox::deliver;
use hubspot_bridge::sandbox::portal::people::{Customer, Email, Posted};
use hubspot_bridge::sandbox::portal::seed::HELP_DESK_ACCOUNT;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault, Portal, Seed, Signing, Target};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::chromium::Browser;
use crate::process::desk::{Desk, MESSAGE, TOKEN, ended, mail};
use crate::process::replay::bury;

/// More than a page of the lists.
pub const BURIED: usize = 60;

/// `globex` has a token that HubSpot does not know: the connection is held.
const SETTINGS: &str = r#"
[[connections.acme.topics]]
name = "refunds"
match = ["money back"]
action = "escalate"
[connections.globex]
portal_id = 87654321
access_token = "pat-na1-revoked"
client_secret = "globex-secret"
ai_user_id = "A-70000001"
default_user_id = "A-70000002"
"#;

/// The desk and what happened there.
pub struct Day {
    pub desk: Desk,
    /// Where the console is.
    pub console: String,
    /// Answered by the AI; its ticket changed since.
    pub answered: Posted,
    /// Handed to a rep, who has replied.
    pub handed: Posted,
    /// Paused by an operator.
    pub paused: Posted,
    /// Its event is dead.
    pub dead: Posted,
    /// Waits: its connection is held.
    pub held: Posted,
    _globex: Globex,
}

/// The other portal: it only delivers.
struct Globex(#[expect(dead_code, reason = "aborts the deliveries when it is dropped")] JoinSet<()>);

impl Day {
    pub async fn spent() -> Self {
        let mut desk = Desk::closed().await;
        desk.rewrite(|text| text.replace("[admin]\n", "[admin]\nshow_messages = true\n") + SETTINGS);
        bury(&desk, BURIED).await;
        desk.bridge.start().await.unwrap();
        let letter = mail("nora@northwind.example", "Where is my parcel?", "How long does shipping take?");
        let letter = Email { account: Some(HELP_DESK_ACCOUNT.to_owned()), ..letter };
        let answered = desk.portal.customer_emails(&letter).unwrap();
        let handed = desk.asks("My vase arrived broken, I want my money back");
        let paused = desk.asks("How do I reset my password?");
        desk.settled().await;
        let rep = desk.portal.seed().reps[0].actor();
        desk.portal.rep_replies(&handed.thread, &rep, "I am sorry. The money is on its way.").unwrap();
        desk.portal.rep_comments(&handed.thread, &rep, "A regular customer.").unwrap();
        change_ticket(&desk, &answered.thread, &rep);
        let session = desk.session(&paused.thread).await["id"].as_str().unwrap().to_owned();
        desk.ask(Method::POST, &format!("/sessions/{session}/pause"), &json!({})).await;
        let missing = Effect::Status { code: 404, body: BodyKind::Standard, retry_after: None, acted: false };
        desk.settled().await;
        desk.portal.add_fault(Fault::times(10_000, "GET", MESSAGE, missing));
        let dead = desk.asks("How long does shipping take?");
        let events = desk.settled().await;
        assert_eq!(ended(&events, &dead.message), "dead/message_not_found");
        desk.portal.clear_faults();
        let (globex, held) = held(&desk).await;
        let console = format!("http://{}", desk.bridge.at.admin);
        Self { desk, console, answered, handed, paused, dead, held, _globex: globex }
    }

    /// The event of a message: `evt_12`.
    pub async fn event(&self, of: &Posted) -> String {
        let events = self.desk.events().await;
        let found = events.iter().find(|event| event["message_id"] == of.message.0.as_str());
        found.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// Signs in as somebody, who is then on the page asked for.
    pub async fn sign_in(&self, browser: &Browser, who: &str) {
        browser.goto(&format!("{}/sign-in?next=%2Fevents", self.console)).await;
        browser.fills("token", TOKEN).await;
        browser.fills("name", who).await;
        browser.presses("Sign in").await;
        browser.shows("Sign out").await;
    }
}

fn change_ticket(desk: &Desk, thread: &ThreadId, rep: &ActorId) {
    desk.portal.change_ticket(&desk.ticket_of(thread), "hs_ticket_priority", "HIGH", rep).unwrap();
}

/// A message to `globex`, stored and waiting.
async fn held(desk: &Desk) -> (Globex, Posted) {
    let seed = Seed { portal_id: PortalId(87_654_321), client_secret: "globex-secret".to_owned(), ..Seed::new(2) };
    let portal = Portal::new(seed, Arc::new(SystemClock));
    let secret = portal.seed().client_secret;
    let url = format!("http://{}/webhooks/hubspot/globex", desk.bridge.at.public);
    portal.set_target(Some(Target { url, secret, signing: Signing::Both, retry_scale: 0.003 }));
    let mut tasks = JoinSet::new();
    tasks.spawn(deliver::run(portal.clone(), desk.bridge.client.clone(), CancellationToken::new()));
    let posted = portal.customer_chats(&Customer::default(), None, "Is anybody there?").unwrap();
    let is_held = async || {
        let is = |one: &Value| one["name"] == "globex" && !one["hold"].is_null();
        desk.api("/connections").await["items"].as_array().is_some_and(|all| all.iter().any(is))
    };
    desk.until("globex is held", is_held).await;
    let arrived = async || desk.events().await.iter().any(|event| event["message_id"] == posted.message.0.as_str());
    desk.until("a message to globex", arrived).await;
    (Globex(tasks), posted)
}
