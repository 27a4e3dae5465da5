//! Property definitions, and the pipelines of tickets and deals.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::kind::Kind;
use super::super::model::Property;
use super::super::schema::{self, Pipeline};
use super::super::wire;
use super::Result;

/// When the account was set up; nobody asks for more.
const LONG_AGO: &str = "2024-03-01T09:00:00Z";

/// `/crm/v3/properties/{objectType}`.
pub fn route(call: &mut Call<'_>, kind: Kind) -> Result {
    match *call.method {
        Method::GET => {
            let results: Vec<Value> = call.state.crm.table(kind).properties.iter().map(wire::property).collect();
            Ok(Answer::ok(json!({"results": results})))
        }
        Method::POST => create(call, kind),
        _ => Err(Refusal::method()),
    }
}

fn create(call: &mut Call<'_>, kind: Kind) -> Result {
    let body = call.json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let fields = || Some((text("name")?, text("label")?, text("type")?, text("fieldType")?, text("groupName")?));
    let Some((name, label, value_kind, field, group)) = fields() else {
        return Err(Refusal::invalid("Required: name, label, type, fieldType, groupName."));
    };
    if call.state.crm.table(kind).properties.iter().any(|property| property.name == name) {
        let message = format!("A property named '{name}' already exists.");
        return Err(Refusal::new(StatusCode::CONFLICT, "OBJECT_ALREADY_EXISTS", message));
    }
    let options = body.get("options").map(options).unwrap_or_default();
    let property = Property { name, label, kind: value_kind, field, group, options, read_only: false };
    let shown = wire::property(&property);
    call.state.crm.table_mut(kind).properties.push(property);
    Ok(Answer::created(shown))
}

/// `PATCH /crm/v3/properties/{objectType}/{propertyName}`: label and options; the list of options is replaced as a whole.
pub fn change(call: &mut Call<'_>, kind: Kind, name: &str) -> Result {
    let body = call.json()?;
    let options = body.get("options").map(options);
    let missing = || Refusal::not_found(format!("Property {name} was not found"));
    let properties = &mut call.state.crm.table_mut(kind).properties;
    let property = properties.iter_mut().find(|property| property.name == name).ok_or_else(missing)?;
    if let Some(label) = body.get("label").and_then(Value::as_str) {
        label.clone_into(&mut property.label);
    }
    if let Some(options) = options {
        property.options = options;
    }
    Ok(Answer::ok(wire::property(property)))
}

fn options(listed: &Value) -> Vec<String> {
    let listed = listed.as_array().into_iter().flatten();
    listed.filter_map(|option| option.get("value").and_then(Value::as_str)).map(str::to_owned).collect()
}

/// `GET /crm/v3/pipelines/{objectType}`; other kinds have none.
pub fn pipelines(kind: Kind) -> Answer {
    let pipelines = schema::pipelines(kind).map_or(&[][..], |(pipelines, _)| pipelines);
    let results: Vec<Value> = (0_u32..).zip(pipelines).map(|(order, one)| pipeline(kind, order, one)).collect();
    Answer::ok(json!({"results": results}))
}

fn pipeline(kind: Kind, order: u32, pipeline: &Pipeline) -> Value {
    let stages: Vec<Value> = (0_u32..)
        .zip(pipeline.stages)
        .map(|(order, (id, label, closed))| {
            let metadata = if kind == Kind::Ticket {
                json!({"ticketState": if *closed { "CLOSED" } else { "OPEN" }, "isClosed": closed.to_string()})
            } else {
                let probability = if *id == schema::WON {
                    "1.0"
                } else if *closed {
                    "0.0"
                } else {
                    "0.5"
                };
                json!({"isClosed": closed.to_string(), "probability": probability})
            };
            json!({
                "id": id, "label": label, "displayOrder": order, "archived": false, "metadata": metadata,
                "createdAt": LONG_AGO, "updatedAt": LONG_AGO, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            })
        })
        .collect();
    json!({"id": pipeline.id, "label": pipeline.label, "displayOrder": order, "archived": false,
           "createdAt": LONG_AGO, "updatedAt": LONG_AGO, "stages": stages})
}
