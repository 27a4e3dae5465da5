//! The work under which the process is cut down: customers who ask and who want a person, reps who take over and answer,
//! tickets that change. What became of all of it is judged by the portal's own record and the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use hubspot_bridge::domain::TicketId;
use hubspot_bridge::sandbox::portal::Limits;
use hubspot_bridge::sandbox::portal::people::Posted;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::desk::{Desk, mail};
use super::verdict::Verdict;

/// Said to the customer before a human comes.
pub const WORDS: &str = "A colleague will help you.";
/// What customers ask; the agent's answer repeats it.
const QUESTION: &str = "How long does shipping take?";
const PERSON: &str = "I want a person";

type Heard = Arc<Mutex<Vec<Value>>>;

/// What was done, and what must come of it.
pub struct Load {
    pub desk: Desk,
    /// Asked the AI, and nobody came between.
    pub asked: Vec<Posted>,
    /// Wanted a person: with the address they wrote from.
    pub handed: Vec<(Posted, String)>,
    /// Asked the AI, and a rep took over.
    pub taken: Vec<Posted>,
    /// What a rep wrote to a customer of theirs.
    pub relayed: Vec<Posted>,
    /// By ticket: the property, and the value it must have in the end.
    pub written: Vec<(TicketId, String)>,
    /// By thread: the value its session must have in the end.
    pub synced: Vec<(Posted, String)>,
    heard: Heard,
    _serving: JoinSet<()>,
    number: usize,
}

async fn take(State(heard): State<Heard>, Json(body): Json<Value>) -> Json<Value> {
    let answer = match body["messages"].as_array() {
        None => Value::Null,
        Some(messages) if messages.iter().any(|message| message["text"].to_string().contains(PERSON)) => {
            json!({"action": "handoff", "text": WORDS, "reason": "wants a person", "summary": "Wants a person."})
        }
        Some(messages) => json!({"action": "reply", "text": format!("You ask {}: two days.", messages[0]["text"])}),
    };
    heard.lock().unwrap().push(body);
    Json(answer)
}

impl Load {
    /// A running bridge with an agent of the team's own, which hears what reps write.
    pub async fn open() -> Self {
        let heard = Heard::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/turns", listener.local_addr().unwrap());
        let router = Router::new().route("/turns", post(take)).with_state(Arc::clone(&heard));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut desk = Desk::closed().await;
        desk.rewrite(|text| {
            let agent = format!(
                "[connections.acme.agent]\nkind = \"http\"\nbase_url = \"{url}\"\ntimeout = \"3s\"\n\
                 signing_secret = \"whsec_bmFyd2hhbC1jYW5hcnktb2YtdGhpcy10ZWFtLTAxMjM=\""
            );
            text.replace("[connections.acme.agent]", &agent)
                + "[connections.acme.ticketing]\nupdate_interval = \"1s\"\ncustom_data = { order = \"order_number\" }\n"
        });
        // Every start reads anew what the one before knew: the rate limit is not what this is about.
        desk.portal.set_limits(Limits { burst: 100_000, ..Limits::default() });
        desk.bridge.start().await.unwrap();
        Self {
            desk,
            asked: Vec::new(),
            handed: Vec::new(),
            taken: Vec::new(),
            relayed: Vec::new(),
            written: Vec::new(),
            synced: Vec::new(),
            heard,
            _serving: serving,
            number: 0,
        }
    }

    /// Customers write: most to the AI, some for a person, some who will be taken over.
    pub fn customers_write(&mut self, draw: &mut fastrand::Rng) {
        for _ in 0..draw.usize(2..=4) {
            let asked = self.desk.asks(QUESTION);
            self.asked.push(asked);
        }
        for _ in 0..draw.usize(1..=2) {
            self.number += 1;
            let from = format!("stranger{}@elsewhere.example", self.number);
            let asked = self.desk.portal.customer_emails(&mail(&from, "My lamp", PERSON)).unwrap();
            self.handed.push((asked, from));
        }
        let asked = self.desk.asks(QUESTION);
        self.taken.push(asked);
    }

    /// A rep takes the newest conversations that are to be taken, in one of two ways.
    pub fn rep_takes_over(&self, draw: &mut fastrand::Rng, from: usize) {
        let rep = self.desk.portal.seed().reps[0].actor();
        for asked in &self.taken[from..] {
            if draw.bool() {
                self.desk.portal.assign(&asked.thread, Some(&rep), &rep).unwrap();
            } else {
                self.desk.portal.rep_replies(&asked.thread, &rep, "I have it").unwrap();
            }
        }
    }

    /// Reps answer those who were handed over, change their tickets, and an operator sets what goes into them.
    /// The bridge must run: what it answered 200 for is what must come.
    pub async fn reps_work(&mut self, draw: &mut fastrand::Rng) {
        let rep = self.desk.portal.seed().reps[0].actor();
        for at in 0..self.handed.len() {
            let asked = self.handed[at].0.clone();
            let ticket = self.desk.ticket_of(&asked.thread);
            for _ in 0..draw.usize(1..=2) {
                self.number += 1;
                let text = format!("It leaves today, number {}", self.number);
                self.relayed.push(self.desk.portal.rep_replies(&asked.thread, &rep, &text).unwrap());
            }
            let urgency = ["LOW", "MEDIUM", "HIGH", "URGENT"][draw.usize(0..4)];
            self.desk.portal.change_ticket(&ticket, "hs_ticket_priority", urgency, &rep).unwrap();
            self.synced.push((asked.clone(), urgency.to_owned()));
            let session = self.desk.session(&asked.thread).await["id"].as_str().unwrap().to_owned();
            for _ in 0..3 {
                self.number += 1;
                let body = json!({"custom_data": {"order": format!("order-{}", self.number)}});
                let (status, shown) = self.desk.ask(Method::PATCH, &format!("/sessions/{session}"), &body).await;
                assert_eq!(status, 200, "{shown}");
            }
            self.written.push((ticket, format!("order-{}", self.number)));
        }
    }

    /// By the rep's message: the ids under which the agent heard it. It drops repeats by them, as documented.
    pub fn relays(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for body in self.heard.lock().unwrap().iter().filter(|body| body["type"] == "conversation.relay") {
            let text = |key: &str| body[key].as_str().unwrap().to_owned();
            found.entry(text("message_id")).or_default().insert(text("id"));
        }
        found
    }

    /// How often the agent was asked or told anything.
    pub fn told(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    /// Waits until everything has ended and says what became of it.
    pub async fn verdict(&self) -> Verdict {
        let events = self.desk.settled().await;
        let mut missing = self.missing_values().await;
        // A change that was announced twice has no event of its own for the second look at the ticket.
        let deadline = Instant::now() + Duration::from_secs(10);
        while !missing.is_empty() && Instant::now() < deadline {
            sleep(Duration::from_millis(20)).await;
            missing = self.missing_values().await;
        }
        let mut verdict = Verdict::of(self, &events);
        verdict.lost.extend(missing);
        verdict
    }

    /// Where a ticket or a session has not the value that was set last.
    async fn missing_values(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for (asked, urgency) in &self.synced {
            let found = self.desk.session(&asked.thread).await["custom_data"]["hs_ticket_priority"].clone();
            if found != urgency.as_str() {
                missing.push(format!("{urgency} of the ticket of {}: its session has {found}", asked.thread));
            }
        }
        for (ticket, order) in &self.written {
            let found = self.desk.property(ticket, "order_number");
            if found != order.as_str() {
                missing.push(format!("{order} of a session: its ticket {ticket} has {found}"));
            }
        }
        missing
    }
}
