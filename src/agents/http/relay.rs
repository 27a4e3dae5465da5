//! What a team's own agent is told of what a rep wrote, as `docs/agents.md` documents it. A public contract, as the turn's
//! is. Pure.

use serde::Serialize;
use utoipa::ToSchema;

use super::id;
use super::message::Attachment;
use crate::agents::{Relay, RelayKind};
use crate::domain::{ThreadId, TicketId};

const VERSION: u32 = 1;

/// What a rep wrote.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentRelay)]
pub struct Relayed<'a> {
    #[serde(rename = "type")]
    /// `conversation.relay`.
    #[schema(examples("conversation.relay"))]
    body: &'static str,
    /// Fields are added to a version, never changed.
    #[schema(examples(1))]
    version: u32,
    /// The same for the same reply or note in the same session, whatever is retried.
    pub id: String,
    /// `reply`, which the customer got, or `note`, which they must never get.
    #[schema(examples("reply"))]
    kind: &'static str,
    /// The connection's name.
    connection: &'a str,
    /// That of the turns, also when the rep wrote in another thread of the ticket.
    session_id: String,
    /// HubSpot's; a note on a ticket has none.
    thread_id: Option<&'a str>,
    ticket_id: Option<&'a str>,
    /// HubSpot's id of the message, comment or note.
    message_id: &'a str,
    /// The rep's name.
    author: Option<&'a str>,
    #[schema(format = DateTime)]
    at: String,
    text: &'a str,
    attachments: Vec<Attachment<'a>>,
}

impl<'a> Relayed<'a> {
    pub fn of(relay: &'a Relay) -> Self {
        let kind = match relay.kind {
            RelayKind::Reply => "reply",
            RelayKind::Note => "note",
        };
        let session = relay.session.to_string();
        // A conversation that the agent was never asked in has no id from `open`.
        let own = || match &relay.thread_id {
            Some(thread) => id::of_conversation(&relay.connection, thread),
            None => format!("{}:{session}", relay.connection),
        };
        Self {
            body: "conversation.relay",
            version: VERSION,
            id: id::of("relay", [relay.connection.as_str(), &session, kind, &relay.id]),
            kind,
            connection: relay.connection.as_str(),
            session_id: relay.agent_session_id.clone().unwrap_or_else(own),
            thread_id: relay.thread_id.as_ref().map(ThreadId::as_str),
            ticket_id: relay.ticket_id.as_ref().map(TicketId::as_str),
            message_id: &relay.id,
            author: relay.author.as_deref(),
            at: relay.at.to_string(),
            text: &relay.text,
            attachments: relay.attachments.iter().map(Attachment::of).collect(),
        }
    }
}
