//! What OpenCX is sent: the bodies of `POST /chat/sessions` and of `…/send` for a customer's and for a rep's words. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::agents::wording::{name, with_attachments, words};
use crate::agents::{Question, Relay, crm};
use crate::domain::Attachment;

/// Says in OpenCX's session to which HubSpot thread it belongs: its webhooks name the session alone.
pub const THREAD: &str = "hubspot_thread_id";

/// The body that makes a session. What the CRM knows goes in as custom data; data of the session's own has precedence.
#[must_use]
pub fn open(question: &Question) -> Value {
    let mut body = Map::new();
    let known = &question.contact;
    let contact: Map<String, Value> = [("email", &known.email), ("name", &known.name), ("phone_number", &known.phone)]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), Value::from(value.clone()?))))
        .collect();
    if !contact.is_empty() {
        body.insert("contact".to_owned(), contact.into());
    }
    let mut custom_data = question.crm.as_ref().map(crm::flat).unwrap_or_default();
    custom_data.extend(question.custom_data.clone());
    custom_data.insert(THREAD.to_owned(), question.thread_id.0.clone());
    add_custom_data(&mut body, &custom_data);
    body.into()
}

/// The body that sends the turn's messages as one.
#[must_use]
pub fn send(question: &Question) -> Value {
    let message = message(text(question), question.messages.iter().flat_map(|said| &said.attachments));
    let mut body = Map::from_iter([("sender".to_owned(), json!("contact")), ("message".to_owned(), message)]);
    add_custom_data(&mut body, &question.custom_data);
    body.into()
}

/// The turn's messages in order, a blank line between, each followed by the names of its attachments.
#[must_use]
pub fn text(question: &Question) -> String {
    question.messages.iter().map(words).collect::<Vec<_>>().join("\n\n")
}

/// The body that sends a rep's words to the customer and takes the session over from the AI.
#[must_use]
pub fn relay(relay: &Relay) -> Value {
    let agent: Map<String, Value> =
        relay.author.iter().map(|name| ("name".to_owned(), Value::from(name.as_str()))).collect();
    let message = message(relayed(relay), &relay.attachments);
    let mut body = Map::from_iter([
        ("sender".to_owned(), json!("agent")),
        ("message".to_owned(), message),
        ("should_take_over_session_from_ai".to_owned(), json!(true)),
    ]);
    if !agent.is_empty() {
        body.insert("agent".to_owned(), agent.into());
    }
    body.into()
}

/// The rep's words as the customer gets them: attachments come beside them, and are named only where they cannot, or
/// where there would be no words at all.
#[must_use]
pub fn relayed(relay: &Relay) -> String {
    let text = with_attachments(&relay.text, relay.attachments.iter().filter(|attachment| attachment.url.is_none()));
    if text.is_empty() { with_attachments("", &relay.attachments) } else { text }
}

fn message<'a>(text: String, attachments: impl IntoIterator<Item = &'a Attachment>) -> Value {
    let mut message = Map::from_iter([("type".to_owned(), json!("text")), ("text".to_owned(), text.into())]);
    let attachments: Vec<Value> = attachments.into_iter().filter_map(linked).collect();
    if !attachments.is_empty() {
        message.insert("attachments".to_owned(), attachments.into());
    }
    message.into()
}

fn linked(attachment: &Attachment) -> Option<Value> {
    Some(json!({"name": name(attachment), "url": attachment.url.as_ref()?}))
}

/// A flat map of strings; nested values would be refused, and there are none.
fn add_custom_data(body: &mut Map<String, Value>, custom_data: &BTreeMap<String, String>) {
    if !custom_data.is_empty() {
        body.insert("custom_data".to_owned(), json!(custom_data));
    }
}
