//! What changes a conversation: a message to the customer, a comment for the reps, the owner.

use http::Method;
use serde::Serialize;

use super::call::{Call, encoded};
use super::client::Client;
use super::error::{Class, Error};
use super::types::OutgoingMessage;
use super::wire::message::Item;
use crate::domain::{ActorId, Message, Participant, ThreadId};

/// Both forms of the recipients' identifiers: the specification demands the list, live portals take the single one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NewMessage<'a> {
    r#type: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rich_text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    sender_actor_id: &'a str,
    channel_id: &'a str,
    channel_account_id: &'a str,
    recipients: Vec<Recipient<'a>>,
    attachments: [(); 0],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Recipient<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "recipientField")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_identifier: Option<Identifier<'a>>,
    delivery_identifiers: Vec<Identifier<'a>>,
}

#[derive(Clone, Debug, Serialize)]
struct Identifier<'a> {
    r#type: &'a str,
    value: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NewComment<'a> {
    r#type: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rich_text: Option<&'a str>,
    attachments: [(); 0],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Assignee<'a> {
    actor_id: &'a str,
}

impl Client {
    /// Says something to the customer. Success only means that HubSpot took it: `status` may turn `FAILED` later.
    /// HubSpot knows no idempotency key: after an unclear end read the thread before saying it again.
    pub async fn post_message(&self, thread: &ThreadId, message: &OutgoingMessage) -> Result<Message, Error> {
        let body = NewMessage {
            r#type: "MESSAGE",
            text: &message.text,
            rich_text: message.rich_text.as_deref(),
            subject: message.subject.as_deref(),
            sender_actor_id: message.sender.as_str(),
            channel_id: &message.channel_id,
            channel_account_id: &message.channel_account_id,
            recipients: message.recipients.iter().map(recipient).collect(),
            attachments: [],
        };
        self.post(thread, Call::act("POST /threads/{threadId}/messages", Method::POST, String::new()).json(&body)).await
    }

    /// Leaves a note for the reps. HubSpot shows it as the app's, whoever is named.
    pub async fn post_comment(&self, thread: &ThreadId, text: &str, rich_text: Option<&str>) -> Result<Message, Error> {
        let body = NewComment { r#type: "COMMENT", text, rich_text, attachments: [] };
        self.post(
            thread,
            Call::act("POST /threads/{threadId}/messages (comment)", Method::POST, String::new()).json(&body),
        )
        .await
    }

    async fn post(&self, thread: &ThreadId, call: Call) -> Result<Message, Error> {
        let target = self.shared.paths.conversations(&format!("/threads/{}/messages", encoded(thread.as_str())));
        Ok(self.fetch::<Item>(Call { target, ..call }).await?.into_message(thread))
    }

    /// Gives the thread to somebody, or to nobody. Not every portal offers it: `Unsupported`.
    pub async fn assign(&self, thread: &ThreadId, to: Option<&ActorId>) -> Result<(), Error> {
        let path = self.shared.paths.assignee(&encoded(thread.as_str()));
        let call = match to {
            Some(actor) => Call::act("PUT /threads/{threadId}/assignee", Method::PUT, path)
                .json(&Assignee { actor_id: actor.as_str() }),
            None => Call::act("DELETE /threads/{threadId}/assignee", Method::DELETE, path),
        };
        // A thread that is gone and a portal without this call look the same: 404.
        self.send(call).await.map(drop).map_err(|error| {
            if error.class == Class::NotFound { Error { class: Class::Unsupported, ..error } } else { error }
        })
    }
}

fn recipient(participant: &Participant) -> Recipient<'_> {
    let identifier = match (&participant.identifier_type, &participant.identifier) {
        (Some(kind), Some(value)) => Some(Identifier { r#type: kind, value }),
        _ => None,
    };
    Recipient {
        actor_id: participant.actor.as_ref().map(ActorId::as_str),
        name: participant.name.as_deref(),
        field: participant.field.as_deref().map(|field| if field == "FROM" { "TO" } else { field }),
        delivery_identifiers: identifier.iter().cloned().collect(),
        delivery_identifier: identifier,
    }
}
