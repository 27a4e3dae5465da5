//! Looking into a value of the merged tree. Variables arrive as text, so text from the environment may also be a
//! number, a flag or a list.

use config::{Map, Value, ValueKind};

/// What the `config` crate calls the origin of a variable's value.
const FROM_ENVIRONMENT: &str = "the environment";

pub(super) fn is_from_environment(value: &Value) -> bool {
    value.origin() == Some(FROM_ENVIRONMENT)
}

pub(super) fn as_table(value: &Value) -> Option<&Map<String, Value>> {
    if let ValueKind::Table(table) = &value.kind { Some(table) } else { None }
}

pub(super) fn as_text(value: &Value) -> Option<&str> {
    if let ValueKind::String(text) = &value.kind { Some(text.trim()) } else { None }
}

pub(super) fn as_flag(value: &Value) -> Option<bool> {
    if let ValueKind::Boolean(flag) = value.kind {
        return Some(flag);
    }
    as_variable(value)?.parse().ok()
}

pub(super) fn as_integer(value: &Value) -> Option<i64> {
    if let ValueKind::I64(number) = value.kind {
        return Some(number);
    }
    as_variable(value)?.parse().ok()
}

/// Texts; ids may be written as numbers, a variable's are separated by commas. Empty ones are dropped.
pub(super) fn as_list(value: &Value) -> Option<Vec<String>> {
    let items: Vec<String> = if let ValueKind::Array(items) = &value.kind {
        let text =
            |item| as_text(item).map(str::to_owned).or_else(|| as_integer(item).map(|number| number.to_string()));
        items.iter().map(text).collect::<Option<_>>()?
    } else {
        as_variable(value)?.split(',').map(|item| item.trim().to_owned()).collect()
    };
    Some(items.into_iter().filter(|item| !item.is_empty()).collect())
}

pub(super) fn as_array(value: &Value) -> Option<&[Value]> {
    if let ValueKind::Array(items) = &value.kind { Some(items) } else { None }
}

/// A string, number or flag as text.
pub(super) fn as_written(value: &Value) -> Option<String> {
    match &value.kind {
        ValueKind::Boolean(flag) => Some(flag.to_string()),
        ValueKind::I64(number) => Some(number.to_string()),
        ValueKind::Float(number) => Some(number.to_string()),
        ValueKind::String(text) => Some(text.trim().to_owned()),
        ValueKind::Nil
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Table(_)
        | ValueKind::Array(_) => None,
    }
}

/// Is it, or anything in it, from a variable?
pub(super) fn holds_variable(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Table(table) => table.values().any(holds_variable),
        ValueKind::Array(items) => items.iter().any(holds_variable),
        ValueKind::Nil
        | ValueKind::Boolean(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_)
        | ValueKind::String(_) => is_from_environment(value),
    }
}

/// What a value is, for the words of a problem.
pub(super) fn kind_name(value: &Value) -> &'static str {
    match value.kind {
        ValueKind::Nil => "nothing",
        ValueKind::Boolean(_) => "true or false",
        ValueKind::I64(_) | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => "a number",
        ValueKind::Float(_) => "a number with a fraction",
        ValueKind::String(_) => "a string",
        ValueKind::Table(_) => "a table",
        ValueKind::Array(_) => "a list",
    }
}

fn as_variable(value: &Value) -> Option<&str> {
    if is_from_environment(value) { as_text(value) } else { None }
}
