//! The CRM: contacts, tickets, notes, owners, and what belongs to what.

mod associations;
mod contacts;
mod notes;
mod owners;
mod pipelines;
mod properties;
mod records;
mod tickets;

use std::collections::BTreeMap;

use serde_json::Value;

/// Property values by name; null is a property without a value.
type Properties = BTreeMap<String, Value>;

/// A value is text whatever the property's type; a number or a boolean is read as its text.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => Some(other.to_string()),
    }
}

/// A value that is there and says something.
fn given(properties: &mut Properties, name: &str) -> Option<String> {
    text(properties.remove(name)?).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
