//! The routes of HubSpot's API, one file per resource. Called by [`super::call`] once a call is admitted.

mod account;
mod actors;
mod assignee;
mod associations;
mod channels;
mod messages;
mod owners;
mod paging;
mod post;
mod properties;
mod records;
mod search;
mod threads;

use http::Method;

use super::answer::{Answer, Refusal};
use super::call::Call;

type Result = std::result::Result<Answer, Refusal>;

/// The scope a route asks for, if any.
pub fn scope(method: &Method, path: &str) -> Option<&'static str> {
    let reads = *method == Method::GET || path.ends_with("/batch/read") || path.ends_with("/search");
    let either = |read, write| Some(if reads { read } else { write });
    if path.starts_with("/conversations/") {
        either("conversations.read", "conversations.write")
    } else if path.starts_with("/crm/v3/owners") {
        Some("crm.objects.owners.read")
    } else if path.starts_with("/crm/v3/objects/contacts") || path.starts_with("/crm/v3/properties/contacts") {
        either("crm.objects.contacts.read", "crm.objects.contacts.write")
    } else if path.starts_with("/crm/") {
        Some("tickets")
    } else {
        None
    }
}

/// Finds the endpoint and runs it.
pub fn route(call: &mut Call<'_>) -> Result {
    let path = call.path.clone();
    let segments: Vec<&str> = path.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["conversations", "v3", "conversations", rest @ ..] => conversations(call, rest),
        ["conversations", "conversations", "v3", "threads", id, "assignee"] => assignee::route(call, id),
        ["crm", "v3", "owners"] => only(call, &Method::GET, owners::list),
        ["crm", "v3", "owners", id] => only(call, &Method::GET, |call| owners::one(call, id)),
        ["crm", "v3", "pipelines", "tickets"] => only(call, &Method::GET, |_| Ok(properties::pipelines())),
        ["crm", "v3", "properties", kind] => properties::route(call, kind),
        ["crm", "v3", "objects", kind, rest @ ..] => objects(call, kind, rest),
        ["crm", "v4", "objects", rest @ ..] => associations::route(call, rest),
        ["oauth", "v2", "private-apps", "get", "access-token-info"] => only(call, &Method::POST, account::token_info),
        ["account-info", "v3", "details"] => only(call, &Method::GET, |call| Ok(account::details(call))),
        _ => Err(Refusal::no_route()),
    }
}

fn conversations(call: &mut Call<'_>, rest: &[&str]) -> Result {
    match rest {
        ["threads"] => only(call, &Method::GET, threads::list),
        ["threads", id] => threads::route(call, id),
        ["threads", id, "messages"] => match *call.method {
            Method::GET => messages::list(call, id),
            Method::POST => post::post(call, id),
            _ => Err(Refusal::method()),
        },
        ["threads", id, "messages", message] => only(call, &Method::GET, |call| messages::one(call, id, message)),
        ["threads", id, "messages", message, "original-content"] => {
            only(call, &Method::GET, |call| messages::original(call, id, message))
        }
        // The guide names this path, the published API does not have it.
        ["threads", _, "assignee"] => Err(Refusal::method()),
        ["actors", "batch", "read"] => only(call, &Method::POST, actors::batch),
        ["actors", id] => only(call, &Method::GET, |call| actors::one(call, id)),
        ["inboxes"] => only(call, &Method::GET, channels::inboxes),
        ["inboxes", id] => only(call, &Method::GET, |_| channels::inbox(id)),
        ["channels"] => only(call, &Method::GET, channels::channels),
        ["channels", id] => only(call, &Method::GET, |_| channels::channel(id)),
        ["channel-accounts"] => only(call, &Method::GET, channels::accounts),
        ["channel-accounts", id] => only(call, &Method::GET, |call| channels::account(call, id)),
        _ => Err(Refusal::no_route()),
    }
}

fn objects(call: &mut Call<'_>, kind: &str, rest: &[&str]) -> Result {
    if !matches!(kind, "tickets" | "contacts") {
        let message = format!("Unable to infer object type from: {kind}");
        return Err(Refusal::bare(http::StatusCode::BAD_REQUEST, message));
    }
    match rest {
        [] => only(call, &Method::POST, |call| records::create(call, kind)),
        ["search"] => only(call, &Method::POST, |call| search::search(call, kind)),
        ["batch", "read"] => only(call, &Method::POST, |call| records::batch_read(call, kind)),
        [id] => match *call.method {
            Method::GET => records::one(call, kind, id),
            Method::PATCH => records::change(call, kind, id),
            _ => Err(Refusal::method()),
        },
        _ => Err(Refusal::no_route()),
    }
}

fn only(call: &mut Call<'_>, method: &Method, endpoint: impl FnOnce(&mut Call<'_>) -> Result) -> Result {
    if call.method == method { endpoint(call) } else { Err(Refusal::method()) }
}
