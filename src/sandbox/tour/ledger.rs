//! What the bridge says of its work, read from its admin API as an operator would. Asked by [`super::stage`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::domain::{MessageId, ThreadId, Timestamp};
use crate::sandbox::command::Bridge;

/// One look at the bridge's records; empty while it does not answer.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The newest two hundred.
    pub events: Vec<Event>,
    /// The newest two hundred.
    pub sessions: Vec<Session>,
}

/// One event; only what the tour judges by.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// `evt_1`.
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub object_id: Option<String>,
    pub message_id: Option<String>,
    pub state: String,
    pub outcome: Option<String>,
    pub reason: Option<String>,
    pub seen: u32,
    /// When it was or will be due.
    pub due_at: Option<String>,
}

/// One session; only what the tour judges by.
#[derive(Debug, Deserialize)]
pub struct Session {
    /// `ses_1`.
    pub id: String,
    pub state: String,
    pub thread_id: Option<String>,
    pub ticket_id: Option<String>,
    pub contact_id: Option<String>,
    pub custom_data: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
}

impl Ledger {
    /// Asks the bridge; none when it does not answer.
    pub async fn read(bridge: &Bridge) -> Option<Self> {
        Some(Self { events: page(bridge, "events").await?, sessions: page(bridge, "sessions").await? })
    }

    /// The event that announced a message, once it has ended; else what is known of it.
    pub fn ended(&self, message: &MessageId) -> Result<&Event, String> {
        let mut announced = self.events.iter().filter(|event| event.message_id.as_deref() == Some(message.as_str()));
        match announced.next() {
            Some(event) if event.outcome.is_some() => Ok(event),
            Some(event) => Err(format!("{} is {}", event.id, event.state)),
            None => Err("the bridge has no event for it".to_owned()),
        }
    }

    /// The same, and it must have ended so.
    pub fn ended_as(&self, message: &MessageId, expected: &str) -> Result<&Event, String> {
        let event = self.ended(message)?;
        if event.ending() == expected { Ok(event) } else { Err(format!("{} ended {}", event.id, event.ending())) }
    }

    /// The session of a thread.
    pub fn session(&self, thread: &ThreadId) -> Result<&Session, String> {
        let mut known = self.sessions.iter();
        known.find(|session| session.thread_id.as_deref() == Some(thread.as_str())).ok_or("no session".to_owned())
    }

    /// Events that have not ended and are to be waited for.
    pub fn open(&self, now: Timestamp) -> usize {
        self.events.iter().filter(|event| event.outcome.is_none() && !event.is_for_later(now)).count()
    }

    /// The newest event of a kind about an object that has ended, and it must have ended so.
    pub fn ended_of(&self, kind: &str, object: &str, expected: &str) -> Result<&Event, String> {
        let about = |event: &&Event| event.kind == kind && event.object_id.as_deref() == Some(object);
        match self.events.iter().find(about) {
            Some(event) if event.outcome.is_some() && event.ending() == expected => Ok(event),
            Some(event) if event.outcome.is_some() => Err(format!("{} ended {}", event.id, event.ending())),
            Some(event) => Err(format!("{} is {}", event.id, event.state)),
            None => Err(format!("the bridge has no {kind} of {object}")),
        }
    }
}

impl Event {
    /// A look whether a reply was delivered, planned for when HubSpot must know: an e-mail's second is ten minutes away.
    fn is_for_later(&self, now: Timestamp) -> bool {
        let due = self.due_at.as_deref().and_then(Timestamp::parse);
        self.kind == "delivery_check" && self.state == "pending" && due.is_some_and(|due| due > now)
    }

    /// `replied`, or the reason of a skip or of a death.
    pub fn ending(&self) -> &str {
        let outcome = self.outcome.as_deref().unwrap_or_default();
        if self.state == "done" { outcome } else { self.reason.as_deref().unwrap_or(outcome) }
    }
}

async fn page<T: DeserializeOwned>(bridge: &Bridge, what: &str) -> Option<Vec<T>> {
    let url = format!("http://{}/api/v1/{what}?limit=200", bridge.at.admin);
    let asked = bridge.client.get(url).send().await.ok()?;
    Some(asked.error_for_status().ok()?.json::<Page<T>>().await.ok()?.items)
}

/// Sets one value of a session's custom data, as an operator's program would.
pub async fn set_custom_data(bridge: &Bridge, session: &str, key: &str, value: &str) -> Result<(), String> {
    let url = format!("http://{}/api/v1/sessions/{session}", bridge.at.admin);
    let body = serde_json::json!({"custom_data": {key: value}});
    let asked = bridge.client.patch(url).json(&body).send().await;
    let status = asked.map_err(|_| "the bridge's admin API does not answer".to_owned())?.status();
    if status.is_success() { Ok(()) } else { Err(format!("PATCH /api/v1/sessions/{session} answered {status}")) }
}
