//! What a team's own agent is sent: one turn, as `docs/agents.md` documents it. A public contract: fields are added,
//! never changed; what changes gets a new `version`. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::id;
use super::message::Message;
use crate::agents::Question;
use crate::agents::crm::Crm;
use crate::domain::{ContactId, TicketId};

const VERSION: u32 = 1;

/// What the customer wrote and nobody answered yet, with what is known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentTurn)]
pub struct Turn<'a> {
    #[serde(rename = "type")]
    /// `conversation.turn`.
    #[schema(examples("conversation.turn"))]
    kind: &'static str,
    /// Fields are added to a version, never changed.
    #[schema(examples(1))]
    version: u32,
    /// The same for the same messages, whatever is retried.
    pub id: String,
    /// When the newest message was written.
    #[schema(format = DateTime)]
    timestamp: String,
    /// The connection's name.
    connection: &'a str,
    /// HubSpot's.
    thread_id: &'a str,
    /// The conversation, unique over all connections.
    session_id: String,
    /// `chat`, `email`, `form`, `facebook`, `customer_portal`, `whatsapp`, `sms`, `instagram` or `other`.
    #[schema(examples("email"))]
    channel: &'static str,
    ticket_id: Option<&'a str>,
    contact: Contact<'a>,
    /// What the session knows.
    custom_data: &'a BTreeMap<String, String>,
    /// What HubSpot knows of the customer, when `crm.for_agent` asks for it.
    crm: Option<Crm<'a>>,
    /// Not answered yet, oldest first, at least one.
    messages: Vec<Message<'a>>,
    /// At most 20 messages before them, oldest first.
    history: Vec<Message<'a>>,
}

/// The customer, as far as known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentContact)]
struct Contact<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    email: Option<&'a str>,
}

impl<'a> Turn<'a> {
    pub fn of(question: &'a Question) -> Self {
        let newest = question.messages.iter().map(|said| said.at).max().unwrap_or_default();
        let own = || id::of_conversation(&question.connection, &question.thread_id);
        let place = [question.connection.as_str(), question.thread_id.as_str()];
        let asked = question.messages.iter().map(|said| said.id.as_str());
        Self {
            kind: "conversation.turn",
            version: VERSION,
            id: id::of("turn", place.into_iter().chain(asked)),
            timestamp: newest.to_string(),
            connection: question.connection.as_str(),
            thread_id: question.thread_id.as_str(),
            session_id: question.agent_session_id.clone().unwrap_or_else(own),
            channel: question.channel.as_str(),
            ticket_id: question.ticket_id.as_ref().map(TicketId::as_str),
            contact: Contact {
                id: question.contact.id.as_ref().map(ContactId::as_str),
                name: question.contact.name.as_deref(),
                email: question.contact.email.as_deref(),
            },
            custom_data: &question.custom_data,
            crm: question.crm.as_ref().map(Crm::of),
            messages: question.messages.iter().map(Message::of).collect(),
            history: question.history.iter().map(Message::of).collect(),
        }
    }
}
