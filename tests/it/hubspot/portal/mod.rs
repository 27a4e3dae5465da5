//! The client against the simulated portal: both were written from HubSpot's documents, each by itself.

mod crm;
mod limits;
mod paging;
mod read;
mod refusals;
mod sockets;
mod unanswered;
mod write;

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::hubspot::Hubspot;
use hubspot_bridge::config::{Plan, Secret};
use hubspot_bridge::domain::{ActorId, ConnectionName, Message, ThreadId, Timestamp};
use hubspot_bridge::hubspot::transport::Transport;
use hubspot_bridge::hubspot::{Client, OutgoingMessage, Settings};
use hubspot_bridge::sandbox::portal::people::{Customer, Email, Posted};
use hubspot_bridge::sandbox::portal::{Fault, InProcess, Portal, Seed};
use hubspot_bridge::telemetry::metrics::Metrics;

use super::fake::NOON;

/// Of one call, as the settings have it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Any call of the API.
const ANY: &str = "/**";
/// The messages of a thread.
const MESSAGES: &str = "/conversations/v3/conversations/threads/*/messages";

/// A portal, its clock (which follows tokio's), and a client of it.
struct Desk {
    portal: Portal,
    clock: Arc<ManualClock>,
    client: Client,
}

impl Desk {
    /// Without short pages, so that one call is one call.
    fn new() -> Self {
        let desk = Self::seeded(7);
        desk.portal.set_short_pages(false);
        desk
    }

    /// With short and empty pages, drawn from the seed.
    fn seeded(seed: u64) -> Self {
        let clock = ManualClock::starting_at(Timestamp::parse(NOON).unwrap());
        let portal = Portal::new(Seed::new(seed), Arc::<ManualClock>::clone(&clock));
        let client = client(&portal, Plan::Auto, &clock);
        Self { portal, clock, client }
    }

    /// Another client of the same app, which knows nothing of the first.
    fn another(&self, plan: Plan) -> Client {
        client(&self.portal, plan, &self.clock)
    }

    fn chat(&self, text: &str) -> Posted {
        self.portal.customer_chats(&ada(), None, text).unwrap()
    }

    fn email(&self, text: &str, quoted: Option<&str>) -> Posted {
        let mail = Email {
            from: "ben@example.com".to_owned(),
            name: Some("Ben Okafor".to_owned()),
            subject: "My order".to_owned(),
            text: text.to_owned(),
            quoted: quoted.map(str::to_owned),
            account: None,
            thread: None,
        };
        self.portal.customer_emails(&mail).unwrap()
    }

    fn ai(&self) -> ActorId {
        self.portal.seed().ai.actor()
    }

    fn rita(&self) -> ActorId {
        self.portal.seed().reps[0].actor()
    }

    fn add_fault(&self, fault: Fault) {
        self.portal.add_fault(fault);
    }

    /// What the thread holds in the portal, whatever a client sees.
    fn texts(&self, thread: &ThreadId) -> Vec<String> {
        self.portal.thread_view(thread).unwrap().lines.into_iter().map(|line| line.text).collect()
    }

    /// The calls the portal got, as `METHOD path`.
    fn calls(&self) -> Vec<String> {
        let calls = self.portal.snapshot()["calls"].as_array().unwrap().clone();
        let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        calls.iter().map(|call| format!("{} {}", word(&call["method"]), word(&call["path"]))).collect()
    }
}

fn ada() -> Customer {
    Customer { name: Some("Ada Lindgren".to_owned()), email: Some("ada@example.com".to_owned()) }
}

fn client(portal: &Portal, plan: Plan, clock: &Arc<ManualClock>) -> Client {
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    over(Arc::new(InProcess(portal.clone())), portal.seed().token, "https://api.hubapi.com", plan, clock)
}

fn over(transport: Arc<dyn Transport>, token: String, url: &str, plan: Plan, clock: Arc<dyn Clock>) -> Client {
    let hubspot = Hubspot {
        api_url: url.to_owned(),
        conversations_path: "/conversations/v3/conversations".to_owned(),
        crm_path: "/crm/v3".to_owned(),
        timeout: TIMEOUT,
    };
    let access_token = Secret::Value(token);
    let settings = Settings { connection: ConnectionName::from("acme"), access_token, hubspot, plan };
    Client::new(settings, transport, clock, Metrics::default())
}

/// The answer to a customer's message, addressed as the bridge addresses it.
fn answer_to(message: &Message, sender: ActorId, text: &str) -> OutgoingMessage {
    OutgoingMessage {
        text: text.to_owned(),
        rich_text: Some(format!("<p>{text}</p>")),
        subject: message.subject.clone(),
        sender,
        channel_id: message.channel_id.clone().unwrap(),
        channel_account_id: message.channel_account_id.clone().unwrap(),
        recipients: message.senders.clone(),
    }
}
