//! Events and their deliveries: what is raised, how it is batched and signed, what is retried and when.

use hubspot_bridge::sandbox::portal::people::Customer;
use hubspot_bridge::sandbox::portal::{DeliveryFaults, Received, signature};
use serde_json::{Value, json};

use super::{Desk, THREADS, events_of, reply};

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["subscriptionType"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_new_message_is_announced_thin_and_with_numbers() {
    let desk = Desk::new().with_target();
    let first = desk.chat("hello");
    let _ = desk.events();
    let said = desk.portal.customer_chats(&Customer::default(), Some(&first.thread), "again").unwrap();
    let events = desk.events();
    let event = &events[0];
    assert_eq!(events.len(), 1);
    assert_eq!(event["objectId"], json!(said.thread.0.parse::<u64>().unwrap()), "a number");
    assert_eq!(event["messageId"], json!(said.message.0));
    assert_eq!((&event["messageType"], &event["changeFlag"]), (&json!("MESSAGE"), &json!("NEW_MESSAGE")));
    assert_eq!((&event["portalId"], &event["appId"]), (&json!(12_345_678), &json!(4_242_424)));
    assert_eq!((&event["attemptNumber"], &event["occurredAt"]), (&json!(0), &json!(super::NOON.0)));
    for absent in ["changeSource", "propertyName", "text", "direction"] {
        assert!(event.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_change_raises_hubspots_events() {
    let desk = Desk::new().with_target();
    let thread = desk.chat("hello").thread;
    assert_eq!(kinds(&desk.events()), ["contact.creation", "conversation.creation", "conversation.newMessage"]);

    desk.portal.assign(&thread, Some(&desk.rita()), &desk.rita()).unwrap();
    let assigned = &desk.events()[0];
    assert_eq!(assigned["propertyName"], "assignedTo");
    assert!(["A-70000002", "70000002"].contains(&assigned["propertyValue"].as_str().unwrap()));
    desk.portal.assign(&thread, None, &desk.rita()).unwrap();
    assert_eq!(desk.events()[0]["propertyValue"], "", "empty when nobody");

    desk.call("POST", &format!("{THREADS}/{thread}/messages"), Some(&reply(&desk, "hi")));
    desk.call("POST", &format!("{THREADS}/{thread}/messages"), Some(&json!({"type": "COMMENT", "text": "n"})));
    let own: Vec<_> = desk.events().iter().map(|event| event["messageType"].clone()).collect();
    assert_eq!(own, ["MESSAGE", "COMMENT"], "an app hears of its own posts too");

    desk.portal.set_closed(&thread, true, &desk.rita()).unwrap();
    desk.portal.customer_chats(&Customer::default(), Some(&thread), "wait").unwrap();
    let reopened: Vec<_> = desk.events().iter().map(|event| event["propertyValue"].clone()).collect();
    assert_eq!(reopened, [json!("CLOSED"), Value::Null, json!("OPEN")], "a customer's message reopens");

    desk.portal.set_archived(&thread, true).unwrap();
    desk.portal.set_archived(&thread, false).unwrap();
    let events = desk.events();
    assert_eq!(kinds(&events), ["conversation.deletion", "conversation.propertyChange"]);
    assert_eq!(events[1]["propertyValue"].as_str().unwrap().to_lowercase(), "false");
}

#[tokio::test(start_paused = true)]
async fn ticket_changes_say_who_made_them() {
    let desk = Desk::new().with_target();
    let ticket = desk.portal.create_ticket("Help", &desk.rita()).unwrap();
    let _ = desk.events();
    desk.portal.change_ticket(&ticket, "plan", "team", &desk.rita()).unwrap();
    desk.portal.change_ticket(&ticket, "plan", "team", &desk.rita()).unwrap();
    let body = json!({"properties": {"plan": "free"}});
    desk.call("PATCH", &format!("/crm/v3/objects/tickets/{ticket}"), Some(&body));
    let events = desk.events();
    let told: Vec<_> = events
        .iter()
        .map(|e| (e["propertyValue"].as_str(), e["changeSource"].as_str(), e["sourceId"].as_str()))
        .collect();
    let expected =
        [(Some("team"), Some("CRM_UI"), Some("userId:70000002")), (Some("free"), Some("INTEGRATION"), Some("4242424"))];
    assert_eq!(told, expected, "and a change to the same value is none");
}

#[tokio::test(start_paused = true)]
async fn batches_hold_at_most_a_hundred_and_ten_are_in_flight() {
    let desk = Desk::new().with_target();
    let thread = desk.chat("0").thread;
    for n in 0..1_200 {
        desk.portal.bot_says(&thread, &n.to_string()).unwrap();
    }
    let first = desk.due();
    assert_eq!(first.len(), 10);
    assert!(first.iter().all(|attempt| events_of(attempt).len() == 100));
    assert!(desk.due().is_empty());
    assert_eq!(desk.portal.next_delivery_at(), None, "nothing can leave before one comes back");
    desk.portal.delivered(first[0].id, Received::Status(200));
    assert_eq!(desk.due().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_failure_is_retried_with_fresh_signatures_up_to_ten_times() {
    for failure in [Received::Status(400), Received::Status(503), Received::Timeout, Received::Failed] {
        let desk = Desk::new().with_target();
        desk.chat("hello");
        let secret = desk.portal.seed().client_secret;
        let mut waited = 0;
        for number in 0..=10 {
            let attempts = desk.due();
            let [attempt] = attempts.as_slice() else { panic!("{failure:?}: attempt {number} is missing") };
            assert_eq!(attempt.number, number);
            assert!(events_of(attempt).iter().all(|event| event["attemptNumber"] == json!(number)));
            let now = desk.portal.now();
            let stamp = attempt.headers["x-hubspot-request-timestamp"].to_str().unwrap();
            assert_eq!(stamp, now.0.to_string());
            let expected = signature::v3(&secret, "POST", &attempt.url, &attempt.body, now);
            assert_eq!(attempt.headers["x-hubspot-signature-v3"], expected.as_str());
            assert_eq!(attempt.headers["x-hubspot-signature"], signature::v1(&secret, &attempt.body).as_str());
            assert_eq!(attempt.headers["x-hubspot-signature-version"], "v1");
            desk.portal.delivered(attempt.id, failure);
            if let Some(next) = desk.portal.next_delivery_at() {
                assert!(next > now);
                waited += next.0 - now.0;
                desk.clock.jump(next.0 - now.0);
            }
        }
        assert_eq!(desk.portal.outstanding_events(), 0, "given up after ten retries");
        let hours = waited / 3_600_000;
        assert!((8..=26).contains(&hours), "spread over about a day, not {hours} h");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_ends_it_and_the_log_remembers() {
    let desk = Desk::new().with_target();
    desk.chat("hello");
    let attempt = desk.due().remove(0);
    desk.portal.delivered(attempt.id, Received::Status(503));
    desk.clock.jump(600_000);
    let again = desk.due().remove(0);
    desk.portal.delivered(again.id, Received::Status(200));
    assert_eq!(desk.portal.outstanding_events(), 0);
    let log = desk.portal.snapshot()["deliveries"].clone();
    let told: Vec<_> = log.as_array().unwrap().iter().map(|line| line["received"].clone()).collect();
    assert_eq!(told, [json!({"status": 503}), json!({"status": 200})]);
}

#[tokio::test(start_paused = true)]
async fn deliveries_can_be_doubled_lost_delayed_split_and_forgotten() {
    let burst = |faults: DeliveryFaults| {
        let desk = Desk::new().with_target();
        let thread = desk.chat("0").thread;
        for attempt in desk.due() {
            desk.portal.delivered(attempt.id, Received::Status(200));
        }
        desk.portal.set_delivery_faults(faults);
        for n in 0..20 {
            desk.portal.bot_says(&thread, &n.to_string()).unwrap();
        }
        desk
    };
    let off = DeliveryFaults::default();
    let doubled = burst(DeliveryFaults { duplicate: 1.0, ..off.clone() });
    assert_eq!(doubled.portal.outstanding_events(), 40);
    let lost = burst(DeliveryFaults { lose: 1.0, ..off.clone() });
    assert_eq!(lost.portal.outstanding_events(), 0);
    let split = burst(DeliveryFaults { batch: 3, ..off.clone() });
    assert_eq!(split.due().iter().map(|a| events_of(a).len()).collect::<Vec<_>>(), [3, 3, 3, 3, 3, 3, 2]);
    let delayed = burst(DeliveryFaults { delay: 1.0, delay_max_ms: 60_000, ..off.clone() });
    assert!(delayed.events().len() < 20);
    delayed.clock.jump(60_000);
    assert_eq!(delayed.portal.outstanding_events(), 20);
    let reordered = burst(DeliveryFaults { reorder: 1.0, ..off.clone() });
    let plain = burst(off.clone()).events();
    assert_ne!(reordered.events().first().unwrap()["messageId"], plain.first().unwrap()["messageId"]);
    let forgotten = burst(DeliveryFaults { forget: 1.0, ..off });
    let attempt = forgotten.due().remove(0);
    forgotten.portal.delivered(attempt.id, Received::Status(200));
    assert_eq!(forgotten.portal.outstanding_events(), 20, "received, and sent again all the same");
}

#[tokio::test(start_paused = true)]
async fn a_paused_subscription_is_silent() {
    let desk = Desk::new().with_target();
    assert!(desk.portal.set_subscription("conversation.newMessage", false));
    assert!(!desk.portal.set_subscription("conversation.messageCreated", true), "HubSpot has no such type");
    desk.chat("hello");
    assert_eq!(kinds(&desk.events()), ["contact.creation", "conversation.creation"]);
}
