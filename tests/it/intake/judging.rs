//! What each element becomes in the store.

use std::time::Duration;

use hubspot_bridge::domain::{AppId, EventKind, MessageId, NewEvent, Object, Reason, Schedule, State, Timestamp};
use serde_json::{Value, json};

use super::Bridge;
use super::fixture::{self, PORTAL};

const QUIET: Schedule = Schedule::Quiet { quiet: Duration::from_millis(1500), max: Duration::from_secs(10) };

fn message() -> Value {
    json!({
        "eventId": 3_269_195_544_u64, "subscriptionId": 2_371_671, "portalId": PORTAL, "appId": 2_438_486,
        "occurredAt": 1_702_439_388_898_i64, "subscriptionType": "conversation.newMessage", "attemptNumber": 0,
        "objectId": 6_065_362_089_u64, "messageId": "9b38dc6d5b5744a788931a9cf3a7b225", "messageType": "MESSAGE",
        "changeFlag": "NEW_MESSAGE",
    })
}

fn ticket(property: &str, value: &Value) -> Value {
    json!({
        "eventId": 7, "portalId": PORTAL, "occurredAt": 1_702_439_388_000_i64,
        "subscriptionType": "ticket.propertyChange", "objectId": 55, "propertyName": property, "propertyValue": value,
        "changeSource": "CRM_UI", "sourceId": "userId:882761034",
    })
}

fn with(mut element: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        element[key] = value.clone();
    }
    element
}

fn without(mut element: Value, key: &str) -> Value {
    element.as_object_mut().unwrap().remove(key);
    element
}

async fn stored(elements: Value) -> Vec<NewEvent> {
    let bridge = Bridge::new();
    assert_eq!(bridge.deliver(elements.to_string()).await.status.as_u16(), 200);
    bridge.stored()
}

async fn one(element: Value) -> NewEvent {
    let events = stored(json!([element])).await;
    let [event]: [NewEvent; 1] = events.try_into().unwrap();
    event
}

#[tokio::test]
async fn a_captured_message_waits_for_the_end_of_its_burst() {
    let event = one(message()).await;
    assert_eq!(event.connection.as_str(), "acme");
    assert_eq!(event.object, Some(Object::Thread("6065362089".into())));
    assert_eq!(event.kind, EventKind::NewMessage);
    assert_eq!(event.message_id, Some(MessageId::from("9b38dc6d5b5744a788931a9cf3a7b225")));
    assert_eq!(event.message_type.as_deref(), Some("MESSAGE"));
    assert_eq!(event.hubspot_event_id.as_deref(), Some("3269195544"));
    assert_eq!(event.app_id, Some(AppId(2_438_486)));
    assert_eq!(event.occurred_at, Some(Timestamp(1_702_439_388_898)));
    assert_eq!((event.schedule, event.interrupt, event.seen, event.ended), (QUIET, true, 1, None));
}

#[tokio::test]
async fn the_wire_forms_of_one_message_are_one_event() {
    let text = json!({"objectId": "6065362089", "portalId": PORTAL.to_string(), "eventId": "3269195544",
        "appId": "2438486", "occurredAt": "1702439388898"});
    let expected = one(message()).await;
    let renamed = with(without(message(), "subscriptionType"), &json!({"eventType": "conversation.newMessage"}));
    for (what, element) in [
        ("ids as text", with(message(), &text)),
        ("eventType", renamed),
        ("the alias", with(message(), &json!({"subscriptionType": "conversation.messageCreated"}))),
        ("unknown fields", with(message(), &json!({"messageTypes": [], "future": {"deep": [[[1.5e3]]]}}))),
        ("no portal", without(message(), "portalId")),
        ("null where a field may be absent", with(message(), &json!({"changeSource": null, "propertyValue": null}))),
    ] {
        assert_eq!(one(element).await, expected, "{what}");
    }
}

#[tokio::test]
async fn message_types_decide_when_the_mailbox_is_due() {
    for (message_type, schedule, interrupt) in [
        (json!("MESSAGE"), QUIET, true),
        (json!(null), QUIET, true),
        (json!("SOMETHING_NEW"), QUIET, true),
        (json!("COMMENT"), Schedule::Now, false),
    ] {
        let event = one(with(message(), &json!({"messageType": message_type}))).await;
        assert_eq!((event.schedule, event.interrupt, event.ended), (schedule, interrupt, None), "{message_type}");
    }
}

#[tokio::test]
async fn a_conversation_property_keeps_its_value_and_interrupts() {
    let change = |value: Value| {
        json!({"eventId": 1, "portalId": PORTAL, "occurredAt": 5, "subscriptionType": "conversation.propertyChange",
            "objectId": 9, "propertyName": "assignedTo", "propertyValue": value})
    };
    for (value, kept) in [
        (json!("A-123"), Some("A-123")),
        (json!(123), Some("123")),
        (json!(false), Some("false")),
        (json!(""), Some("")),
        (json!(null), None),
    ] {
        let event = one(change(value)).await;
        assert_eq!((event.kind, event.object), (EventKind::ThreadProperty, Some(Object::Thread("9".into()))));
        assert_eq!((event.property.as_deref(), event.value.as_deref()), (Some("assignedTo"), kept));
        assert_eq!((event.schedule, event.interrupt, event.ended), (Schedule::Now, true, None));
    }
}

#[tokio::test]
async fn a_ticket_property_is_judged_at_once_and_its_value_never_stored() {
    let event = one(ticket("priority", &json!("HIGH"))).await;
    assert_eq!((event.kind, event.object), (EventKind::TicketProperty, Some(Object::Ticket("55".into()))));
    assert_eq!((event.property.as_deref(), event.value), (Some("priority"), None));
    assert_eq!(event.source.as_deref(), Some("CRM_UI:userId:882761034"));
    assert_eq!((event.schedule, event.interrupt, event.ended), (Schedule::Now, false, None));

    for (property, value, reason) in [
        ("priority", json!(""), Some(Reason::EmptyValue)),
        ("priority", json!(null), Some(Reason::EmptyValue)),
        ("content", json!("words of a customer"), Some(Reason::PropertyNotSynced)),
        ("priority", json!(0), None),
        ("priority", json!(false), None),
    ] {
        let event = one(ticket(property, &value)).await;
        assert_eq!(event.ended, reason.map(|reason| (State::Skipped, reason)), "{property} {value}");
        assert_eq!(event.value, None);
    }
}

#[tokio::test]
async fn without_ticketing_ticket_changes_are_skipped() {
    let mut acme = fixture::connection("acme", PORTAL);
    acme.ticketing.enabled = false;
    let bridge = Bridge::with(fixture::config(vec![acme]));
    bridge.deliver(json!([ticket("priority", &json!("HIGH"))]).to_string()).await;
    let ended: Vec<_> = bridge.stored().into_iter().map(|event| event.ended).collect();
    assert_eq!(ended, [Some((State::Skipped, Reason::TicketingDisabled))]);
}

#[tokio::test]
async fn an_element_that_cannot_be_read_is_stored_as_dead_without_its_contents() {
    let long = "secret".repeat(100);
    let table = [
        (json!("secret"), "the element is not an object with single fields"),
        (json!(null), "the element is not an object with single fields"),
        (json!([1, 2, 3]), "the element is not an object with single fields"),
        (json!({"objectId": 1}), "subscriptionType is missing"),
        (without(message(), "objectId"), "objectId is missing"),
        (with(message(), &json!({"objectId": {"secret": 1}})), "objectId is missing"),
        (with(message(), &json!({"objectId": true})), "objectId is missing"),
        (with(message(), &json!({"objectId": long})), "objectId is too long"),
        (with(message(), &json!({"messageId": long})), "messageId is too long"),
        (with(message(), &json!({"portalId": "secret"})), "portalId is not a number"),
        (without(ticket("x", &json!("secret")), "propertyName"), "propertyName is missing"),
    ];
    for (element, detail) in table {
        let event = one(element).await;
        assert_eq!(event.ended, Some((State::Dead, Reason::PayloadUnreadable)), "{detail}");
        assert_eq!((event.kind, event.detail.as_deref()), (EventKind::Unreadable, Some(detail)));
        assert!(!format!("{event:?}").contains("secret"), "{event:?}");
    }
}

#[tokio::test]
async fn deep_nesting_harms_nobody() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let bridge = Bridge::new();
    let body = format!(r#"[{deep}, {{"objectId":{deep}}}, {}]"#, with(message(), &json!({})));
    assert_eq!(bridge.deliver(body).await.status.as_u16(), 200);
    let kinds: Vec<_> = bridge.stored().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Unreadable, EventKind::Unreadable, EventKind::NewMessage]);
}

#[tokio::test]
async fn types_not_acted_on_are_counted_and_not_stored() {
    let bridge = Bridge::new();
    let other = |kind: &str| json!({"subscriptionType": kind, "portalId": PORTAL, "fromObjectId": 1, "toObjectId": 2});
    let body =
        json!([other("contact.creation"), other("ticket.associationChange"), message(), message(), "unreadable"]);
    assert_eq!(bridge.deliver(body.to_string()).await.status.as_u16(), 200);
    assert_eq!(bridge.stored().len(), 2);
    let metrics = bridge.metrics.render();
    for line in [
        r#"bridge_events_received_total{connection="acme",type="other"} 2"#,
        r#"bridge_events_received_total{connection="acme",type="conversation.newMessage"} 2"#,
        r#"bridge_events_received_total{connection="acme",type="unreadable"} 1"#,
        r#"bridge_last_event_timestamp_seconds{connection="acme",type="conversation.newMessage"} 1702439389"#,
        "bridge_ack_seconds_count 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}
