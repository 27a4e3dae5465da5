//! Links between objects, v4: the default link, a labelled one, and reading them; and those that come with a create.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::kind::{End, Kind};
use super::Result;
use super::paging::{Cursor, Order, key};

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
    let type_id = type_id(from, to)?;
    for (end, id) in [(from, from_id), (to, to_number)] {
        if !exists(call, end, id) {
            return Err(missing(end, id));
        }
    }
    join(call, from, from_id, to, to_number)?;
    let at = call.now.to_string();
    let spec = json!({"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id});
    let result = json!({"from": {"id": id}, "to": {"id": to_id}, "associationSpec": spec});
    let body = if status == StatusCode::OK {
        json!({"status": "COMPLETE", "results": [result], "startedAt": at, "completedAt": at})
    } else {
        json!({"fromObjectTypeId": from.path(), "fromObjectId": from_id, "toObjectTypeId": to.path(),
               "toObjectId": to_number, "labels": []})
    };
    Ok(Answer { status, body: Some(body) })
}

fn read(call: &mut Call<'_>, from: &str, id: &str, to: &str) -> Result {
    let (from, to, id) = (object_type(from)?, object_type(to)?, number(id)?);
    let types = json!([{"category": "HUBSPOT_DEFINED", "typeId": type_id(from, to)?, "label": null}]);
    if !exists(call, from, id) {
        return Err(missing(from, id));
    }
    let cursor = Cursor::of(call)?;
    // A number, as in HubSpot's examples; its specification says text.
    let shown = |to_id: u64| (key(to_id), json!({"toObjectId": to_id, "associationTypes": types}));
    let items = call.state.crm.linked(from, id, to).map(shown).collect();
    Ok(Answer::ok(cursor.page(call, Order::Ascending, items)))
}

/// Links two objects that exist; a ticket and a conversation become each other's. Doing it twice changes nothing.
pub fn join(call: &mut Call<'_>, from: End, from_id: u64, to: End, to_id: u64) -> Checked<()> {
    let state = &mut *call.state;
    let (linked, end, id) = match (from, to) {
        (End::Record(Kind::Ticket), End::Conversation) => (state.link_ticket(to_id, from_id), to, to_id),
        (End::Conversation, End::Record(Kind::Ticket)) => (state.link_ticket(from_id, to_id), from, from_id),
        (_, _) => {
            state.crm.link(from, from_id, to, to_id);
            (true, to, to_id)
        }
    };
    if linked { Ok(()) } else { Err(missing(end, id)) }
}

/// The `associations` of a create, each of whose ends is there.
pub fn of_create(call: &Call<'_>, kind: Kind, body: &Value) -> Checked<Vec<(End, u64)>> {
    let list = body.get("associations").and_then(Value::as_array).into_iter().flatten();
    list.map(|association| {
        let type_id = association.pointer("/types/0/associationTypeId").and_then(Value::as_u64);
        let to = type_id.and_then(|id| End::Record(kind).target(id));
        let to = to.ok_or_else(|| Refusal::invalid("Unknown associationTypeId for this object."))?;
        let id = association.pointer("/to/id");
        let id: Option<u64> = id.and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
        let id = id.ok_or_else(|| Refusal::invalid("`to.id` is required in an association."))?;
        if exists(call, to, id) {
            return Ok((to, id));
        }
        let error = json!({"message": format!("{} {id} is not valid", to.path()), "code": "INVALID_ASSOCIATIONS"});
        Err(Refusal::invalid("One or more associations are not valid").with("errors", json!([error])))
    })
    .collect()
}

fn exists(call: &Call<'_>, end: End, id: u64) -> bool {
    match end {
        End::Record(kind) => call.state.crm.record(kind, id).is_some(),
        End::Conversation => call.state.conversations.threads.contains_key(&id),
    }
}

fn missing(end: End, id: u64) -> Refusal {
    Refusal::not_found(format!("No {} object with ID {id} exists", end.path()))
}

fn object_type(given: &str) -> Checked<End> {
    End::parse(given).ok_or_else(|| {
        let mut letters = given.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        let shown: String = first.into_iter().chain(letters.flat_map(char::to_lowercase)).collect();
        Refusal::bare(StatusCode::BAD_REQUEST, format!("Unable to infer object type from: {shown}"))
    })
}

fn type_id(from: End, to: End) -> Checked<u64> {
    let none = || Refusal::invalid(format!("No association type exists from {} to {}.", from.path(), to.path()));
    from.default_type(to).ok_or_else(none)
}

fn number(id: &str) -> Checked<u64> {
    id.parse().map_err(|_| Refusal::invalid(format!("Invalid object id: {id}")))
}
