//! Actors: who the ids in messages are.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::Result;

/// `GET /actors/{id}`.
pub fn one(call: &mut Call<'_>, id: &str) -> Result {
    actor(call, id).map(Answer::ok).ok_or_else(|| missing(id))
}

/// `POST /actors/batch/read`: 207 when some are unknown.
pub fn batch(call: &mut Call<'_>) -> Result {
    let body = call.json()?;
    let inputs = body.get("inputs").and_then(Value::as_array);
    let inputs = inputs.ok_or_else(|| Refusal::invalid("`inputs` must be a list of actor ids."))?;
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for id in inputs.iter().filter_map(Value::as_str) {
        match actor(call, id) {
            Some(found) => results.push(found),
            None => errors.push(json!({
                "status": "error", "category": "OBJECT_NOT_FOUND", "message": format!("Actor {id} was not found"),
                "context": {"ids": [id]},
            })),
        }
    }
    let at = call.now.to_string();
    let mut body = json!({"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at});
    let mut status = StatusCode::OK;
    if let (false, Some(members)) = (errors.is_empty(), body.as_object_mut()) {
        status = StatusCode::MULTI_STATUS;
        members.insert("numErrors".to_owned(), json!(errors.len()));
        members.insert("errors".to_owned(), json!(errors));
    }
    Ok(Answer { status, body: Some(body) })
}

fn actor(call: &Call<'_>, id: &str) -> Option<Value> {
    let (prefix, rest) = id.split_once('-')?;
    match prefix {
        "A" => {
            let agent = call.state.seed.agent(id)?;
            Some(json!({"id": id, "type": "AGENT", "name": agent.name(), "email": agent.email}))
        }
        "V" => {
            let visitor = call.state.conversations.visitors.get(&rest.parse().ok()?)?;
            let mut shown = json!({"id": id, "type": "VISITOR"});
            let members = shown.as_object_mut()?;
            for (name, value) in [("name", &visitor.name), ("email", &visitor.email)] {
                if let Some(value) = value {
                    members.insert(name.to_owned(), json!(value));
                }
            }
            Some(shown)
        }
        "E" => Some(json!({"id": id, "type": "EMAIL", "email": rest})),
        "I" if rest == call.state.seed.app_id.0.to_string() => {
            Some(json!({"id": id, "type": "INTEGRATOR", "name": "hubspot-bridge"}))
        }
        "S" => Some(json!({"id": id, "type": "SYSTEM"})),
        "B" => Some(json!({"id": id, "type": "BOT", "name": "Acme bot"})),
        "L" => Some(json!({"id": id, "type": "LLM", "name": "Customer agent"})),
        _ => None,
    }
}

fn missing(id: &str) -> Refusal {
    Refusal::not_found(format!("Actor {id} was not found"))
}
