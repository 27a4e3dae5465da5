//! What must be true of the human side at the end of every seed: one ticket and contact for a handoff, each
//! rep's words carried once, ticket updates spaced and the last of them standing.

use std::collections::BTreeMap;

use hubspot_bridge::config::Config;
use hubspot_bridge::domain::{Event, Outcome, Timestamp};
use hubspot_bridge::store::types::SessionFilter;
use serde_json::Value;

use super::agent::Planned;
use super::bridge::Bridge;
use super::check;
use super::play::Site;
use super::tally::Tally;

pub async fn all(site: &Site, bridge: &Bridge, config: &Config, tally: &mut Tally) {
    let snapshot = site.portal.snapshot();
    let events = check::of_site(bridge, site).await;
    tally.count("tickets made", one_ticket_per_thread(&snapshot));
    one_contact_per_address(&snapshot);
    tally.count("relays", each_relay_once(&events, &site.agent));
    tally.count("ticket updates", updates_are_spaced(&snapshot, config));
    the_last_value_stands(&snapshot, bridge, site, &events).await;
}

fn list<'a>(snapshot: &'a Value, name: &str) -> &'a [Value] {
    snapshot[name].as_array().map(Vec::as_slice).expect("a list")
}

/// Tickets that the bridge made carry a reference; a thread has at most one of them. How many there are.
fn one_ticket_per_thread(snapshot: &Value) -> usize {
    let mut references: BTreeMap<String, &Value> = BTreeMap::new();
    let mut subjects: BTreeMap<&str, &Value> = BTreeMap::new();
    for ticket in list(snapshot, "tickets") {
        let content = ticket["properties"]["content"].as_str().unwrap_or_default();
        let Some(start) = content.find("[hubspot-bridge ") else { continue };
        let reference = content[start..].to_owned();
        if let Some(other) = references.insert(reference, ticket) {
            panic!("one handoff made two tickets: {other} and {ticket}");
        }
        let subject = ticket["properties"]["subject"].as_str().expect("a subject");
        // Subjects of chats name their thread.
        if subject.contains("thread ")
            && let Some(other) = subjects.insert(subject, ticket)
        {
            panic!("one thread got two tickets: {other} and {ticket}");
        }
    }
    references.len()
}

fn one_contact_per_address(snapshot: &Value) {
    let mut addresses: BTreeMap<&str, &Value> = BTreeMap::new();
    for contact in list(snapshot, "contacts") {
        let Some(email) = contact["properties"]["email"].as_str() else { continue };
        if let Some(other) = addresses.insert(email, contact) {
            panic!("two contacts with one address: {other} and {contact}");
        }
    }
}

fn each_relay_once(events: &[Event], agent: &Planned) -> usize {
    let relayed = agent.relayed();
    for (key, times) in &relayed {
        assert_eq!(*times, 1, "carried more than once: {key:?}");
    }
    for event in events.iter().filter(|event| event.outcome == Some(Outcome::Relayed)) {
        let id = event.message_id.as_ref().map(hubspot_bridge::domain::MessageId::as_str).unwrap_or_default();
        assert!(relayed.keys().any(|(_, message)| message == id), "the ledger says it was relayed: {event:?}");
    }
    relayed.len()
}

/// Two updates of one ticket are at least the interval apart. How many there were.
fn updates_are_spaced(snapshot: &Value, config: &Config) -> usize {
    let interval = config.connections.values().map(|connection| connection.ticketing.update_interval).max();
    let interval = i64::try_from(interval.unwrap_or_default().as_millis()).expect("small");
    let mut last: BTreeMap<&str, Timestamp> = BTreeMap::new();
    let mut count = 0;
    for call in list(snapshot, "calls") {
        let path = call["path"].as_str().expect("a path");
        if call["method"] != "PATCH" || !path.contains("/objects/tickets/") || call["status"] != 200 {
            continue;
        }
        count += 1;
        let at = Timestamp(call["at"].as_i64().expect("a time"));
        if let Some(before) = last.insert(path, at) {
            assert!(at.0 - before.0 >= interval, "two updates within the interval: {path} at {before} and {at}");
        }
    }
    count
}

async fn sessions(bridge: &Bridge) -> Vec<hubspot_bridge::domain::Session> {
    bridge.ledger.sessions(SessionFilter::default(), None, 200).await.expect("the ledger answers").items
}

/// The events of a ticket and of its threads, for a failure's message.
fn about<'a>(events: &'a [Event], ticket: &Value) -> Vec<&'a Event> {
    let threads = ticket["associations"]["conversations"].as_array();
    let ids: Vec<&Value> = threads.into_iter().flatten().chain([&ticket["id"]]).collect();
    let concerned =
        |event: &&Event| event.object.as_ref().is_some_and(|object| ids.iter().any(|id| **id == object.id()));
    events.iter().filter(concerned).collect()
}

/// What a session learnt last is what its ticket says; a ticket shared by several says what one of them learnt.
async fn the_last_value_stands(snapshot: &Value, bridge: &Bridge, site: &Site, events: &[Event]) {
    let mut sessions = sessions(bridge).await;
    sessions.retain(|session| session.connection.as_str() == site.name);
    for ticket in list(snapshot, "tickets") {
        let linked: Vec<_> = sessions
            .iter()
            .filter(|session| session.ticket_id.as_ref().is_some_and(|id| ticket["id"] == id.as_str()))
            .filter_map(|session| session.custom_data.get("order"))
            .collect();
        let says = ticket["properties"]["order_number"].as_str();
        assert!(
            linked.is_empty() || linked.iter().any(|order| Some(order.as_str()) == says),
            "the ticket says {says:?}, its sessions {linked:?}: {ticket}\n{:#?}",
            about(events, ticket)
        );
    }
}
