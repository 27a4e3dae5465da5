//! Parameters of the events the bridge raises itself: versioned JSON in an event's `data`, a stored format. Never
//! message text. Who raises one (intake, admin, handlers) encodes it here, the handler of its mailbox decodes it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::{
    ConnectionName, DedupKey, Event, EventKind, MessageId, NewEvent, Object, Schedule, ThreadId, TicketId, Timestamp,
};

/// Of an `action` event, in a thread's, an outside conversation's or a ticket's mailbox. A ticket's is carried on to
/// every conversation of the ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Version of this format: 1.
    pub v: u32,
    /// What.
    pub action: ActionKind,
}

/// The actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// The AI falls silent in this conversation.
    Pause,
    /// The AI may speak again, when the customer writes next.
    Resume,
    /// The AI gets the conversation, and answers what is open at once.
    Send,
    /// The conversation is over, as whoever holds it says.
    Close,
}

/// Of a `handoff_request` event, in the same mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoffRequest {
    /// Version of this format: 1.
    pub v: u32,
    /// Why, for the reps; never message text.
    pub reason: Option<String>,
    /// A human took it over on the agent's side: for a conversation of HubSpot's own that is no news.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_human: bool,
}

/// Of a `ticket_write` event, in the ticket's mailbox: what is to be brought up to date. Values are read when it is
/// done, so that later ones win.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketWrite {
    /// Version of this format: 1.
    pub v: u32,
    /// The session (its number) whose custom data is to be written; none: nothing of a session's.
    pub session: Option<i64>,
    /// The thread whose session it is, where the session has no number yet; `session` goes first.
    #[serde(default)]
    pub thread: Option<String>,
    /// The session's keys that changed; those without a mapping are left out when it is done.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Add the handoff tag.
    #[serde(default)]
    pub tag: bool,
    /// The user (`A-…`) who is to own the ticket.
    #[serde(default)]
    pub owner: Option<String>,
}

/// Of a `delivery_check` event, in the thread's mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryCheck {
    /// Version of this format: 1.
    pub v: u32,
    /// The message posted.
    pub message: String,
    /// 1 for the first look.
    pub look: u32,
    /// Looks before this one that HubSpot did not answer.
    #[serde(default)]
    pub failed: u32,
}

/// The parameters as an event keeps them.
#[must_use]
pub fn encode(parameters: &impl Serialize) -> Option<String> {
    // Our own structs have no maps with non-text keys: this does not fail.
    serde_json::to_string(parameters).ok()
}

/// Reads what [`encode`] wrote; none when a newer release wrote something else.
#[must_use]
pub fn decode<T: DeserializeOwned>(data: Option<&str>) -> Option<T> {
    serde_json::from_str(data?).ok()
}

/// Which action an event asks for; none when it is none, or cannot be read.
#[must_use]
pub fn action(event: &Event) -> Option<ActionKind> {
    let asked = || decode::<Action>(event.data.as_deref()).map(|action| action.action);
    (event.kind == EventKind::Action).then(asked).flatten()
}

/// An event the bridge raises itself.
#[must_use]
pub fn event(
    connection: ConnectionName,
    object: Object,
    kind: EventKind,
    parameters: &impl Serialize,
    dedup: DedupKey,
    schedule: Schedule,
) -> NewEvent {
    NewEvent {
        connection,
        object: Some(object),
        kind,
        message_id: None,
        message_type: None,
        property: None,
        value: None,
        hubspot_event_id: None,
        app_id: None,
        source: None,
        occurred_at: None,
        data: encode(parameters),
        dedup,
        seen: 1,
        schedule,
        interrupt: false,
        ended: None,
        detail: None,
    }
}

/// The same, noticed by a running turn.
#[must_use]
pub fn urgent(event: NewEvent, source: &str, at: Timestamp) -> NewEvent {
    NewEvent { interrupt: true, source: Some(source.to_owned()), occurred_at: Some(at), ..event }
}

/// A `ticket_write`, due at once; the ticket's own pace is kept where it is done. Each is an event of its own.
#[must_use]
pub fn ticket_write(connection: ConnectionName, ticket: TicketId, write: &TicketWrite) -> NewEvent {
    event(connection, Object::Ticket(ticket), EventKind::TicketWrite, write, unique(), Schedule::Now)
}

/// A `delivery_check`. The same look at the same message is asked for once.
#[must_use]
pub fn delivery_check(connection: ConnectionName, thread: ThreadId, check: &DeliveryCheck, at: Schedule) -> NewEvent {
    let (look, failed) = (check.look.to_string(), check.failed.to_string());
    let dedup = DedupKey::of(&["delivery_check", &connection.0, &check.message, &look, &failed]);
    event(connection, Object::Thread(thread), EventKind::DeliveryCheck, check, dedup, at)
}

impl DeliveryCheck {
    /// The first look at a message.
    #[must_use]
    pub fn first(message: &MessageId) -> Self {
        Self { v: 1, message: message.0.clone(), look: 1, failed: 0 }
    }
}

/// A key that no other event has: hashers are seeded by the system, each differently.
fn unique() -> DedupKey {
    use std::hash::{BuildHasher as _, RandomState};
    let draw = || RandomState::new().hash_one(0_u8).to_string();
    DedupKey::of(&["unique", &draw(), &draw()])
}
