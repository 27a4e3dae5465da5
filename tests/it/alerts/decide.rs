//! What is told, by tables: the state, what is so, the settings and the time decide, and nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use hubspot_bridge::alerts::alert::{Alert, Kind};
use hubspot_bridge::alerts::decide::{Dead, Facts, Terms, decide};
use hubspot_bridge::alerts::state::State;
use hubspot_bridge::domain::{ConnectionName, EventId, Reason, Timestamp};
use hubspot_bridge::store::Hold;
use serde_json::{Value, json};

pub const START: Timestamp = Timestamp(1_795_219_200_000);
const MINUTE: Duration = Duration::from_mins(1);

fn at(seconds: i64) -> Timestamp {
    Timestamp(START.0 + seconds * 1_000)
}

pub fn terms() -> Terms {
    Terms {
        every: MINUTE * 5,
        hold_after: MINUTE * 2,
        console: "https://console.example.com".to_owned(),
        connections: BTreeSet::from(["acme".into(), "other".into()]),
    }
}

pub fn dead(id: i64, seconds: i64, connection: &str, reason: Reason) -> Dead {
    Dead { id: EventId(id), connection: connection.into(), reason: Some(reason), ended: at(seconds) }
}

fn died(ids: &[i64], seconds: i64) -> Facts {
    let dead = ids.iter().map(|id| dead(*id, seconds, "acme", Reason::Expired)).collect();
    Facts { dead, ..Facts::default() }
}

pub fn hold(connection: &str, since: i64) -> Hold {
    let cause = "unauthorized: HubSpot refuses the token".to_owned();
    Hold { connection: connection.into(), until: at(since + 30), since: at(since), cause }
}

fn held(holds: &[(&str, i64)]) -> Facts {
    Facts { holds: holds.iter().map(|(name, since)| hold(name, *since)).collect(), ..Facts::default() }
}

/// Tells all there is to tell at this time.
fn tell(state: &mut State, facts: &Facts, seconds: i64) -> Vec<Alert> {
    let mut told = Vec::new();
    while let Some((alert, after)) = decide(state, facts, &terms(), at(seconds)) {
        told.push(alert);
        // What is kept is read again each time.
        *state = State::read(&after.write()).unwrap();
    }
    told
}

/// Kinds and counts, as `3 dead_events`.
fn words(told: &[Alert]) -> String {
    let word = |alert: &Alert| format!("{} {}", alert.count, json!(alert.kind).as_str().unwrap());
    told.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_day_is_told_once_and_gathered() {
    let mut state = State::beginning(START);
    let table: &[(i64, Facts, &str)] = &[
        (1, Facts::default(), ""),
        (2, died(&[7], 2), "1 dead_events"),
        // Known by its id, though it is read again.
        (3, died(&[7], 2), ""),
        // Within five minutes: gathered.
        (60, died(&[7, 8, 9], 2), ""),
        (301, died(&[7, 8, 9], 2), ""),
        (302, died(&[7, 8, 9], 2), "2 dead_events"),
        // A lower id in the very same millisecond.
        (700, died(&[5, 7, 8, 9], 2), "1 dead_events"),
        // Holds are told beside it: of the one that lasts long enough, once.
        (1_000, held(&[("acme", 900)]), ""),
        (1_019, held(&[("acme", 900)]), ""),
        (1_020, held(&[("acme", 900)]), "1 connection_held"),
        (2_000, held(&[("acme", 900), ("other", 1_950)]), ""),
        (2_070, held(&[("acme", 900), ("other", 1_950)]), "1 connection_held"),
        (2_400, held(&[("other", 1_950)]), "1 connection_released"),
        // Within five minutes of that the other's end waits, and a new hold of acme is told in its turn.
        (2_410, held(&[("acme", 2_405)]), ""),
        (2_550, held(&[("acme", 2_405)]), "1 connection_held"),
        (2_600, Facts::default(), ""),
        (2_700, Facts::default(), "2 connection_released"),
        (9_999, Facts::default(), ""),
        // Too short for anybody, and of a connection that is in the settings no more.
        (10_000, held(&[("acme", 9_990), ("gone", 0)]), ""),
        (10_100, Facts::default(), ""),
    ];
    for (seconds, facts, expected) in table {
        assert_eq!(words(&tell(&mut state, facts, *seconds)), *expected, "after {seconds} s");
    }
}

#[test]
fn both_kinds_at_once_are_two_alerts() {
    let mut state = State::beginning(START);
    let facts = Facts { dead: died(&[1, 2], 5).dead, ..held(&[("acme", 0), ("other", 3)]) };
    assert_eq!(words(&tell(&mut state, &facts, 600)), "2 dead_events, 2 connection_held");
}

#[test]
fn what_was_not_taken_is_told_again_with_what_came_since() {
    let state = State::beginning(START);
    let first = decide(&state, &died(&[1], 1), &terms(), at(2)).unwrap().0;
    let again = decide(&state, &died(&[1], 1), &terms(), at(3)).unwrap().0;
    assert_eq!(first.id, again.id, "the same news has the same id");
    let more = decide(&state, &died(&[1, 2], 1), &terms(), at(4)).unwrap().0;
    assert_eq!((more.count, more.id == first.id), (2, false));
}

#[test]
fn a_clock_that_is_set_back_hides_nothing_and_repeats_nothing() {
    let mut state = State::beginning(START);
    tell(&mut state, &died(&[1], 3_600), 3_600);
    assert_eq!(state.read_from(at(10)), (START, EventId(0)));
    assert_eq!(state.read_from(at(-10)), (at(-70), EventId(0)), "and the beginning with it");
    let facts = Facts { dead: [died(&[2], 9).dead, died(&[1], 3_600).dead].concat(), ..Facts::default() };
    let told = tell(&mut state, &facts, 10);
    assert_eq!(words(&told), "1 dead_events", "and the time between alerts begins anew");
}

#[test]
fn reading_begins_a_little_before_the_last_one_told_but_never_before_the_beginning() {
    let mut state = State::beginning(START);
    assert_eq!(state.read_from(at(100)), (START, EventId(0)));
    tell(&mut state, &died(&[3], 20), 20);
    assert_eq!(state.read_from(at(100)), (START, EventId(0)));
    tell(&mut state, &died(&[4], 320), 320);
    assert_eq!(state.read_from(at(320)), (at(260), EventId(0)));
    // Those that are remembered are read again, those that are forgotten are not.
    let ids: Vec<i64> = (5..2_005).collect();
    assert_eq!(words(&tell(&mut state, &died(&ids, 395), 700)), "2000 dead_events");
    assert_eq!(state.read_from(at(700)), (at(395), EventId(1_505)));
    assert!(state.write().len() < 20_000, "{}", state.write().len());
}

#[test]
fn an_outage_is_one_alert_with_counts_reasons_and_the_first_events() {
    let mut facts = died(&[], 0);
    facts.dead = (0..30).map(|id| dead(id, 1, "acme", Reason::Expired)).collect();
    facts.dead.push(dead(30, 2, "other", Reason::MessageNotFound));
    let (alert, _) = decide(&State::beginning(START), &facts, &terms(), at(2)).unwrap();
    let body: Value = serde_json::to_value(&alert).unwrap();
    assert_eq!(alert.kind, Kind::DeadEvents);
    assert_eq!((&body["count"], body["events"].as_array().unwrap().len()), (&json!(31), 20));
    let reason = &body["reasons"][0];
    assert_eq!(
        (&reason["connection"], &reason["reason"], &reason["count"]),
        (&json!("acme"), &json!("expired"), &json!(30))
    );
    assert_eq!(
        (reason["sentence"].as_str(), reason["fix"].as_str()),
        (Some(Reason::Expired.sentence()), Some(Reason::Expired.fix()))
    );
    assert_eq!(body["events"][0]["url"], "https://console.example.com/events/evt_0");
    assert_eq!(
        body["text"],
        "hubspot-bridge: 31 events were given up (dead): 30 expired (acme), 1 message_not_found (other)"
    );
    let silent = Terms { console: String::new(), ..terms() };
    let (alert, _) = decide(&State::beginning(START), &facts, &silent, at(2)).unwrap();
    assert_eq!(serde_json::to_value(&alert).unwrap()["events"][0]["url"], Value::Null);
}

#[test]
fn what_was_written_by_another_version_is_not_misread() {
    let text = State::beginning(START).write();
    assert!(State::read(&text).is_some());
    for other in ["", "7", "{}", &text.replace("\"version\":1", "\"version\":2")] {
        assert_eq!(State::read(other), None, "{other}");
    }
    assert_eq!(State::beginning(START).held_since(&ConnectionName::from("acme")), None);
}
