//! A thread's owner, on the path with the doubled segment: `/conversations/conversations/v3/threads/{id}/assignee`.

use http::Method;
use serde_json::Value;

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::wire;
use super::Result;
use super::threads::{app, find};

/// PUT gives the thread to an agent, DELETE to nobody.
pub fn route(call: &mut Call<'_>, id: &str) -> Result {
    let thread = find(call, id)?.id;
    let by = app(call);
    let now = call.now;
    if *call.method == Method::DELETE {
        call.state.assign(now, thread, None, &by);
        return Ok(Answer::none());
    }
    if *call.method != Method::PUT {
        return Err(Refusal::method());
    }
    let body = call.json()?;
    let actor = body.get("actorId").and_then(Value::as_str).unwrap_or_default();
    if call.state.seed.agent(actor).is_none() {
        return Err(Refusal::invalid("`actorId` must be an agent of this account, `A-<userId>`."));
    }
    call.state.assign(now, thread, Some(actor.to_owned()), &by);
    let shown = find(call, id)?;
    Ok(Answer::ok(wire::thread(shown, now, false)))
}
