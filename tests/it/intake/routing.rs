//! Whose an event is, and which events are the same.

use hubspot_bridge::config::Secret;
use hubspot_bridge::domain::{MailboxKey, MessageId, Object, PortalId, Reason, State};
use serde_json::{Value, json};

use super::fixture::{self, PORTAL};
use super::{Bridge, signed};

const SISTER: i64 = 222;
const STRANGER: i64 = 333;

fn message(portal: i64, thread: u64, id: &str) -> Value {
    json!({"subscriptionType": "conversation.newMessage", "portalId": portal, "objectId": thread, "messageId": id})
}

fn ticket(event: u64, property: &str) -> Value {
    json!({"subscriptionType": "ticket.propertyChange", "portalId": PORTAL, "objectId": 55, "eventId": event,
        "propertyName": property, "propertyValue": "v", "occurredAt": 1})
}

/// `acme` and `sister` share an app's secret; `stranger` has its own.
fn three_portals() -> Bridge {
    let mut stranger = fixture::connection("stranger", STRANGER);
    stranger.client_secret = Secret::Value("of another app".to_owned());
    let connections = vec![fixture::connection("acme", PORTAL), fixture::connection("sister", SISTER), stranger];
    Bridge::with(fixture::config(connections))
}

#[tokio::test]
async fn each_element_goes_to_its_own_portals_connection() {
    let bridge = three_portals();
    let body = json!([
        message(PORTAL, 1, "a"),
        message(SISTER, 1, "a"),
        message(STRANGER, 1, "a"),
        message(444, 1, "a"),
        message(SISTER, 2, "b"),
    ]);
    assert_eq!(bridge.deliver(body.to_string()).await.status.as_u16(), 200);
    let unknown = Some((State::Skipped, Reason::UnknownPortal));
    let routed: Vec<_> = bridge.stored().into_iter().map(|event| (event.connection.0, event.ended)).collect();
    let expected = [("acme", None), ("sister", None), ("acme", unknown), ("acme", unknown), ("sister", None)];
    assert_eq!(routed, expected.map(|(name, ended)| (name.to_owned(), ended)));
}

#[tokio::test]
async fn the_paths_connection_supplies_the_secret() {
    let bridge = three_portals();
    let answer = bridge.send(signed("/webhooks/hubspot/stranger", "[]".to_owned())).await;
    assert_eq!(answer.status.as_u16(), 401);
    let at_sister = json!([message(SISTER, 1, "a"), message(PORTAL, 2, "b")]).to_string();
    assert_eq!(bridge.send(signed("/webhooks/hubspot/sister", at_sister)).await.status.as_u16(), 200);
    let names: Vec<_> = bridge.stored().into_iter().map(|event| event.connection.0).collect();
    assert_eq!(names, ["sister", "acme"]);
}

#[tokio::test]
async fn one_delivery_holds_each_event_once() {
    let bridge = Bridge::new();
    let plain = json!({"subscriptionType": "conversation.propertyChange", "objectId": 1, "propertyName": "status"});
    let body = json!([
        message(PORTAL, 1, "a"),
        message(PORTAL, 1, "b"),
        message(PORTAL, 2, "a"),
        json!({"subscriptionType": "conversation.newMessage", "objectId": "1", "messageId": "a", "eventId": 99}),
        plain,
        plain,
    ]);
    bridge.deliver(body.to_string()).await;
    let seen: Vec<_> = bridge.stored().into_iter().map(|event| event.seen).collect();
    assert_eq!(seen, [2, 1, 1, 2]);
}

#[tokio::test]
async fn a_folded_ticket_change_marks_its_property_for_reading() {
    let bridge = Bridge::new();
    let body = json!([
        ticket(1, "priority"),
        ticket(1, "stage"),
        ticket(1, "priority"),
        ticket(1, "content"),
        ticket(2, "owner"),
    ]);
    bridge.deliver(body.to_string()).await;
    let [batch] = bridge.batches().try_into().unwrap();
    let kept: Vec<_> = batch.events.iter().map(|event| (event.property.as_deref(), event.seen)).collect();
    assert_eq!(kept, [(Some("priority"), 4), (Some("owner"), 1)]);
    let mailbox = MailboxKey { connection: "acme".into(), object: Object::Ticket("55".into()) };
    assert_eq!(batch.dirty, [(mailbox, "stage".to_owned())], "what is not synced need not be read");
}

#[tokio::test]
async fn a_skipped_first_does_not_hide_the_property_folded_into_it() {
    let bridge = Bridge::new();
    let cleared = {
        let mut element = ticket(1, "stage");
        element["propertyValue"] = json!("");
        element
    };
    bridge.deliver(json!([cleared, ticket(1, "stage")]).to_string()).await;
    let [batch] = bridge.batches().try_into().unwrap();
    let [first] = batch.events.try_into().unwrap();
    assert_eq!(first.ended, Some((State::Skipped, Reason::EmptyValue)));
    let properties: Vec<_> = batch.dirty.into_iter().map(|(_, property)| property).collect();
    assert_eq!(properties, ["stage"]);
}

#[tokio::test]
async fn what_is_not_acted_on_or_unreadable_hides_nothing() {
    let bridge = Bridge::new();
    let base = json!({"portalId": PORTAL, "objectId": 1, "eventId": 5});
    let with = |changes: Value| {
        let mut element = base.clone();
        element.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        element
    };
    let body = json!([
        with(json!({"subscriptionType": "conversation.creation"})),
        with(json!({"subscriptionType": "conversation.propertyChange", "propertyValue": [1]})),
        with(json!({"subscriptionType": "conversation.propertyChange", "propertyName": "assignedTo"})),
    ]);
    bridge.deliver(body.to_string()).await;
    let ended: Vec<_> = bridge.stored().into_iter().map(|event| event.ended).collect();
    assert_eq!(ended, [Some((State::Dead, Reason::PayloadUnreadable)), None]);
}

#[tokio::test]
async fn a_second_delivery_of_the_same_events_has_the_same_keys() {
    let bridge = three_portals();
    let delivery = |attempt: u32| {
        let property = json!({"subscriptionType": "conversation.propertyChange", "portalId": PORTAL, "objectId": 1,
            "propertyName": "status", "propertyValue": "OPEN", "eventId": 5, "occurredAt": 9});
        let mut elements = [message(PORTAL, 1, "a"), message(SISTER, 1, "a"), property, ticket(5, "priority")];
        for element in &mut elements {
            element["attemptNumber"] = json!(attempt);
        }
        json!(elements).to_string()
    };
    bridge.deliver(delivery(0)).await;
    bridge.deliver(delivery(1)).await;
    let [first, second] = bridge.batches().try_into().unwrap();
    let keys: Vec<_> = first.events.iter().map(|event| event.dedup).collect();
    assert_eq!(keys, second.events.iter().map(|event| event.dedup).collect::<Vec<_>>());
    assert_eq!(keys.iter().map(|key| key.0).collect::<std::collections::HashSet<_>>().len(), 4, "each its own");
    assert_eq!(
        keys.first(),
        Some(&hubspot_bridge::domain::DedupKey::of_message(PortalId(PORTAL), &MessageId::from("a"))),
        "the sweep's key"
    );
}

#[tokio::test]
async fn changes_that_differ_in_anything_have_their_own_keys() {
    let bridge = Bridge::new();
    let base = json!({"subscriptionType": "ticket.propertyChange", "portalId": PORTAL, "objectId": 1, "eventId": 5,
        "propertyName": "a", "propertyValue": "v", "occurredAt": 9});
    let mut keys = std::collections::HashSet::new();
    for (field, value) in [
        ("subscriptionType", json!("ticket.propertyChange")),
        ("subscriptionType", json!("conversation.propertyChange")),
        ("objectId", json!(2)),
        ("eventId", json!(6)),
        ("propertyName", json!("b")),
        ("occurredAt", json!(10)),
        ("portalId", json!(77)),
    ] {
        let mut element = base.clone();
        element[field] = value;
        bridge.deliver(json!([element]).to_string()).await;
        keys.insert(bridge.stored().last().unwrap().dedup.0);
    }
    assert_eq!(keys.len(), 7);
}
