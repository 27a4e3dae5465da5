//! Shows what the portal stores as HubSpot's API does. Pure; called by [`super::api`] and [`super::snapshot`].

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::model::{Client, Item, ItemKind, Party, Property, Record, Said, Thread};
use crate::domain::{Direction, Timestamp};

/// Drops the members HubSpot leaves out.
fn object(value: Value) -> Value {
    match value {
        Value::Object(members) => members.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => other,
    }
}

fn time(at: Timestamp) -> String {
    // HubSpot drops the fraction when it is zero: both forms occur.
    at.to_string().replace(".000Z", "Z")
}

/// A `PublicThread`; its ticket only when asked for and there is one.
#[must_use]
pub fn thread(thread: &Thread, now: Timestamp, with_ticket: bool) -> Value {
    let ticket = thread.ticket.filter(|_| with_ticket);
    object(json!({
        "id": thread.id.to_string(),
        "createdAt": time(thread.created_at),
        "closedAt": thread.closed_at.map(time),
        "status": if thread.closed { "CLOSED" } else { "OPEN" },
        "originalChannelId": thread.channel_id,
        "originalChannelAccountId": thread.channel_account_id,
        "latestMessageTimestamp": thread.latest(now, None).map(time),
        "latestMessageSentTimestamp": thread.latest(now, Some(Direction::Outgoing)).map(time),
        "latestMessageReceivedTimestamp": thread.latest(now, Some(Direction::Incoming)).map(time),
        "assignedTo": thread.assigned_to,
        "spam": thread.spam,
        "inboxId": thread.inbox_id,
        "associatedContactId": thread.visitor.to_string(),
        "archived": thread.archived,
        "threadAssociations": ticket.map(|id| json!({"associatedTicketId": id.to_string()})),
    }))
}

/// One variant of `PublicMessage`.
#[must_use]
pub fn item(item: &Item, thread: u64, now: Timestamp) -> Value {
    let mut members = json!({
        "id": item.id,
        "conversationsThreadId": thread.to_string(),
        "createdAt": time(item.created_at),
        "updatedAt": time(item.created_at),
        "createdBy": item.created_by,
        "client": client(item.client),
        "senders": item.senders.iter().map(sender).collect::<Vec<_>>(),
        "recipients": item.recipients.iter().map(|party| recipient(party, item.seq)).collect::<Vec<_>>(),
        "archived": false,
    });
    let own = match &item.kind {
        ItemKind::Message(said) => message(said, now),
        ItemKind::Comment { text, rich_text } => json!({
            "type": "COMMENT", "text": text, "richText": rich_text.as_deref().unwrap_or(text), "attachments": [],
        }),
        ItemKind::Welcome { text, channel_account_id } => json!({
            "type": "WELCOME_MESSAGE", "text": text, "channelId": "1000", "channelAccountId": channel_account_id,
        }),
        ItemKind::Assignment { from, to } => json!({"type": "ASSIGNMENT", "assignedFrom": from, "assignedTo": to}),
        ItemKind::StatusChange { closed } => {
            json!({"type": "THREAD_STATUS_CHANGE", "newStatus": if *closed { "CLOSED" } else { "OPEN" }})
        }
    };
    if let (Some(members), Value::Object(own)) = (members.as_object_mut(), own) {
        members.extend(own);
    }
    object(members)
}

fn message(said: &Said, now: Timestamp) -> Value {
    let incoming = said.direction == Direction::Incoming;
    let file = |(name, url): &(String, String)| json!({"type": "FILE", "name": name, "url": url});
    let status = match &said.fails {
        Some((at, why)) if *at <= now => json!({
            "statusType": "FAILED",
            "failureDetails": {"errorMessage": why, "errorMessageTokens": {}},
        }),
        Some(_) | None => json!({"statusType": if incoming { "RECEIVED" } else { "SENT" }}),
    };
    json!({
        "type": "MESSAGE",
        "text": said.text,
        "richText": said.rich_text,
        "subject": said.subject,
        "attachments": said.files.iter().map(file).collect::<Vec<_>>(),
        "direction": if incoming { "INCOMING" } else { "OUTGOING" },
        "channelId": said.channel_id,
        "channelAccountId": said.channel_account_id,
        "truncationStatus": if said.original.is_some() { "TRUNCATED_TO_MOST_RECENT_REPLY" } else { "NOT_TRUNCATED" },
        "status": status,
    })
}

fn client(client: Client) -> Value {
    match client {
        Client::HubSpot => json!({"clientType": "HUBSPOT"}),
        Client::Integration(app) => json!({"clientType": "INTEGRATION", "integrationAppId": app}),
        Client::System => json!({"clientType": "SYSTEM"}),
    }
}

fn identifier(party: &Party) -> Option<Value> {
    party.identifier.as_ref().map(|(kind, value)| json!({"type": kind, "value": value}))
}

fn sender(party: &Party) -> Value {
    object(json!({
        "actorId": party.actor,
        "name": party.name,
        "senderField": party.field,
        "deliveryIdentifier": identifier(party),
    }))
}

/// Newer answers have one identifier, older ones a list: every fourth item shows the old form too.
fn recipient(party: &Party, seq: u64) -> Value {
    let identifier = identifier(party);
    let list = identifier.clone().filter(|_| seq.is_multiple_of(4)).map(|one| json!([one]));
    object(json!({
        "actorId": party.actor,
        "name": party.name,
        "recipientField": party.field,
        "deliveryIdentifier": identifier,
        "deliveryIdentifiers": list,
    }))
}

/// A CRM object with the properties asked for; unset ones are null, unknown ones left out.
#[must_use]
pub fn record(kind: Kind, record: &Record, known: &[Property], wanted: &[&str]) -> Value {
    let (created, modified) = kind.stamps();
    let always = [created, "hs_object_id"];
    let mut properties = Map::new();
    for name in always.iter().chain(wanted) {
        let value = record.properties.get(*name);
        if value.is_some() || known.iter().any(|property| property.name == *name) {
            properties.insert((*name).to_owned(), json!(value));
        }
    }
    properties.insert(modified.to_owned(), json!(record.updated_at.to_string()));
    json!({
        "id": record.id.to_string(),
        "properties": properties,
        "createdAt": record.created_at.to_string(),
        "updatedAt": record.updated_at.to_string(),
        "archived": false,
    })
}

/// A property definition.
#[must_use]
pub fn property(property: &Property) -> Value {
    let options: Vec<Value> = (0_u32..)
        .zip(&property.options)
        .map(|(order, value)| json!({"label": value, "value": value, "displayOrder": order, "hidden": false}))
        .collect();
    json!({
        "name": property.name,
        "label": property.label,
        "type": property.kind,
        "fieldType": property.field,
        "groupName": property.group,
        "description": "",
        "options": options,
        "calculated": false,
        "hubspotDefined": !["order_number", "plan"].contains(&property.name.as_str()),
        "hidden": false,
        "archived": false,
        "formField": true,
        "modificationMetadata": {"archivable": true, "readOnlyDefinition": false, "readOnlyValue": property.read_only},
    })
}
