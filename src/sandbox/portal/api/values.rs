//! HubSpot's validation of property values in a create or a change. One bad value refuses the whole write.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::answer::Refusal;
use super::super::call::Call;
use super::super::kind::Kind;
use super::super::model::{Property, Record};
use super::super::schema;
use crate::domain::Timestamp;

/// Values by property, as text.
pub type Values = BTreeMap<String, String>;

type Checked<T> = std::result::Result<T, Refusal>;

/// HubSpot's longest text, in characters.
const TEXT_MAX: usize = 65_536;

/// What is wrong with one value.
struct Problem {
    name: String,
    code: &'static str,
    message: String,
}

/// The body's `properties`; `before` is the record they change.
pub fn values(call: &Call<'_>, kind: Kind, body: &Value, before: Option<&Record>) -> Checked<Values> {
    let properties = body.get("properties").and_then(Value::as_object);
    let properties = properties.ok_or_else(|| Refusal::invalid("`properties` must be an object."))?;
    let (mut values, mut problems) = (Values::new(), Vec::new());
    for (name, value) in properties {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
        };
        match checked(call, kind, name, text) {
            Ok(text) => _ = values.insert(name.clone(), text),
            Err((code, message)) => problems.push(Problem { name: name.clone(), code, message }),
        }
    }
    problems.extend(wrong_stage(kind, &values, before));
    if problems.is_empty() { Ok(values) } else { Err(refusal(call, &problems)) }
}

/// HubSpot puts the list inside the message string.
fn refusal(call: &Call<'_>, problems: &[Problem]) -> Refusal {
    let shown = |Problem { name, code, message }: &Problem| {
        json!({"isValid": false, "message": message, "error": code, "name": name, "localizedErrorMessage": message,
               "portalId": call.state.seed.portal_id.0})
    };
    let list: Value = problems.iter().map(shown).collect();
    Refusal::invalid(format!("Property values were not valid: {list}"))
}

/// The value as HubSpot keeps it: times become ISO 8601.
fn checked(call: &Call<'_>, kind: Kind, name: &str, text: String) -> Result<String, (&'static str, String)> {
    let known = &call.state.crm.table(kind).properties;
    let Some(property) = known.iter().find(|property| property.name == name) else {
        return Err(("PROPERTY_DOESNT_EXIST", format!("Property \"{name}\" does not exist")));
    };
    if property.read_only {
        return Err(("READ_ONLY_VALUE", format!("\"{name}\" is a read only property; its value cannot be set.")));
    }
    if text.is_empty() {
        return Ok(text);
    }
    if text.chars().count() > TEXT_MAX {
        return Err(("INVALID_LENGTH", format!("The value of \"{name}\" is longer than {TEXT_MAX} characters.")));
    }
    if name == "hubspot_owner_id" && !call.state.seed.agents().any(|agent| agent.owner_id.to_string() == text) {
        return Err(("INVALID_OWNER_ID", format!("{text} is not a valid owner ID")));
    }
    match property.kind.as_str() {
        "datetime" | "date" => instant(&text)
            .map(|at| at.to_string())
            .ok_or_else(|| ("INVALID_DATE", format!("{text} was not a valid date"))),
        "number" if text.parse::<f64>().is_err() => Err(("INVALID_LONG", format!("{text} was not a valid long"))),
        _ if bad_option(property, &text) => {
            let message = format!("{text} was not one of the allowed options: {:?}", property.options);
            Err(("INVALID_OPTION", message))
        }
        _ => Ok(text),
    }
}

fn bad_option(property: &Property, value: &str) -> bool {
    let many = property.field == "checkbox";
    let chosen: Vec<&str> = if many { value.split(';').collect() } else { vec![value] };
    let bad = |choice: &&str| !choice.is_empty() && !property.options.iter().any(|option| option == choice);
    !property.options.is_empty() && chosen.iter().any(bad)
}

/// A stage belongs to one pipeline: the new one, the record's, or the default one.
fn wrong_stage(kind: Kind, values: &Values, before: Option<&Record>) -> Option<Problem> {
    let (pipelines, [pipeline, stage]) = schema::pipelines(kind)?;
    let given = values.get(stage).filter(|stage| !stage.is_empty())?;
    let kept = before.and_then(|record| record.properties.get(pipeline));
    let id = values.get(pipeline).or(kept).map_or_else(|| default_pipeline(kind), String::as_str);
    let its = pipelines.iter().find(|pipeline| pipeline.id == id)?;
    if its.stages.iter().any(|(stage, ..)| stage == given) {
        return None;
    }
    let message = format!("{given} is not a valid pipeline stage ID for pipeline {id}");
    Some(Problem { name: stage.to_owned(), code: "INVALID_OPTION", message })
}

/// The pipeline of records that name none.
fn default_pipeline(kind: Kind) -> &'static str {
    schema::pipelines(kind).and_then(|(pipelines, _)| pipelines.first()).map_or("", |pipeline| pipeline.id)
}

/// What a new record must have; defaults are filled in.
pub fn require(call: &Call<'_>, kind: Kind, values: &mut Values) -> Checked<()> {
    if let Some((_, [pipeline, _])) = schema::pipelines(kind) {
        values.entry(pipeline.to_owned()).or_insert_with(|| default_pipeline(kind).to_owned());
    }
    let any = |names: &[&str]| names.iter().any(|name| values.contains_key(*name));
    match kind {
        Kind::Contact if !any(&["email", "firstname", "lastname"]) => {
            Err(Refusal::invalid("At least one of email, firstname or lastname is required."))
        }
        Kind::Contact => no_conflict(call, values),
        Kind::Company if !any(&["name", "domain"]) => {
            Err(Refusal::invalid("At least one of name or domain is required."))
        }
        Kind::Company => Ok(()),
        Kind::Deal => all_of(kind, values, &["dealname", "dealstage"]),
        Kind::Ticket => all_of(kind, values, &["subject", "hs_pipeline_stage"]),
        Kind::Note => all_of(kind, values, &["hs_timestamp"]),
    }
}

fn all_of(kind: Kind, values: &Values, names: &[&str]) -> Checked<()> {
    let missing: Vec<&&str> = names.iter().filter(|name| !values.contains_key(**name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let error = json!({"message": "Some required properties were not set.", "code": "REQUIRED_FIELD",
                       "context": {"properties": missing}});
    let what = kind.singular().to_uppercase();
    Err(Refusal::invalid(format!("Error creating {what}. Some required properties were not set."))
        .with("errors", json!([error])))
}

/// The index behind the conflict is not the one GETs read: a contact too new to be seen conflicts all the same.
fn no_conflict(call: &Call<'_>, values: &Values) -> Checked<()> {
    match values.get("email").and_then(|email| call.state.contact_by_email(email)) {
        None => Ok(()),
        Some(known) => {
            let message = format!("Contact already exists. Existing ID: {}", known.id);
            Err(Refusal::new(http::StatusCode::CONFLICT, "CONFLICT", message))
        }
    }
}

/// A time as HubSpot takes it: epoch milliseconds, or ISO 8601.
pub fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().map(Timestamp).or_else(|| Timestamp::parse(text))
}
