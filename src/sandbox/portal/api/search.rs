//! CRM search: any of some filter groups, all filters of a group. It sees records later than GETs do.

use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::kind::Kind;
use super::super::model::{Property, Record};
use super::super::{schema, wire};
use super::Result;
use super::values::instant;

/// HubSpot's bounds of one search.
const GROUPS_MAX: usize = 5;
const FILTERS_MAX: usize = 6;
const ALL_FILTERS_MAX: usize = 18;
const BODY_MAX: usize = 3_000;
const LIMIT_MAX: u64 = 200;
const TOTAL_MAX: usize = 10_000;

/// `POST /crm/v3/objects/{kind}/search`.
pub fn search(call: &mut Call<'_>, kind: Kind) -> Result {
    let body = call.json()?;
    let list = |name: &str| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let groups: Vec<Vec<Value>> = list("filterGroups").iter().map(filters).collect();
    let known = &call.state.crm.table(kind).properties;
    bounded(call, &groups)?;
    for filter in groups.iter().flatten() {
        understood(known, filter)?;
    }
    let limit = body.get("limit").and_then(Value::as_u64).unwrap_or(10);
    let skip: usize = body.get("after").and_then(Value::as_str).and_then(|after| after.parse().ok()).unwrap_or(0);
    if limit > LIMIT_MAX || skip >= TOTAL_MAX {
        return Err(Refusal::invalid(format!("`limit` may be at most {LIMIT_MAX}, and `after` below {TOTAL_MAX}.")));
    }
    let limit = usize::try_from(limit).unwrap_or(10);
    let asked = list("properties");
    let asked: Vec<&str> = asked.iter().filter_map(Value::as_str).collect();
    let wanted = if asked.is_empty() { schema::shown_unasked(kind) } else { asked.as_slice() };
    let indexed = call.state.crm.table(kind).records.values().filter(|record| record.indexed_at <= call.now);
    let fits = |record: &&Record| groups.is_empty() || groups.iter().any(|group| fits(record, known, group));
    let found: Vec<&Record> = indexed.filter(fits).collect();
    let page = found.iter().skip(skip).take(limit);
    let results: Vec<Value> = page.map(|record| wire::record(kind, record, known, wanted)).collect();
    let next = skip + results.len();
    let mut answer = json!({"total": found.len(), "results": results});
    if let (true, Some(members)) = (next < found.len(), answer.as_object_mut()) {
        members.insert("paging".to_owned(), json!({"next": {"after": next.to_string()}}));
    }
    Ok(Answer::ok(answer))
}

fn filters(group: &Value) -> Vec<Value> {
    group.get("filters").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn bounded(call: &Call<'_>, groups: &[Vec<Value>]) -> std::result::Result<(), Refusal> {
    let all = groups.iter().map(Vec::len).sum::<usize>();
    if groups.len() > GROUPS_MAX || all > ALL_FILTERS_MAX || groups.iter().any(|group| group.len() > FILTERS_MAX) {
        let bounds = format!("{GROUPS_MAX} filter groups of {FILTERS_MAX} filters, {ALL_FILTERS_MAX} in all");
        return Err(Refusal::invalid(format!("A search may have at most {bounds}.")));
    }
    if String::from_utf8_lossy(call.body).chars().count() > BODY_MAX {
        return Err(Refusal::invalid(format!("The request body may have at most {BODY_MAX} characters.")));
    }
    Ok(())
}

fn text<'a>(filter: &'a Value, name: &str) -> &'a str {
    filter.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The values of `IN` and its like.
fn listed(filter: &Value) -> impl Iterator<Item = &str> {
    filter.get("values").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// A property and an operator HubSpot knows, with what the operator needs.
fn understood(known: &[Property], filter: &Value) -> std::result::Result<(), Refusal> {
    let name = text(filter, "propertyName");
    if !known.iter().any(|property| property.name == name) {
        return Err(Refusal::invalid(format!("There was a problem with the request. Property {name} does not exist.")));
    }
    let has = |name: &str| filter.get(name).is_some_and(Value::is_string);
    let whole = match text(filter, "operator") {
        "EQ" | "NEQ" | "GT" | "GTE" | "LT" | "LTE" | "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN" => has("value"),
        "BETWEEN" => has("value") && has("highValue"),
        "IN" | "NOT_IN" => listed(filter).next().is_some(),
        "HAS_PROPERTY" | "NOT_HAS_PROPERTY" => true,
        _ => false,
    };
    let problem =
        || Refusal::invalid(format!("There was a problem with the request: the filter on {name} is not whole."));
    if whole { Ok(()) } else { Err(problem()) }
}

fn fits(record: &Record, known: &[Property], group: &[Value]) -> bool {
    group.iter().all(|filter| holds(record, known, filter))
}

fn holds(record: &Record, known: &[Property], filter: &Value) -> bool {
    let name = text(filter, "propertyName");
    let kind = known.iter().find(|property| property.name == name).map_or("string", |property| property.kind.as_str());
    let operator = text(filter, "operator");
    let Some(value) = record.properties.get(name).map(|value| value.to_lowercase()) else {
        return operator == "NOT_HAS_PROPERTY";
    };
    let given = text(filter, "value").to_lowercase();
    let against = |other: &str| compare(kind, &value, &other.to_lowercase());
    match operator {
        "EQ" => against(&given).is_eq(),
        "NEQ" => against(&given).is_ne(),
        "GT" => against(&given).is_gt(),
        "GTE" => against(&given).is_ge(),
        "LT" => against(&given).is_lt(),
        "LTE" => against(&given).is_le(),
        "BETWEEN" => against(&given).is_ge() && against(text(filter, "highValue")).is_le(),
        // HubSpot wants the values of text in lower case; others find nothing.
        "IN" => listed(filter).any(|one| compare(kind, &value, one).is_eq()),
        "NOT_IN" => !listed(filter).any(|one| compare(kind, &value, one).is_eq()),
        "CONTAINS_TOKEN" => has_tokens(&value, &given),
        "NOT_CONTAINS_TOKEN" => !has_tokens(&value, &given),
        "HAS_PROPERTY" => true,
        _ => false,
    }
}

/// Times by what they mean (epoch milliseconds and ISO 8601 alike), numbers by size, text by its letters.
fn compare(kind: &str, value: &str, given: &str) -> std::cmp::Ordering {
    let number = |text: &str| text.parse::<f64>().ok();
    // What is lower-cased here was ISO 8601 in capitals.
    let time = |text: &str| instant(&text.to_uppercase());
    match kind {
        "datetime" | "date" => time(value).cmp(&time(given)),
        "number" => match (number(value), number(given)) {
            (Some(value), Some(given)) => value.total_cmp(&given),
            (_, _) => value.cmp(given),
        },
        _ => value.cmp(given),
    }
}

/// Every word of `given` is a word of `value`; `*` at its beginning or end stands for the rest of a word.
fn has_tokens(value: &str, given: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let apart = |c: char| !c.is_alphanumeric() && c != '*';
        text.split(apart).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (value, given) = (words(value), words(given));
    let is = |wanted: &str, word: &str| {
        let bare = wanted.trim_matches('*');
        match (wanted.starts_with('*'), wanted.ends_with('*')) {
            (true, true) => word.contains(bare),
            (true, false) => word.ends_with(bare),
            (false, true) => word.starts_with(bare),
            (false, false) => word == bare,
        }
    };
    !given.is_empty() && given.iter().all(|wanted| value.iter().any(|word| is(wanted, word)))
}
