//! What must be true of the human side at the end of every seed: one ticket and contact for a handoff, each
//! rep's words carried once, ticket updates spaced and the last of them standing.

use std::collections::BTreeMap;

use hubspot_bridge::domain::{Event, Outcome, Timestamp};
use serde_json::Value;

use super::case::Case;
use super::record::{Author, Kind};
use crate::plan::What;
use crate::tally::Tally;

pub fn all(case: &Case<'_>, tally: &mut Tally) {
    tally.count("tickets made", one_ticket_per_thread(&case.record.raw));
    one_contact_per_address(&case.record.raw);
    tally.count("relays", each_relay_once(case));
    tally.count("ticket updates", updates_are_spaced(case));
    the_last_value_stands(case);
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

/// What reps say to customers reaches the agent's side once; an internal note never does.
fn each_relay_once(case: &Case<'_>) -> usize {
    let relayed = case.site.agent.relayed();
    for ((session, message), times) in &relayed {
        assert_eq!(*times, 1, "carried more than once: {message} to session {session}");
        let thread = case.record.threads.iter().find(|thread| thread.items.iter().any(|item| item.id == *message));
        let item = thread.and_then(|thread| thread.items.iter().find(|item| item.id == *message));
        let reps =
            item.is_some_and(|item| matches!(item.author, Author::Rep | Author::RepsMailbox) && item.is_reps_word());
        // Internal notes, where they are wanted: comments, and notes on a ticket, which are in no thread.
        let on_ticket = || case.record.list("notes").iter().any(|note| note["id"] == message.as_str());
        let note = item.map_or_else(on_ticket, |item| item.author == Author::Rep && item.kind == Kind::Comment);
        let reps = reps || (note && case.settings.mirror_notes);
        assert!(reps, "carried, but no rep said it to a customer: {item:?}");
        assert!(case.sessions.iter().any(|known| known.id.to_string() == *session), "carried to no session: {session}");
    }
    for event in case.events.iter().filter(|event| event.outcome == Some(Outcome::Relayed)) {
        let id = event.message_id.as_ref().map(hubspot_bridge::domain::MessageId::as_str).unwrap_or_default();
        assert!(relayed.keys().any(|(_, message)| message == id), "the ledger says it was relayed: {event:?}");
    }
    relayed.len()
}

/// Two updates of one ticket are at least the interval apart by the bridge's clock; each time that is set forward, one pair
/// may be closer by HubSpot's. How many updates there were.
fn updates_are_spaced(case: &Case<'_>) -> usize {
    let interval = i64::try_from(case.settings.ticketing.update_interval.as_millis()).expect("small");
    let forward = case.plan.parts.iter().filter(|part| matches!(part.what, What::Jump { ms } if ms > 0)).count();
    let mut last: BTreeMap<&str, (Timestamp, usize)> = BTreeMap::new();
    let mut count = 0;
    for call in &case.record.calls {
        if call.method != "PATCH" || !call.path.contains("/objects/tickets/") || call.status != Some(200) {
            continue;
        }
        count += 1;
        let (before, mut close) = last.get(call.path.as_str()).copied().unwrap_or((Timestamp(i64::MIN / 2), 0));
        close += usize::from(call.at.0 - before.0 < interval);
        assert!(close <= forward, "two updates within the interval: {} at {before} and {}", call.path, call.at);
        last.insert(&call.path, (call.at, close));
    }
    count
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
fn the_last_value_stands(case: &Case<'_>) {
    // At most once means that a write cut short or unclear is not made again.
    let may_lose = case.plan.nature.rules.at_most_once;
    if !case.settings.ticketing.enabled || case.plan.is_refused_something() || may_lose {
        return;
    }
    for ticket in case.record.list("tickets") {
        let linked: Vec<_> = case
            .sessions
            .iter()
            .filter(|session| session.ticket_id.as_ref().is_some_and(|id| ticket["id"] == id.as_str()))
            .filter_map(|session| session.custom_data.get("order"))
            .collect();
        let says = ticket["properties"]["order_number"].as_str();
        assert!(
            linked.is_empty() || linked.iter().any(|order| Some(order.as_str()) == says),
            "the ticket says {says:?}, its sessions {linked:?}: {ticket}\n{:#?}",
            about(&case.events, ticket)
        );
    }
}
