//! Links between records, v4: the default link, a labelled one, and reading them.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::Result;

type Checked<T> = std::result::Result<T, Refusal>;

/// `/crm/v4/objects/…`.
pub fn route(call: &mut Call<'_>, rest: &[&str]) -> Result {
    match rest {
        [from, id, "associations", "default", to, to_id] => put(call, [from, id, to, to_id], StatusCode::OK),
        [from, id, "associations", to, to_id] => put(call, [from, id, to, to_id], StatusCode::CREATED),
        [from, id, "associations", to] if *call.method == Method::GET => read(call, from, id, to),
        [_, _, "associations", _] => Err(Refusal::method()),
        _ => Err(Refusal::no_route()),
    }
}

fn put(call: &mut Call<'_>, [from, id, to, to_id]: [&str; 4], status: StatusCode) -> Result {
    if *call.method != Method::PUT {
        return Err(Refusal::method());
    }
    let (from, to) = (object_type(from)?, object_type(to)?);
    let (from_id, to_number) = (number(id)?, number(to_id)?);
    join(call, from, from_id, to, to_number)?;
    let at = call.now.to_string();
    let spec = json!({"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id(from, to)});
    let result = json!({"from": {"id": id}, "to": {"id": to_id}, "associationSpec": spec});
    let body = if status == StatusCode::OK {
        json!({"status": "COMPLETE", "results": [result], "startedAt": at, "completedAt": at})
    } else {
        json!({"fromObjectTypeId": from, "fromObjectId": from_id, "toObjectTypeId": to, "toObjectId": to_number, "labels": []})
    };
    Ok(Answer { status, body: Some(body) })
}

fn read(call: &mut Call<'_>, from: &str, id: &str, to: &str) -> Result {
    let (from, to, id) = (object_type(from)?, object_type(to)?, number(id)?);
    let links = call.state.crm.links.iter().filter(|(f, f_id, t, _)| f == from && *f_id == id && t == to);
    let kind = json!([{"category": "HUBSPOT_DEFINED", "typeId": type_id(from, to), "label": null}]);
    let results: Vec<Value> = links.map(|(.., to_id)| json!({"toObjectId": to_id, "associationTypes": kind})).collect();
    Ok(Answer::ok(json!({"results": results})))
}

/// Links two records that exist; a ticket and a conversation become each other's.
pub fn join(call: &mut Call<'_>, from: &str, from_id: u64, to: &str, to_id: u64) -> Checked<()> {
    let state = &mut *call.state;
    let exists = |kind: &str, id: u64| match kind {
        "tickets" => state.crm.tickets.contains_key(&id),
        "contacts" => state.crm.contacts.contains_key(&id),
        _ => state.conversations.threads.contains_key(&id),
    };
    for (kind, id) in [(from, from_id), (to, to_id)] {
        if !exists(kind, id) {
            return Err(Refusal::not_found(format!("No {kind} object with ID {id} exists")));
        }
    }
    match (from, to) {
        ("tickets", "conversations") => _ = state.link_ticket(to_id, from_id),
        ("conversations", "tickets") => _ = state.link_ticket(from_id, to_id),
        _ => state.link(from, from_id, to, to_id),
    }
    Ok(())
}

/// The `associations` of a create: HubSpot tells the object type by the association's type id.
pub fn of_create(body: &Value) -> Checked<Vec<(&'static str, u64)>> {
    let list = body.get("associations").and_then(Value::as_array).into_iter().flatten();
    list.map(|association| {
        let type_id = association.pointer("/types/0/associationTypeId").and_then(Value::as_u64);
        let to = match type_id {
            Some(16) => "contacts",
            Some(15 | 31) => "tickets",
            Some(32 | 278) => "conversations",
            Some(_) | None => return Err(Refusal::invalid("Unknown associationTypeId for this object.")),
        };
        let id = association.pointer("/to/id");
        let id = id.and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
        id.map(|id| (to, id)).ok_or_else(|| Refusal::invalid("`to.id` is required in an association."))
    })
    .collect()
}

fn object_type(given: &str) -> Checked<&'static str> {
    match given.to_lowercase().as_str() {
        "ticket" | "tickets" | "0-5" => Ok("tickets"),
        "contact" | "contacts" | "0-1" => Ok("contacts"),
        "conversation" | "conversations" | "0-11" => Ok("conversations"),
        other => {
            let mut letters = other.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            let shown: String = first.into_iter().chain(letters).collect();
            Err(Refusal::bare(StatusCode::BAD_REQUEST, format!("Unable to infer object type from: {shown}")))
        }
    }
}

fn type_id(from: &str, to: &str) -> u32 {
    match (from, to) {
        ("tickets", "contacts") => 16,
        ("contacts", "tickets") => 15,
        ("tickets", "conversations") => 32,
        ("conversations", "tickets") => 31,
        ("tickets", "tickets") => 452,
        _ => 0,
    }
}

fn number(id: &str) -> Checked<u64> {
    id.parse().map_err(|_| Refusal::invalid(format!("Invalid object id: {id}")))
}
