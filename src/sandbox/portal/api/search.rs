//! CRM search, as far as a bridge asks it: filter groups with the plain operators.

use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::model::Record;
use super::super::wire;
use super::{Result, records};

/// `POST /crm/v3/objects/{kind}/search`: any group, all filters of it.
pub fn search(call: &mut Call<'_>, kind: &str) -> Result {
    let body = call.json()?;
    let list = |name: &str| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let groups = list("filterGroups");
    if groups.len() > 5 {
        return Err(Refusal::invalid("Maximum number of filter groups is 5."));
    }
    let limit = body.get("limit").and_then(Value::as_u64).unwrap_or(10);
    if limit > 200 {
        return Err(Refusal::invalid("`limit` may be at most 200."));
    }
    let asked = list("properties");
    let asked: Vec<&str> = asked.iter().filter_map(Value::as_str).collect();
    let wanted = if asked.is_empty() { records::default_properties(kind) } else { asked.as_slice() };
    let now = call.now;
    let known = call.state.properties(kind).to_vec();
    let all = call.state.records(kind).values().filter(|record| record.visible_at <= now);
    let found: Vec<&Record> = all.filter(|r| groups.is_empty() || groups.iter().any(|g| fits(r, g))).collect();
    let limit = usize::try_from(limit).unwrap_or(10);
    let skip: usize = body.get("after").and_then(Value::as_str).and_then(|after| after.parse().ok()).unwrap_or(0);
    let results: Vec<Value> = found.iter().skip(skip).take(limit).map(|r| wire::record(r, &known, wanted)).collect();
    let next = skip + results.len();
    let mut answer = json!({"total": found.len(), "results": results});
    if let (true, Some(members)) = (next < found.len(), answer.as_object_mut()) {
        members.insert("paging".to_owned(), json!({"next": {"after": next.to_string()}}));
    }
    Ok(Answer::ok(answer))
}

fn fits(record: &Record, group: &Value) -> bool {
    let filters = group.get("filters").and_then(Value::as_array);
    filters.is_some_and(|filters| filters.iter().all(|filter| holds(record, filter)))
}

fn holds(record: &Record, filter: &Value) -> bool {
    let text = |name: &str| filter.get(name).and_then(Value::as_str).unwrap_or_default();
    let value = record.properties.get(text("propertyName")).map(|value| value.to_lowercase());
    let given = text("value").to_lowercase();
    let list = || filter.get("values").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    match text("operator") {
        "EQ" => value.is_some_and(|value| value == given),
        "NEQ" => value.is_some_and(|value| value != given),
        "IN" => value.is_some_and(|value| list().any(|one| one == value)),
        "HAS_PROPERTY" => value.is_some(),
        "NOT_HAS_PROPERTY" => value.is_none(),
        _ => false,
    }
}
