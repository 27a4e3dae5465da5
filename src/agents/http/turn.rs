//! What a team's own agent is sent: one turn, as `docs/agents.md` documents it. A public contract: fields are added,
//! never changed; what changes gets a new `version`. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::id;
use super::message::Message;
use crate::agents::Question;
use crate::agents::crm::Crm;
use crate::domain::{ContactId, TicketId};

const VERSION: u32 = 1;

/// The body.
#[derive(Debug, Serialize)]
pub struct Turn<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    version: u32,
    /// The same for the same messages, whatever is retried.
    pub id: String,
    /// When the newest message was written.
    timestamp: String,
    connection: &'a str,
    thread_id: &'a str,
    session_id: String,
    channel: &'static str,
    ticket_id: Option<&'a str>,
    contact: Contact<'a>,
    custom_data: &'a BTreeMap<String, String>,
    crm: Option<Crm<'a>>,
    messages: Vec<Message<'a>>,
    history: Vec<Message<'a>>,
}

#[derive(Debug, Serialize)]
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
