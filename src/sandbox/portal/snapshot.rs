//! The whole portal as JSON, for `/_sandbox/state`: what tests and the simulation judge by.

use serde_json::{Map, Value, json};

use super::kind::{End, Kind};
use super::model::Record;
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
    let links = state.crm.links.iter();
    let links: Vec<_> = links.map(|(from, id, to, to_id)| (from.path(), id, to.path(), to_id)).collect();
    json!({
        "now": now.to_string(),
        "portalId": state.seed.portal_id.0,
        "appId": state.seed.app_id.0,
        "aiUserId": state.seed.ai.actor().0,
        "threads": threads,
        "tickets": records(state, Kind::Ticket),
        "contacts": records(state, Kind::Contact),
        "notes": records(state, Kind::Note),
        "companies": records(state, Kind::Company),
        "deals": records(state, Kind::Deal),
        "associations": links,
        "deliveries": state.outbox.log().collect::<Vec<_>>(),
        "outstandingEvents": state.outbox.outstanding(),
        "calls": state.calls,
    })
}

/// Id, properties, and the ids of what belongs to it by kind: `{"conversations": ["7"]}`; kinds without any are left out.
fn records(state: &State, kind: Kind) -> Vec<Value> {
    let ends = Kind::ALL.map(End::Record).into_iter().chain([End::Conversation]);
    let shown = |record: &Record| {
        let of = |to: End| state.crm.linked(End::Record(kind), record.id, to).map(|id| id.to_string());
        let linked = ends.clone().map(|to| (to.path().to_owned(), of(to).collect::<Vec<_>>()));
        let linked: Map<String, Value> =
            linked.filter(|(_, ids)| !ids.is_empty()).map(|(path, ids)| (path, json!(ids))).collect();
        json!({"id": record.id.to_string(), "properties": record.properties, "associations": linked})
    };
    state.crm.table(kind).records.values().map(shown).collect()
}
