//! What a language model is told of the customer: one bounded line of JSON between two marks. Pure. Much of it was typed
//! by strangers, so none of it can close the mark or begin a line of its own.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::agents::{Question, crm};
use crate::domain::Timestamp;

/// Names of custom data that are told.
const CUSTOM_KEYS_MAX: usize = 50;
/// Characters of one of their values, or of a name, an address, a number.
const VALUE_MAX: usize = 1_000;

/// The context between its marks.
#[must_use]
pub fn fenced(question: &Question, now: Timestamp) -> String {
    format!("<context>\n{}\n</context>", contained(&context(question, now).to_string()))
}

fn context(question: &Question, now: Timestamp) -> Value {
    let known = &question.contact;
    let contact: Map<String, Value> = [("name", &known.name), ("email", &known.email), ("phone", &known.phone)]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), cut(value.as_deref()?))))
        .collect();
    let mut context = Map::from_iter([
        ("time".to_owned(), json!(now.to_string())),
        ("channel".to_owned(), json!(question.channel.as_str())),
    ]);
    if let Some(ticket) = &question.ticket_id {
        context.insert("ticket_id".to_owned(), json!(ticket.as_str()));
    }
    let custom_data = question.custom_data.iter().take(CUSTOM_KEYS_MAX);
    let custom_data: Map<String, Value> =
        custom_data.map(|(key, value)| (key.chars().take(VALUE_MAX).collect(), cut(value))).collect();
    let crm = question.crm.as_ref().map(crm::known).unwrap_or_default();
    for (name, part) in [("customer", contact), ("custom_data", custom_data), ("crm", crm)] {
        if !part.is_empty() {
            context.insert(name.to_owned(), part.into());
        }
    }
    context.into()
}

fn cut(text: &str) -> Value {
    text.chars().take(VALUE_MAX).collect::<String>().into()
}

/// The same JSON without a character that could close the mark or break the line: all of them can only be in strings.
fn contained(json: &str) -> String {
    let mut contained = String::with_capacity(json.len());
    for character in json.chars() {
        let breaks = matches!(character, '<' | '>' | '\u{2028}' | '\u{2029}') || character.is_control();
        if breaks {
            // Writing to a String cannot fail.
            let _ = write!(contained, "\\u{:04x}", u32::from(character));
        } else {
            contained.push(character);
        }
    }
    contained
}
