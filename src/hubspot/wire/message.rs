//! The message union. Variants HubSpot adds later are read as far as their head goes.

use serde::Deserialize;
use serde::de::{self, Deserializer};
use serde_json::Value;

use super::id::Id;
use super::stamp::Stamp;
use crate::domain::{AppId, Attachment, Direction, Message, MessageId, MessageKind, Participant, ThreadId, Truncation};

/// The variants whose fields we know.
const KNOWN: [&str; 5] = ["MESSAGE", "COMMENT", "WELCOME_MESSAGE", "ASSIGNMENT", "THREAD_STATUS_CHANGE"];
/// The fields every variant has; of an unknown variant nothing else is looked at, so that it cannot disturb.
const HEAD: [&str; 8] =
    ["id", "type", "conversationsThreadId", "createdAt", "createdBy", "client", "senders", "archived"];

/// One item of a thread.
#[derive(Debug)]
pub(in crate::hubspot) struct Item(Fields);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    id: Id,
    r#type: Option<String>,
    conversations_thread_id: Option<Id>,
    created_at: Stamp,
    created_by: Option<Id>,
    client: Option<ClientInfo>,
    senders: Option<Vec<Party>>,
    recipients: Option<Vec<Party>>,
    text: Option<String>,
    rich_text: Option<String>,
    subject: Option<String>,
    direction: Option<String>,
    channel_id: Option<Id>,
    channel_account_id: Option<Id>,
    truncation_status: Option<String>,
    status: Option<Status>,
    attachments: Option<Vec<File>>,
    archived: Option<bool>,
    assigned_to: Option<Id>,
    assigned_from: Option<Id>,
    new_status: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientInfo {
    client_type: Option<String>,
    integration_app_id: Option<Id>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status_type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Party {
    actor_id: Option<Id>,
    name: Option<String>,
    #[serde(alias = "recipientField")]
    sender_field: Option<String>,
    delivery_identifier: Option<Identifier>,
    delivery_identifiers: Option<Vec<Identifier>>,
}

#[derive(Debug, Deserialize)]
struct Identifier {
    r#type: Option<String>,
    value: Option<Id>,
}

#[derive(Debug, Deserialize)]
struct File {
    r#type: Option<String>,
    name: Option<String>,
    url: Option<String>,
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        let known = value.get("type").and_then(Value::as_str).is_none_or(|kind| KNOWN.contains(&kind));
        if let (false, Some(fields)) = (known, value.as_object_mut()) {
            fields.retain(|name, _| HEAD.contains(&name.as_str()));
        }
        serde_json::from_value(value).map(Self).map_err(de::Error::custom)
    }
}

impl Item {
    /// As the domain has it; `thread` is the one asked for.
    pub(in crate::hubspot) fn into_message(self, thread: &ThreadId) -> Message {
        let Self(item) = self;
        let (client_type, app_id) = match item.client {
            Some(client) => (client.client_type, client.integration_app_id.and_then(|id| id.number()).map(AppId)),
            None => (None, None),
        };
        let truncation = truncation(item.truncation_status.as_deref());
        let kind = kind(item.r#type.as_deref(), item.assigned_to, item.assigned_from, item.new_status);
        Message {
            id: MessageId(item.id.text().unwrap_or_default()),
            thread_id: item.conversations_thread_id.and_then(Id::text).map_or_else(|| thread.clone(), ThreadId),
            kind,
            created_at: item.created_at.0,
            created_by: item.created_by.and_then(Id::actor),
            client_type,
            app_id,
            senders: parties(item.senders),
            recipients: parties(item.recipients),
            text: item.text.unwrap_or_default(),
            rich_text: item.rich_text.filter(|text| !text.is_empty()),
            subject: item.subject.filter(|text| !text.is_empty()),
            direction: item.direction.as_deref().and_then(direction),
            channel_id: item.channel_id.and_then(Id::text),
            channel_account_id: item.channel_account_id.and_then(Id::text),
            truncation,
            status: item.status.and_then(|status| status.status_type),
            attachments: item.attachments.unwrap_or_default().into_iter().map(File::into_attachment).collect(),
            archived: item.archived.unwrap_or_default(),
        }
    }
}

fn truncation(status: Option<&str>) -> Truncation {
    match status {
        None | Some("NOT_TRUNCATED") => Truncation::NotTruncated,
        Some("TRUNCATED_TO_MOST_RECENT_REPLY") => Truncation::ToMostRecentReply,
        // A status made after this was written says that something is missing.
        Some(_) => Truncation::Truncated,
    }
}

fn kind(kind: Option<&str>, to: Option<Id>, from: Option<Id>, new_status: Option<String>) -> MessageKind {
    match kind.unwrap_or_default() {
        "MESSAGE" => MessageKind::Message,
        "COMMENT" => MessageKind::Comment,
        "WELCOME_MESSAGE" => MessageKind::WelcomeMessage,
        "ASSIGNMENT" => MessageKind::Assignment { to: to.and_then(Id::actor), from: from.and_then(Id::actor) },
        "THREAD_STATUS_CHANGE" => MessageKind::ThreadStatusChange { new_status: new_status.unwrap_or_default() },
        other => MessageKind::Other(other.to_owned()),
    }
}

fn direction(word: &str) -> Option<Direction> {
    match word {
        "INCOMING" => Some(Direction::Incoming),
        "OUTGOING" => Some(Direction::Outgoing),
        _ => None,
    }
}

fn parties(parties: Option<Vec<Party>>) -> Vec<Participant> {
    parties.unwrap_or_default().into_iter().map(Party::into_participant).collect()
}

impl Party {
    fn into_participant(self) -> Participant {
        let several = self.delivery_identifiers.unwrap_or_default();
        let identifier = self.delivery_identifier.or_else(|| several.into_iter().next());
        let (identifier_type, identifier) = match identifier {
            Some(identifier) => (identifier.r#type, identifier.value.and_then(Id::text)),
            None => (None, None),
        };
        Participant {
            actor: self.actor_id.and_then(Id::actor),
            name: self.name,
            identifier_type,
            identifier,
            field: self.sender_field,
        }
    }
}

impl File {
    fn into_attachment(self) -> Attachment {
        Attachment { kind: self.r#type.unwrap_or_default(), name: self.name, url: self.url }
    }
}
