//! Messages: a thread's list (newest first unless asked), one by id, and the uncut content of a truncated e-mail.

use serde_json::json;

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::model::{Item, ItemKind};
use super::super::wire;
use super::Result;
use super::paging::{Cursor, Order, key};
use super::threads::find;

/// `GET /threads/{id}/messages`.
pub fn list(call: &mut Call<'_>, thread: &str) -> Result {
    let ascending = match call.param("sort") {
        None | Some("-createdAt") => false,
        Some("createdAt") => true,
        Some(_) => return Err(Refusal::invalid("`sort` must be `createdAt` or `-createdAt`.")),
    };
    let cursor = Cursor::of(call)?;
    let (thread, now) = (find(call, thread)?, call.now);
    let listed = thread.items.iter().filter(|item| item.listed_at <= now);
    let mut items: Vec<_> = listed.map(|item| (key(item.seq), wire::item(item, thread.id, now))).collect();
    if !ascending {
        items.reverse();
    }
    let order = if ascending { Order::Ascending } else { Order::Descending };
    Ok(Answer::ok(cursor.page(call, order, items)))
}

/// `GET /threads/{id}/messages/{messageId}`.
pub fn one(call: &mut Call<'_>, thread: &str, message: &str) -> Result {
    let (id, item) = item(call, thread, message)?;
    Ok(Answer::ok(wire::item(item, id, call.now)))
}

/// `GET …/original-content`.
pub fn original(call: &mut Call<'_>, thread: &str, message: &str) -> Result {
    let (_, item) = item(call, thread, message)?;
    let (text, rich) = match &item.kind {
        ItemKind::Message(said) => (said.original.as_ref().unwrap_or(&said.text), said.rich_text.as_ref()),
        ItemKind::Comment { text, rich_text } => (text, rich_text.as_ref()),
        ItemKind::Welcome { text, .. } => (text, None),
        ItemKind::Assignment { .. } | ItemKind::StatusChange { .. } => return Err(missing(message)),
    };
    Ok(Answer::ok(json!({"text": text, "richText": rich.unwrap_or(text)})))
}

fn item<'a>(call: &'a Call<'_>, thread: &str, message: &str) -> std::result::Result<(u64, &'a Item), Refusal> {
    let thread = find(call, thread)?;
    let found = thread.items.iter().find(|item| item.id == message && item.visible_at <= call.now);
    found.map(|item| (thread.id, item)).ok_or_else(|| missing(message))
}

fn missing(message: &str) -> Refusal {
    Refusal::not_found(format!("Message with id {message} not found"))
}
