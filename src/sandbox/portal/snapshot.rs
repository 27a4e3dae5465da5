//! The whole portal as JSON, for `/_sandbox/state`: what tests and the simulation judge by.

use serde_json::{Value, json};

use super::state::State;
use super::wire;
use crate::domain::Timestamp;

/// Everything at `now`; threads with all their items oldest first, whatever GETs would show yet.
#[must_use]
pub fn of(state: &State, now: Timestamp) -> Value {
    let threads: Vec<Value> = state
        .conversations
        .threads
        .values()
        .map(|thread| {
            let mut shown = wire::thread(thread, now, true);
            let items: Vec<Value> = thread.items.iter().map(|item| wire::item(item, thread.id, now)).collect();
            if let Some(members) = shown.as_object_mut() {
                members.insert("messages".to_owned(), Value::Array(items));
            }
            shown
        })
        .collect();
    let records = |records: &std::collections::BTreeMap<u64, super::model::Record>| -> Vec<Value> {
        records.values().map(|record| json!({"id": record.id.to_string(), "properties": record.properties})).collect()
    };
    json!({
        "now": now.to_string(),
        "portalId": state.seed.portal_id.0,
        "appId": state.seed.app_id.0,
        "aiUserId": state.seed.ai.actor().0,
        "threads": threads,
        "tickets": records(&state.crm.tickets),
        "contacts": records(&state.crm.contacts),
        "associations": state.crm.links,
        "deliveries": state.outbox.log().collect::<Vec<_>>(),
        "outstandingEvents": state.outbox.outstanding(),
        "calls": state.calls,
    })
}
