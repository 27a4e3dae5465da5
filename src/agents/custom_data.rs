//! Custom data as agents give it: a flat map whose values become text. Pure; used by the agents.

use std::collections::BTreeMap;

use serde_json::Value;

/// Names in one answer.
const KEYS_MAX: usize = 50;
/// Characters of a name: HubSpot's longest property name.
const KEY_MAX: usize = 100;
/// Characters of a value.
const VALUE_MAX: usize = 1_000;

/// What an answer may not have, in words for whoever writes the agent.
pub type Fault = &'static str;

/// Reads it by the contract of `docs/agents.md`. Nothing, null and null values are no data.
///
/// # Errors
/// When it is no map, has too much in it, or a value that is not flat.
pub fn read(given: Option<&Value>) -> Result<BTreeMap<String, String>, Fault> {
    let map = match given {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(given) => given.as_object().ok_or("`custom_data` is not an object")?,
    };
    let mut data = BTreeMap::new();
    for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
        let value = text(value).ok_or("`custom_data` has a nested value; values are strings, numbers or booleans")?;
        if value.chars().count() > VALUE_MAX {
            return Err("`custom_data` has a value longer than 1,000 characters");
        }
        if key.trim().is_empty() || key.chars().count() > KEY_MAX {
            return Err("`custom_data` has a name that is empty or longer than 100 characters");
        }
        data.insert(key.clone(), value);
    }
    if data.len() > KEYS_MAX { Err("`custom_data` has more than 50 names") } else { Ok(data) }
}

/// Reads whatever is flat in it; for a record that is not ours to correct.
#[must_use]
pub fn flat(given: Option<&Value>) -> BTreeMap<String, String> {
    let map = given.and_then(Value::as_object);
    map.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
