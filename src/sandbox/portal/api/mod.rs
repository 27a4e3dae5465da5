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
mod values;

use http::Method;

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::kind::{End, Kind};

type Result = std::result::Result<Answer, Refusal>;

/// The scopes a route asks for; none: it needs no scope, or there is no such route.
#[must_use]
pub fn scopes(method: &Method, path: &str) -> Vec<&'static str> {
    let reads = *method == Method::GET || path.ends_with("/batch/read") || path.ends_with("/search");
    let either = |(read, write)| if reads { read } else { write };
    let of = |end: End| match end {
        End::Record(kind) => either(kind.scopes()),
        End::Conversation => either(("conversations.read", "conversations.write")),
    };
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match segments.as_slice() {
        ["conversations", ..] => vec![of(End::Conversation)],
        ["crm", "v3", "owners", ..] => vec!["crm.objects.owners.read"],
        ["crm", "v3", "objects" | "properties" | "pipelines", kind, ..] => {
            Kind::parse(kind).map(|kind| of(End::Record(kind))).into_iter().collect()
        }
        // A link needs what each of its ends needs.
        ["crm", "v4", "objects", from, _, "associations", "default", to, _]
        | ["crm", "v4", "objects", from, _, "associations", to, ..] => {
            [from, to].into_iter().filter_map(|end| End::parse(end)).map(of).collect()
        }
        _ => Vec::new(),
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
        ["crm", "v3", "pipelines", kind] => {
            let kind = record_kind(kind)?;
            only(call, &Method::GET, |_| Ok(properties::pipelines(kind)))
        }
        ["crm", "v3", "properties", kind] => properties::route(call, record_kind(kind)?),
        ["crm", "v3", "properties", kind, name] => {
            let kind = record_kind(kind)?;
            only(call, &Method::PATCH, |call| properties::change(call, kind, name))
        }
        ["crm", "v3", "objects", kind, rest @ ..] => objects(call, record_kind(kind)?, rest),
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

fn record_kind(given: &str) -> std::result::Result<Kind, Refusal> {
    let message = || format!("Unable to infer object type from: {given}");
    Kind::parse(given).ok_or_else(|| Refusal::bare(http::StatusCode::BAD_REQUEST, message()))
}

fn objects(call: &mut Call<'_>, kind: Kind, rest: &[&str]) -> Result {
    match rest {
        [] => only(call, &Method::POST, |call| records::create(call, kind)),
        ["search"] => only(call, &Method::POST, |call| search::search(call, kind)),
        ["batch", "read"] => only(call, &Method::POST, |call| records::batch_read(call, kind)),
        [id] => match *call.method {
            Method::GET => records::one(call, kind, id),
            Method::PATCH => records::change(call, kind, id),
            Method::DELETE => records::delete(call, kind, id),
            _ => Err(Refusal::method()),
        },
        _ => Err(Refusal::no_route()),
    }
}

fn only(call: &mut Call<'_>, method: &Method, endpoint: impl FnOnce(&mut Call<'_>) -> Result) -> Result {
    if call.method == method { endpoint(call) } else { Err(Refusal::method()) }
}
