//! Tickets and contacts: get, create, change, batch read, with HubSpot's validation of property values.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::model::{Property, Record};
use super::super::record::Source;
use super::super::wire;
use super::{Result, associations};

type Values = BTreeMap<String, String>;

/// What HubSpot shows when no properties are asked for.
pub fn default_properties(kind: &str) -> &'static [&'static str] {
    if kind == "tickets" {
        &["subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "hs_ticket_category"]
    } else {
        &["email", "firstname", "lastname"]
    }
}

/// `GET /{id}`, or by e-mail with `idProperty=email`.
pub fn one(call: &mut Call<'_>, kind: &str, id: &str) -> Result {
    let record = find(call, kind, id)?;
    let asked = call.params("properties");
    let wanted = if asked.is_empty() { default_properties(kind) } else { asked.as_slice() };
    let known = call.state.properties(kind);
    Ok(Answer::ok(wire::record(record, known, wanted)))
}

fn find<'a>(call: &'a Call<'_>, kind: &str, id: &str) -> std::result::Result<&'a Record, Refusal> {
    let state = &call.state;
    let by_email = kind == "contacts" && call.param("idProperty") == Some("email");
    let records = if kind == "tickets" { &state.crm.tickets } else { &state.crm.contacts };
    let by_id = || id.parse().ok().and_then(|id: u64| records.get(&id));
    let found = if by_email { state.contact_by_email(id) } else { by_id() };
    found.filter(|record| record.visible_at <= call.now).ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "OBJECT_NOT_FOUND",
            format!("Object not found.  objectId are usually numeric. {kind}"),
        )
        .with("subCategory", json!("crm.OBJECT_NOT_FOUND"))
    })
}

/// `POST /crm/v3/objects/{kind}`.
pub fn create(call: &mut Call<'_>, kind: &str) -> Result {
    let body = call.json()?;
    let mut values = values(call, kind, &body)?;
    values.retain(|_, value| !value.is_empty());
    if kind == "tickets" {
        require_ticket(&mut values)?;
    } else {
        require_contact(call, &values)?;
    }
    let links = associations::of_create(&body)?;
    let source = Source::App(call.state.seed.app_id.0);
    let id = call.state.create_record(call.now, kind, values, &source);
    for (to, to_id) in links {
        associations::join(call, kind, id, to, to_id)?;
    }
    let known = call.state.properties(kind).to_vec();
    let created = call.state.records(kind).get(&id);
    Ok(Answer::created(created.map_or_else(|| json!({}), |record| shown_whole(record, &known))))
}

fn require_ticket(values: &mut Values) -> std::result::Result<(), Refusal> {
    values.entry("hs_pipeline".to_owned()).or_insert_with(|| "0".to_owned());
    let missing: Vec<&str> =
        ["subject", "hs_pipeline_stage"].into_iter().filter(|n| !values.contains_key(*n)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let error = json!({"message": "Some required properties were not set.", "code": "REQUIRED_FIELD",
                       "context": {"properties": missing}});
    Err(Refusal::invalid("Error creating TICKET. Some required properties were not set.")
        .with("errors", json!([error])))
}

fn require_contact(call: &Call<'_>, values: &Values) -> std::result::Result<(), Refusal> {
    if !["email", "firstname", "lastname"].iter().any(|name| values.contains_key(*name)) {
        return Err(Refusal::invalid("At least one of email, firstname or lastname is required."));
    }
    // The index behind the conflict is not the one GETs read: a contact too new to be seen conflicts all the same.
    match values.get("email").and_then(|email| call.state.contact_by_email(email)) {
        None => Ok(()),
        Some(known) => {
            let message = format!("Contact already exists. Existing ID: {}", known.id);
            Err(Refusal::new(StatusCode::CONFLICT, "CONFLICT", message))
        }
    }
}

/// `PATCH /{id}`.
pub fn change(call: &mut Call<'_>, kind: &str, id: &str) -> Result {
    let id = find(call, kind, id)?.id;
    let body = call.json()?;
    let values = values(call, kind, &body)?;
    let source = Source::App(call.state.seed.app_id.0);
    call.state.change_record(call.now, kind, id, values, &source);
    let known = call.state.properties(kind).to_vec();
    let changed = call.state.records(kind).get(&id);
    Ok(Answer::ok(changed.map_or_else(|| json!({}), |record| shown_whole(record, &known))))
}

/// `POST /batch/read`.
pub fn batch_read(call: &mut Call<'_>, kind: &str) -> Result {
    let body = call.json()?;
    let list = |name: &str| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (asked, inputs) = (list("properties"), list("inputs"));
    let asked: Vec<&str> = asked.iter().filter_map(Value::as_str).collect();
    let wanted = if asked.is_empty() { default_properties(kind) } else { asked.as_slice() };
    let ids = inputs.iter().filter_map(|input| input.get("id").and_then(Value::as_str));
    let known = call.state.properties(kind);
    let found = ids.filter_map(|id| find(call, kind, id).ok()).map(|record| wire::record(record, known, wanted));
    let results: Vec<Value> = found.collect();
    let at = call.now.to_string();
    Ok(Answer::ok(json!({"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at})))
}

fn shown_whole(record: &Record, known: &[Property]) -> Value {
    let names: Vec<&str> = record.properties.keys().map(String::as_str).collect();
    wire::record(record, known, &names)
}

/// The body's `properties`, as text; one bad value refuses the whole write.
fn values(call: &Call<'_>, kind: &str, body: &Value) -> std::result::Result<Values, Refusal> {
    let properties = body.get("properties").and_then(Value::as_object);
    let properties = properties.ok_or_else(|| Refusal::invalid("`properties` must be an object."))?;
    let known = call.state.properties(kind);
    let (mut values, mut problems) = (Values::new(), Vec::new());
    for (name, value) in properties {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
        };
        if let Some((code, message)) = problem(known, name, &text) {
            problems.push(json!({"isValid": false, "message": message, "error": code, "name": name,
                                 "localizedErrorMessage": message, "portalId": call.state.seed.portal_id.0}));
        }
        values.insert(name.clone(), text);
    }
    if problems.is_empty() {
        return Ok(values);
    }
    // HubSpot puts the list inside the message string.
    Err(Refusal::invalid(format!("Property values were not valid: {}", Value::Array(problems))))
}

fn problem(known: &[Property], name: &str, value: &str) -> Option<(&'static str, String)> {
    let Some(property) = known.iter().find(|property| property.name == name) else {
        return Some(("PROPERTY_DOESNT_EXIST", format!("Property \"{name}\" does not exist")));
    };
    if property.read_only {
        return Some(("READ_ONLY_VALUE", format!("\"{name}\" is a read only property; its value cannot be set.")));
    }
    let many = property.field == "checkbox";
    let chosen: Vec<&str> = if many { value.split(';').collect() } else { vec![value] };
    let bad = |choice: &&str| !choice.is_empty() && !property.options.iter().any(|option| option == choice);
    let invalid = !property.options.is_empty() && chosen.iter().any(bad);
    invalid.then(|| ("INVALID_OPTION", format!("{value} was not one of the allowed options: {:?}", property.options)))
}
