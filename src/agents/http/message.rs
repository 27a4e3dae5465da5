//! A message and its attachments, as `docs/agents.md` documents them. Pure.

use serde::Serialize;
use utoipa::ToSchema;

use crate::agents::{Said, Speaker};
use crate::domain;

/// One message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentMessage)]
pub struct Message<'a> {
    /// HubSpot's.
    id: &'a str,
    /// `customer`, `ai` or `rep`.
    #[schema(examples("customer"))]
    by: &'static str,
    #[schema(format = DateTime)]
    at: String,
    /// What was written; of a mail, its newest part.
    text: &'a str,
    /// The whole mail, when `text` is only its newest part.
    original: Option<&'a str>,
    attachments: Vec<Attachment<'a>>,
}

/// One attachment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentAttachment)]
pub struct Attachment<'a> {
    /// HubSpot's word.
    #[schema(examples("FILE"))]
    kind: &'a str,
    name: Option<&'a str>,
    url: Option<&'a str>,
}

impl<'a> Message<'a> {
    pub fn of(said: &'a Said) -> Self {
        Self {
            id: said.id.as_str(),
            by: match said.by {
                Speaker::Customer => "customer",
                Speaker::Ai => "ai",
                Speaker::Rep => "rep",
            },
            at: said.at.to_string(),
            text: &said.text,
            original: said.original.as_deref(),
            attachments: said.attachments.iter().map(Attachment::of).collect(),
        }
    }
}

impl<'a> Attachment<'a> {
    pub fn of(attachment: &'a domain::Attachment) -> Self {
        Self { kind: &attachment.kind, name: attachment.name.as_deref(), url: attachment.url.as_deref() }
    }
}
