//! What OpenCX is sent: the bodies of `POST /chat/sessions` and `…/send`. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::agents::Question;
use crate::agents::wording::{name, words};
use crate::domain::Attachment;

/// The body that makes a session.
#[must_use]
pub fn open(question: &Question) -> Value {
    let mut body = Map::new();
    let contact: Map<String, Value> = [("email", &question.contact.email), ("name", &question.contact.name)]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), Value::from(value.clone()?))))
        .collect();
    if !contact.is_empty() {
        body.insert("contact".to_owned(), contact.into());
    }
    add_custom_data(&mut body, &question.custom_data);
    body.into()
}

/// The body that sends the turn's messages as one.
#[must_use]
pub fn send(question: &Question) -> Value {
    let attachments: Vec<Value> =
        question.messages.iter().flat_map(|said| &said.attachments).filter_map(linked).collect();
    let mut message = json!({"type": "text", "text": text(question)});
    if !attachments.is_empty()
        && let Some(message) = message.as_object_mut()
    {
        message.insert("attachments".to_owned(), attachments.into());
    }
    let mut body = Map::from_iter([("sender".to_owned(), json!("contact")), ("message".to_owned(), message)]);
    add_custom_data(&mut body, &question.custom_data);
    body.into()
}

/// The turn's messages in order, a blank line between, each followed by the names of its attachments.
#[must_use]
pub fn text(question: &Question) -> String {
    question.messages.iter().map(words).collect::<Vec<_>>().join("\n\n")
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
