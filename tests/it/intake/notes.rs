//! Notes: one subscription type announces records of every kind, and only notes are stored.

use hubspot_bridge::domain::{EventKind, NewEvent, Object, Reason, Schedule, State};
use serde_json::{Value, json};

use super::Bridge;
use super::fixture::{self, PORTAL};

fn created(kind: &Value, event: u64) -> Value {
    json!({
        "eventId": event, "subscriptionId": 2_371_672, "portalId": PORTAL, "appId": 2_438_486,
        "occurredAt": 1_702_439_388_898_i64, "subscriptionType": "object.creation", "attemptNumber": 0,
        "objectId": 9_876, "objectTypeId": kind, "changeFlag": "CREATED", "changeSource": "CRM_UI",
        "sourceId": "userId:882761034",
    })
}

fn mirroring() -> Bridge {
    let mut connection = fixture::connection("acme", PORTAL);
    connection.mirror_notes = true;
    Bridge::with(fixture::config(vec![connection]))
}

async fn stored(bridge: &Bridge, elements: Value) -> Vec<NewEvent> {
    assert_eq!(bridge.deliver(elements.to_string()).await.status.as_u16(), 200);
    bridge.stored()
}

#[tokio::test]
async fn a_note_waits_in_a_mailbox_of_its_own() {
    let bridge = mirroring();
    let events = stored(&bridge, json!([created(&json!("0-46"), 7)])).await;
    let [event]: [NewEvent; 1] = events.try_into().unwrap();
    assert_eq!(event.kind, EventKind::NoteCreated);
    assert_eq!(event.object, Some(Object::Note("9876".into())));
    assert_eq!((event.schedule, event.interrupt, event.ended), (Schedule::Now, false, None));
    assert_eq!((event.value, event.property), (None, None));
}

#[tokio::test]
async fn notes_that_are_not_mirrored_are_settled_at_once() {
    let events = stored(&Bridge::new(), json!([created(&json!("0-46"), 7)])).await;
    assert_eq!(events[0].ended, Some((State::Skipped, Reason::InternalComment)));
    let mut foreign = created(&json!("0-46"), 7);
    foreign["portalId"] = json!(1);
    let events = stored(&mirroring(), json!([foreign])).await;
    assert_eq!(events[0].ended, Some((State::Skipped, Reason::UnknownPortal)));
}

#[tokio::test]
async fn other_records_are_counted_and_not_stored() {
    let bridge = mirroring();
    let kinds = [json!("0-1"), json!("0-5"), json!("2-46"), json!(46), json!(null), json!("")];
    let elements: Vec<Value> = kinds.iter().map(|kind| created(kind, 7)).collect();
    assert!(stored(&bridge, json!(elements)).await.is_empty());
}

#[tokio::test]
async fn a_note_is_created_once_whatever_the_ids_of_its_events() {
    let bridge = mirroring();
    let mut later = created(&json!("0-46"), 8);
    later["occurredAt"] = json!(1_702_439_400_000_i64);
    let events = stored(&bridge, json!([created(&json!("0-46"), 7), later])).await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].dedup, events[1].dedup);
    let mut other = created(&json!("0-46"), 7);
    other["objectId"] = json!(9_877);
    let events = stored(&mirroring(), json!([created(&json!("0-46"), 7), other])).await;
    assert_ne!(events[0].dedup, events[1].dedup);
}
