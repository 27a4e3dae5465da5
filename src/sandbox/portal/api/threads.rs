//! Threads: list with its parameter rules, get, change of status, trash and restore.

use http::Method;
use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::change::By;
use super::super::model::{Client, Thread};
use super::super::wire;
use super::Result;
use super::paging::{Cursor, Order, key};
use crate::domain::Timestamp;

/// What a list asks for, once its rules hold.
struct Wanted {
    archived: bool,
    inboxes: Vec<String>,
    contact: Option<u64>,
    ticket: Option<u64>,
    closed: Option<bool>,
    since: Option<Timestamp>,
    by_time: bool,
    descending: bool,
}

/// `GET /threads`.
pub fn list(call: &mut Call<'_>) -> Result {
    let wanted = wanted(call)?;
    let cursor = Cursor::of(call)?;
    let with_ticket = wants_ticket(call);
    let now = call.now;
    let mut threads: Vec<&Thread> =
        call.state.conversations.threads.values().filter(|thread| fits(thread, &wanted, now)).collect();
    if wanted.by_time {
        threads.sort_by_key(|thread| (thread.latest(now, None), thread.id));
    }
    if wanted.descending {
        threads.reverse();
    }
    let order = if wanted.descending { Order::Descending } else { Order::Ascending };
    let time = |thread: &Thread| thread.latest(now, None).and_then(|at| u64::try_from(at.0).ok()).unwrap_or(0);
    let place = |t: &Thread| if wanted.by_time { format!("{}.{}", key(time(t)), key(t.id)) } else { key(t.id) };
    let items = threads.iter().map(|t| (place(t), wire::thread(t, now, with_ticket))).collect();
    Ok(Answer::ok(cursor.page(call, order, items)))
}

fn wanted(call: &Call<'_>) -> std::result::Result<Wanted, Refusal> {
    let number = |name: &str| match call.param(name).map(str::parse::<u64>) {
        None => Ok(None),
        Some(Ok(id)) => Ok(Some(id)),
        Some(Err(_)) => Err(Refusal::invalid(format!("Invalid long value for `{name}`."))),
    };
    let inboxes: Vec<String> = call.params("inboxId").into_iter().map(str::to_owned).collect();
    let contact = number("associatedContactId")?;
    let ticket = number("associatedTicketId")?;
    let closed = match call.param("threadStatus") {
        None => None,
        Some("OPEN") => Some(false),
        Some("CLOSED") => Some(true),
        Some(_) => return Err(Refusal::invalid("`threadStatus` must be OPEN or CLOSED.")),
    };
    let since = match call.param("latestMessageTimestampAfter").map(Timestamp::parse) {
        None => None,
        Some(Some(at)) => Some(at),
        Some(None) => return Err(Refusal::invalid("`latestMessageTimestampAfter` must be an ISO 8601 date-time.")),
    };
    let (by_time, descending) = match call.param("sort") {
        None | Some("id") => (false, false),
        Some("latestMessageTimestamp") => (true, false),
        Some("-latestMessageTimestamp") if contact.is_some() => (true, true),
        Some("-id") if contact.is_some() => (false, true),
        Some("-latestMessageTimestamp" | "-id") => {
            return Err(Refusal::invalid("Descending sort is only supported with `associatedContactId`."));
        }
        Some(_) => return Err(Refusal::invalid("`sort` must be `id` or `latestMessageTimestamp`.")),
    };
    if by_time && since.is_none() && contact.is_none() {
        let message = "`latestMessageTimestampAfter` is required when sorting by `latestMessageTimestamp`.";
        return Err(Refusal::invalid(message));
    }
    if contact.is_some() && closed.is_none() {
        return Err(Refusal::invalid("`threadStatus` is required with `associatedContactId`."));
    }
    if contact.is_some() && !inboxes.is_empty() {
        return Err(Refusal::invalid("`inboxId` and `associatedContactId` cannot be used together."));
    }
    let archived = call.param("archived") == Some("true");
    Ok(Wanted { archived, inboxes, contact, ticket, closed, since, by_time, descending })
}

fn fits(thread: &Thread, wanted: &Wanted, now: Timestamp) -> bool {
    thread.visible_at <= now
        && thread.archived == wanted.archived
        && (wanted.inboxes.is_empty() || wanted.inboxes.contains(&thread.inbox_id))
        && wanted.contact.is_none_or(|contact| thread.visitor == contact)
        && wanted.ticket.is_none_or(|ticket| thread.ticket == Some(ticket))
        && wanted.closed.is_none_or(|closed| thread.closed == closed)
        && wanted.since.is_none_or(|since| thread.latest(now, None).is_some_and(|latest| latest > since))
}

fn wants_ticket(call: &Call<'_>) -> bool {
    call.params("association").contains(&"TICKET")
}

/// `/threads/{id}`.
pub fn route(call: &mut Call<'_>, id: &str) -> Result {
    match *call.method {
        Method::GET => {
            let with_ticket = wants_ticket(call);
            let thread = find(call, id)?;
            Ok(Answer::ok(wire::thread(thread, call.now, with_ticket)))
        }
        Method::PATCH => patch(call, id),
        Method::DELETE => {
            let id = find(call, id)?.id;
            call.state.set_archived(call.now, id, true);
            Ok(Answer::none())
        }
        _ => Err(Refusal::method()),
    }
}

/// A thread in the trash is found only with `archived=true`, a live one only without.
pub fn find<'a>(call: &'a Call<'_>, id: &str) -> std::result::Result<&'a Thread, Refusal> {
    let archived = call.param("archived") == Some("true");
    let found = call.state.visible_thread(id, call.now).filter(|thread| thread.archived == archived);
    found.ok_or_else(|| Refusal::not_found(format!("Thread with id {id} not found")))
}

fn patch(call: &mut Call<'_>, id: &str) -> Result {
    let thread = find(call, id)?;
    let (id, archived) = (thread.id, thread.archived);
    let body = call.json()?;
    let by = app(call);
    match (body.get("archived"), body.get("status").and_then(Value::as_str)) {
        (Some(Value::Bool(false)), None) if archived => {
            call.state.set_archived(call.now, id, false);
        }
        (None, Some(status @ ("OPEN" | "CLOSED"))) if !archived => {
            call.state.set_status(call.now, id, status == "CLOSED", &by);
        }
        (None, Some("OPEN" | "CLOSED")) => {
            return Err(Refusal::invalid("The status of an archived thread cannot be changed."));
        }
        (_, _) => return Err(Refusal::invalid("Either `status` (OPEN or CLOSED) can be set, or `archived` to false.")),
    }
    let thread = call.state.conversations.threads.get(&id);
    Ok(Answer::ok(thread.map_or_else(|| json!({}), |thread| wire::thread(thread, call.now, false))))
}

/// The app whose token this is.
pub fn app(call: &Call<'_>) -> By {
    let app = call.state.seed.app_id.0;
    By { actor: format!("I-{app}"), client: Client::Integration(app) }
}
