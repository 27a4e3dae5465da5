//! The same seed, clock and calls tell the same story, to the byte.

use hubspot_bridge::sandbox::portal::{DeliveryFaults, Received, Visibility};

use super::{Desk, THREADS, reply};

fn story(seed: u64) -> (String, Vec<u8>) {
    let desk = Desk::seeded(seed).with_target();
    desk.portal.set_short_pages(true);
    desk.portal.set_visibility(Visibility { message_ms: 900, listing_ms: 900, vary: true, ..Visibility::default() });
    desk.portal.set_delivery_faults(DeliveryFaults {
        duplicate: 0.3,
        delay: 0.3,
        delay_max_ms: 5_000,
        reorder: 0.5,
        ..Default::default()
    });
    let mut sent = Vec::new();
    for n in 0..30 {
        let thread = desk.chat(&format!("question {n}")).thread;
        desk.email(None, "mail", None);
        desk.clock.jump(700);
        desk.call("POST", &format!("{THREADS}/{thread}/messages"), Some(&reply(&desk, "answer")));
        desk.get(&format!("{THREADS}/{thread}/messages?limit=2"));
        for attempt in desk.due() {
            sent.extend_from_slice(&attempt.body);
            let received = if n % 3 == 0 { Received::Status(503) } else { Received::Status(200) };
            desk.portal.delivered(attempt.id, received);
        }
    }
    (desk.portal.snapshot().to_string(), sent)
}

#[tokio::test(start_paused = true)]
async fn a_seed_is_a_story() {
    assert_eq!(story(42), story(42));
    assert_ne!(story(42).1, story(43).1);
}

#[tokio::test(start_paused = true)]
async fn message_ids_come_in_both_forms_and_senders_in_all() {
    let desk = Desk::new();
    for _ in 0..40 {
        desk.email(None, "hi", None);
    }
    let snapshot = desk.portal.snapshot();
    let messages: Vec<_> =
        snapshot["threads"].as_array().unwrap().iter().map(|thread| &thread["messages"][0]).collect();
    let dashed = messages.iter().filter(|message| message["id"].as_str().unwrap().contains('-')).count();
    assert!((1..40).contains(&dashed), "{dashed} of 40 are dashed");
    for prefix in ["V-", "E-", ""] {
        let has = messages.iter().any(|message| {
            let actor = message["senders"][0].get("actorId").and_then(|actor| actor.as_str());
            actor.map_or(prefix.is_empty(), |actor| !prefix.is_empty() && actor.starts_with(prefix))
        });
        assert!(has, "some e-mail senders have the actor {prefix:?}");
    }
}
