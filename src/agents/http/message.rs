//! A message and its attachments, as `docs/agents.md` documents them. Pure.

use serde::Serialize;

use crate::agents::{Said, Speaker};
use crate::domain;

/// One message.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    id: &'a str,
    by: &'static str,
    at: String,
    text: &'a str,
    original: Option<&'a str>,
    attachments: Vec<Attachment<'a>>,
}

/// One attachment.
#[derive(Debug, Serialize)]
pub struct Attachment<'a> {
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
