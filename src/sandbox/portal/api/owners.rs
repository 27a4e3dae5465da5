//! Owners: the CRM's view of users, with ids of their own.

use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::seed::Agent;
use super::Result;
use super::paging::{Cursor, Order};

/// `GET /crm/v3/owners`.
pub fn list(call: &mut Call<'_>) -> Result {
    let cursor = Cursor::of(call)?;
    let email = call.param("email").map(str::to_lowercase);
    let archived = call.param("archived") == Some("true");
    let asked = |agent: &&Agent| agent.active != archived && email.as_ref().is_none_or(|e| *e == agent.email);
    let agents = call.state.seed.agents().filter(asked);
    let owners = agents.map(|agent| (format!("{:020}", agent.owner_id), shown(agent))).collect();
    Ok(Answer::ok(cursor.page(call, Order::Ascending, owners)))
}

/// `GET /crm/v3/owners/{id}`.
pub fn one(call: &mut Call<'_>, id: &str) -> Result {
    let by_user = match call.param("idProperty") {
        None | Some("id") => false,
        Some("userId") => true,
        Some(_) => return Err(Refusal::invalid("`idProperty` must be id or userId.")),
    };
    let own = |agent: &&Agent| if by_user { agent.user_id } else { agent.owner_id }.to_string() == id;
    let missing = || Refusal::not_found(format!("Owner {id} was not found"));
    call.state.seed.agents().find(own).map(|agent| Answer::ok(shown(agent))).ok_or_else(missing)
}

fn shown(agent: &Agent) -> Value {
    json!({
        "id": agent.owner_id.to_string(),
        "userId": agent.active.then_some(agent.user_id),
        "userIdIncludingInactive": agent.user_id,
        "email": agent.email,
        "firstName": agent.first,
        "lastName": agent.last,
        "type": "PERSON",
        "archived": !agent.active,
        "createdAt": "2024-03-01T09:00:00Z",
        "updatedAt": "2024-03-01T09:00:00Z",
    })
}
