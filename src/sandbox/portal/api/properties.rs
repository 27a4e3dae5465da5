//! Property definitions and ticket pipelines.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::model::Property;
use super::super::wire;
use super::Result;

/// `/crm/v3/properties/{objectType}`.
pub fn route(call: &mut Call<'_>, kind: &str) -> Result {
    if !matches!(kind, "tickets" | "contacts") {
        let message = format!("Unable to infer object type from: {kind}");
        return Err(Refusal::bare(StatusCode::BAD_REQUEST, message));
    }
    match *call.method {
        Method::GET => {
            let results: Vec<Value> = call.state.properties(kind).iter().map(wire::property).collect();
            Ok(Answer::ok(json!({"results": results})))
        }
        Method::POST => create(call, kind),
        _ => Err(Refusal::method()),
    }
}

fn create(call: &mut Call<'_>, kind: &str) -> Result {
    let body = call.json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let fields = || Some((text("name")?, text("label")?, text("type")?, text("fieldType")?, text("groupName")?));
    let Some((name, label, value_kind, field, group)) = fields() else {
        return Err(Refusal::invalid("Required: name, label, type, fieldType, groupName."));
    };
    if call.state.properties(kind).iter().any(|property| property.name == name) {
        let message = format!("A property named '{name}' already exists.");
        return Err(Refusal::new(StatusCode::CONFLICT, "OBJECT_ALREADY_EXISTS", message));
    }
    let listed = body.get("options").and_then(Value::as_array).into_iter().flatten();
    let options = listed.filter_map(|option| option.get("value").and_then(Value::as_str)).map(str::to_owned).collect();
    let property = Property { name, label, kind: value_kind, field, group, options, read_only: false };
    let shown = wire::property(&property);
    let crm = &mut call.state.crm;
    if kind == "tickets" { &mut crm.ticket_properties } else { &mut crm.contact_properties }.push(property);
    Ok(Answer::created(shown))
}

/// `GET /crm/v3/pipelines/tickets`: the stock pipeline.
pub fn pipelines() -> Answer {
    let at = "2024-03-01T09:00:00Z";
    let labels = ["New", "Waiting on contact", "Waiting on us", "Closed"];
    let stages: Vec<Value> = (0_u32..)
        .zip(labels)
        .map(|(order, label)| {
            let closed = label == "Closed";
            json!({
                "id": (order + 1).to_string(), "label": label, "displayOrder": order, "archived": false,
                "createdAt": at, "updatedAt": at, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
                "metadata": {"ticketState": if closed { "CLOSED" } else { "OPEN" }, "isClosed": closed.to_string()},
            })
        })
        .collect();
    let pipeline = json!({"id": "0", "label": "Support Pipeline", "displayOrder": 0, "archived": false,
                          "createdAt": at, "updatedAt": at, "stages": stages});
    Answer::ok(json!({"results": [pipeline]}))
}
