//! Inboxes, channels and channel accounts.

use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::seed::{ChannelAccount, HELP_DESK, INBOX};
use super::Result;
use super::paging::{Cursor, Order};

/// When the account was set up; nobody asks for more.
const LONG_AGO: &str = "2024-03-01T09:00:00Z";

/// The same in every portal.
const CHANNELS: [(&str, &str); 9] = [
    ("1000", "LIVE_CHAT"),
    ("1001", "FB_MESSENGER"),
    ("1002", "EMAIL"),
    ("1003", "FORMS"),
    ("1004", "CUSTOMER_PORTAL_THREAD_VIEW"),
    ("1007", "WHATSAPP"),
    ("1009", "SMS"),
    ("1010", "INSTAGRAM"),
    ("1011", "MIGRATION"),
];

fn shown_inbox(id: &str) -> Option<Value> {
    let (name, kind) = match id {
        INBOX => ("Inbox", "INBOX"),
        HELP_DESK => ("Help desk", "HELP_DESK"),
        _ => return None,
    };
    Some(json!({"id": id, "name": name, "type": kind, "archived": false, "createdAt": LONG_AGO, "updatedAt": LONG_AGO}))
}

/// A page of a list in the order of its ids, with the whole list's length.
fn paged(call: &mut Call<'_>, items: Vec<(String, Value)>) -> Result {
    let total = items.len();
    let mut page = Cursor::of(call)?.page(call, Order::Ascending, items);
    if let Some(members) = page.as_object_mut() {
        members.insert("total".to_owned(), json!(total));
    }
    Ok(Answer::ok(page))
}

/// `GET /inboxes`.
pub fn inboxes(call: &mut Call<'_>) -> Result {
    let shown = [INBOX, HELP_DESK].into_iter().filter_map(|id| Some((id.to_owned(), shown_inbox(id)?)));
    paged(call, shown.collect())
}

/// `GET /inboxes/{id}`.
pub fn inbox(id: &str) -> Result {
    shown_inbox(id).map(Answer::ok).ok_or_else(|| Refusal::not_found(format!("Inbox {id} was not found")))
}

/// `GET /channels`.
pub fn channels(call: &mut Call<'_>) -> Result {
    paged(call, CHANNELS.map(|(id, name)| (id.to_owned(), json!({"id": id, "name": name}))).into())
}

/// `GET /channels/{id}`.
pub fn channel(id: &str) -> Result {
    let found = CHANNELS.iter().find(|(known, _)| *known == id);
    let missing = || Refusal::not_found(format!("Channel {id} was not found"));
    found.map(|(id, name)| Answer::ok(json!({"id": id, "name": name}))).ok_or_else(missing)
}

/// `GET /channel-accounts`.
pub fn accounts(call: &mut Call<'_>) -> Result {
    let (channels, inboxes) = (call.params("channelId"), call.params("inboxId"));
    let fits = |wanted: &[&str], id: &str| wanted.is_empty() || wanted.contains(&id);
    let accounts = call.state.seed.accounts.iter();
    let fitting = accounts.filter(|a| fits(&channels, a.channel_id) && fits(&inboxes, a.inbox_id));
    let shown = fitting.map(|account| (account.id.to_owned(), shown_account(account))).collect();
    paged(call, shown)
}

/// `GET /channel-accounts/{id}`.
pub fn account(call: &mut Call<'_>, id: &str) -> Result {
    let missing = || Refusal::not_found(format!("Channel account {id} was not found"));
    call.state.seed.account(id).map(|account| Answer::ok(shown_account(account))).ok_or_else(missing)
}

fn shown_account(account: &ChannelAccount) -> Value {
    let (kind, value) = account.identifier;
    json!({
        "id": account.id,
        "name": account.name,
        "channelId": account.channel_id,
        "inboxId": account.inbox_id,
        "active": account.active,
        "authorized": account.authorized,
        "archived": false,
        "createdAt": LONG_AGO,
        "deliveryIdentifier": {"type": kind, "value": value},
    })
}
