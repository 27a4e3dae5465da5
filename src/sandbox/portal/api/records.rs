//! CRM records of every kind: get, create, change, delete, batch read.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::kind::{End, Kind};
use super::super::model::Record;
use super::super::record::Source;
use super::super::{schema, wire};
use super::values::{require, values};
use super::{Result, associations};

/// HubSpot's bound of one batch.
const BATCH_MAX: usize = 100;

/// `GET /{id}`, or by e-mail with `idProperty=email`.
pub fn one(call: &mut Call<'_>, kind: Kind, id: &str) -> Result {
    let record = find(call, kind, id)?;
    let asked = call.params("properties");
    let wanted = if asked.is_empty() { schema::shown_unasked(kind) } else { asked.as_slice() };
    Ok(Answer::ok(wire::record(kind, record, &call.state.crm.table(kind).properties, wanted)))
}

fn find<'a>(call: &'a Call<'_>, kind: Kind, id: &str) -> std::result::Result<&'a Record, Refusal> {
    let state = &call.state;
    let by_email = kind == Kind::Contact && call.param("idProperty") == Some("email");
    let by_id = || id.parse().ok().and_then(|id: u64| state.crm.record(kind, id));
    let found = if by_email { state.contact_by_email(id) } else { by_id() };
    found.filter(|record| record.visible_at <= call.now).ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "OBJECT_NOT_FOUND",
            format!("Object not found.  objectId are usually numeric. {}", kind.path()),
        )
        .with("subCategory", json!("crm.OBJECT_NOT_FOUND"))
    })
}

/// `POST /crm/v3/objects/{kind}`, whole or not at all: its associations are looked at before.
pub fn create(call: &mut Call<'_>, kind: Kind) -> Result {
    let body = call.json()?;
    let mut values = values(call, kind, &body, None)?;
    values.retain(|_, value| !value.is_empty());
    require(call, kind, &mut values)?;
    let links = associations::of_create(call, kind, &body)?;
    let source = Source::App(call.state.seed.app_id.0);
    let id = call.state.create_record(call.now, kind, values, &source);
    for (to, to_id) in links {
        associations::join(call, End::Record(kind), id, to, to_id)?;
    }
    Ok(Answer::created(shown_whole(call, kind, id)))
}

/// `PATCH /{id}`.
pub fn change(call: &mut Call<'_>, kind: Kind, id: &str) -> Result {
    let body = call.json()?;
    let record = find(call, kind, id)?;
    let id = record.id;
    let values = values(call, kind, &body, Some(record))?;
    let source = Source::App(call.state.seed.app_id.0);
    call.state.change_record(call.now, kind, id, values, &source);
    Ok(Answer::ok(shown_whole(call, kind, id)))
}

/// `DELETE /{id}`.
pub fn delete(call: &mut Call<'_>, kind: Kind, id: &str) -> Result {
    let id = find(call, kind, id)?.id;
    call.state.delete_record(kind, id);
    Ok(Answer::none())
}

/// `POST /batch/read`: 207 when some are unknown.
pub fn batch_read(call: &mut Call<'_>, kind: Kind) -> Result {
    let body = call.json()?;
    let list = |name: &str| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (asked, inputs) = (list("properties"), list("inputs"));
    if inputs.len() > BATCH_MAX {
        return Err(Refusal::invalid(format!("The maximum number of inputs is {BATCH_MAX}, not {}.", inputs.len())));
    }
    let asked: Vec<&str> = asked.iter().filter_map(Value::as_str).collect();
    let wanted = if asked.is_empty() { schema::shown_unasked(kind) } else { asked.as_slice() };
    let known = &call.state.crm.table(kind).properties;
    let (mut results, mut unknown) = (Vec::new(), Vec::new());
    for id in inputs.iter().filter_map(|input| input.get("id").and_then(Value::as_str)) {
        match find(call, kind, id) {
            Ok(record) => results.push(wire::record(kind, record, known, wanted)),
            Err(_) => unknown.push(id),
        }
    }
    let at = call.now.to_string();
    let mut body = json!({"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at});
    let mut status = StatusCode::OK;
    if let (false, Some(members)) = (unknown.is_empty(), body.as_object_mut()) {
        status = StatusCode::MULTI_STATUS;
        let what = kind.singular().to_uppercase();
        let message =
            format!("Could not get some {what} objects, they may be deleted or not exist. Check that ids are valid.");
        let error = json!({"status": "error", "category": "OBJECT_NOT_FOUND", "message": message,
                           "context": {"ids": unknown}});
        members.insert("numErrors".to_owned(), json!(1));
        members.insert("errors".to_owned(), json!([error]));
    }
    Ok(Answer { status, body: Some(body) })
}

/// A record with everything that is set, as writes answer.
fn shown_whole(call: &Call<'_>, kind: Kind, id: u64) -> Value {
    let crm = &call.state.crm;
    crm.record(kind, id).map_or_else(
        || json!({}),
        |record| {
            let names: Vec<&str> = record.properties.keys().map(String::as_str).collect();
            wire::record(kind, record, &crm.table(kind).properties, &names)
        },
    )
}
