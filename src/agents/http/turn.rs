//! What a team's own agent is sent: one turn, as `docs/agents.md` documents it. A public contract: fields are added,
//! never changed; what changes gets a new `version`. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::agents::{Question, Said, Speaker};
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
    messages: Vec<Message<'a>>,
    history: Vec<Message<'a>>,
}

#[derive(Debug, Serialize)]
struct Contact<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    email: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    id: &'a str,
    by: &'static str,
    at: String,
    text: &'a str,
    original: Option<&'a str>,
    attachments: Vec<Attachment<'a>>,
}

#[derive(Debug, Serialize)]
struct Attachment<'a> {
    kind: &'a str,
    name: Option<&'a str>,
    url: Option<&'a str>,
}

impl<'a> Turn<'a> {
    pub fn of(question: &'a Question) -> Self {
        let newest = question.messages.iter().map(|said| said.at).max().unwrap_or_default();
        // Thread ids are HubSpot's and unique in one portal only.
        let own = || format!("{}:{}", question.connection, question.thread_id);
        Self {
            kind: "conversation.turn",
            version: VERSION,
            id: id(question),
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
            messages: question.messages.iter().map(message).collect(),
            history: question.history.iter().map(message).collect(),
        }
    }
}

fn message(said: &Said) -> Message<'_> {
    let attachments = said.attachments.iter().map(|attachment| Attachment {
        kind: &attachment.kind,
        name: attachment.name.as_deref(),
        url: attachment.url.as_deref(),
    });
    Message {
        id: said.id.as_str(),
        by: match said.by {
            Speaker::Customer => "customer",
            Speaker::Ai => "ai",
            Speaker::Rep => "rep",
        },
        at: said.at.to_string(),
        text: &said.text,
        original: said.original.as_deref(),
        attachments: attachments.collect(),
    }
}

/// A hash of which messages are asked about. Each part goes in with its length, so that no two lists look alike.
fn id(question: &Question) -> String {
    let place = [question.connection.as_str(), question.thread_id.as_str()];
    let messages = question.messages.iter().map(|said| said.id.as_str());
    let mut hash = Sha256::new();
    for part in place.into_iter().chain(messages) {
        hash.update(format!("{}:{part}", part.len()));
    }
    let digest = hash.finalize();
    format!("turn_{}", hex::encode(digest.get(..16).unwrap_or(&digest)))
}
