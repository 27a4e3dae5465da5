//! What is sent is what `docs/operations.md` shows.

use hubspot_bridge::alerts::alert::{Alert, Listed};
use hubspot_bridge::alerts::decide::{Facts, decide};
use hubspot_bridge::alerts::state::State;
use hubspot_bridge::domain::{EventId, Reason, Timestamp};
use serde_json::Value;

use super::decide::{START, dead, hold, terms};

const DOCUMENT: &str = include_str!("../../../docs/operations.md");

fn example(name: &str) -> Value {
    let text = DOCUMENT.split_once(&format!("\n```{name}\n")).unwrap().1.split_once("\n```").unwrap().0;
    serde_json::from_str(text).unwrap()
}

#[track_caller]
fn assert_documented(name: &str, alert: &Alert) {
    let made = serde_json::to_value(alert).unwrap();
    assert_eq!(made, example(name), "\n{}", serde_json::to_string_pretty(&made).unwrap());
}

#[test]
fn the_examples_are_what_is_sent() {
    let facts = Facts { dead: vec![dead(4_711, 2, "acme", Reason::MessageNotFound)], ..Facts::default() };
    let after = |seconds: i64| Timestamp(START.0 + seconds * 1_000);
    let (alert, _) = decide(&State::beginning(START), &facts, &terms(), after(5)).unwrap();
    assert_documented("json dead_events", &alert);
    let facts = Facts { holds: vec![hold("acme", 0)], ..Facts::default() };
    let (alert, state) = decide(&State::beginning(START), &facts, &terms(), after(120)).unwrap();
    assert_documented("json connection_held", &alert);
    let (alert, _) = decide(&state, &Facts::default(), &terms(), after(500)).unwrap();
    let made = serde_json::to_value(&alert).unwrap();
    assert_eq!(
        (&made["connections"][0]["released_at"], &made["kind"]),
        (&made["timestamp"], &"connection_released".into())
    );
}

#[test]
fn an_alert_of_a_version_that_is_not_known_still_has_its_words() {
    let listed = Listed::of(EventId(1), &"acme".into(), START, "");
    let alert = Alert::dead(START, &[(("acme".into(), None), 1)], vec![listed], (EventId(1), EventId(1)), true);
    assert_eq!(alert.text, "hubspot-bridge: 1 event was given up (dead): 1 unknown (acme)");
}
