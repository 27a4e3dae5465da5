//! The handoff in HubSpot: one comment, one assignment and one ticket for each, the ticket joined and whole.

use std::collections::BTreeMap;

use hubspot_bridge::domain::Outcome;
use serde_json::Value;

use super::case::Case;
use super::record::{Author, Kind, Thread};
use crate::plan::{Act, What};
use crate::tally::Tally;

/// The bridge's line in a ticket that it made.
const REFERENCE: &str = "[hubspot-bridge ";

pub fn all(case: &Case<'_>, tally: &mut Tally) {
    for thread in &case.record.threads {
        tally.count("handoffs", case.about(thread).filter(|event| event.outcome == Some(Outcome::HandedOff)).count());
        once_each(case, thread);
    }
    for ticket in case.record.list("tickets") {
        made_well(case, ticket);
    }
    only_ours_are_written(case);
}

/// One comment and at most one assignment for each turn that handed over, to whom the rules name.
fn once_each(case: &Case<'_>, thread: &Thread) {
    let turns = case.handoff_turns(thread).len();
    let comments = thread.handoffs().count();
    assert!(comments <= turns, "{comments} handoff comments for {turns} handoffs\n{}", case.told(thread));
    let named: Vec<&str> = case.settings.default_user_id.iter().map(|user| user.0.as_str()).collect();
    let ruled: Vec<&str> = case.settings.routing.iter().map(|rule| rule.assign_to.0.as_str()).collect();
    let mut assigned = 0;
    for item in thread.items.iter().filter(|item| item.author == Author::Bridge) {
        let Kind::Assignment { to, .. } = &item.kind else { continue };
        let Some(to) = to.as_deref().filter(|to| *to != case.record.ai) else { continue };
        assigned += 1;
        let named = if ruled.is_empty() { named.contains(&to) } else { named.contains(&to) || ruled.contains(&to) };
        assert!(named, "assigned to {to}, whom no rule names\n{}", case.told(thread));
    }
    assert!(assigned <= turns, "{assigned} assignments for {turns} handoffs\n{}", case.told(thread));
}

fn content(ticket: &Value) -> &str {
    ticket["properties"]["content"].as_str().unwrap_or_default()
}

fn linked<'a>(ticket: &'a Value, kind: &str) -> Vec<&'a str> {
    ticket["associations"][kind].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A ticket of a handoff belongs to its thread, and to the contact if there is one, and tells the whole conversation.
fn made_well(case: &Case<'_>, ticket: &Value) {
    if !content(ticket).contains(REFERENCE) {
        return;
    }
    let threads: Vec<&Thread> =
        linked(ticket, "conversations").iter().filter_map(|id| case.record.thread(id)).collect();
    let joined = !threads.is_empty() || case.plan.is_refused_something() || of_thread(case, ticket).is_none();
    assert!(joined, "a ticket without its thread: {ticket}");
    let said: BTreeMap<&str, &str> = case.record.list("notes").iter().fold(BTreeMap::new(), |mut notes, note| {
        for id in linked(note, "tickets") {
            notes.insert(id, note["properties"]["hs_note_body"].as_str().unwrap_or_default());
        }
        notes
    });
    let notes = said.get(ticket["id"].as_str().unwrap_or_default()).copied().unwrap_or_default();
    for thread in threads {
        // The words that came with the handoff were said before its ticket was made.
        let made = created(ticket);
        let shown = |at: i64| at + case.unseen < made - 60_000;
        for item in thread.items.iter().filter(|item| item.kind == Kind::Message && shown(item.at.0)) {
            let there = content(ticket).contains(item.text.as_str()) || notes.contains(item.text.as_str());
            assert!(there, "the transcript lacks {item:?}: {ticket}\n{}", case.told(thread));
        }
    }
}

/// The thread of the handoff that made it: its reference names the turn's first event.
fn of_thread<'a>(case: &'a Case<'_>, ticket: &Value) -> Option<&'a Thread> {
    let (_, reference) = content(ticket).split_once(REFERENCE)?;
    let (words, _) = reference.split_once(']')?;
    let (_, event) = words.split_once('/')?;
    let event = case.events.iter().find(|known| known.id.to_string() == event);
    let event = event.unwrap_or_else(|| panic!("a ticket of no event: {ticket}"));
    event.object.as_ref().and_then(|object| case.record.thread(object.id()))
}

fn created(ticket: &Value) -> i64 {
    let at = ticket["properties"]["createdate"].as_str().and_then(hubspot_bridge::domain::Timestamp::parse);
    at.expect("a time").0
}

/// Updates go to tickets of conversations that the AI has a session of. One that was deleted since is in no record, and the
/// session may have another by now: what it was of cannot be told.
fn only_ours_are_written(case: &Case<'_>) {
    let deletes = case.befell().any(|what| matches!(what, What::Act { act: Act::TicketDeleted, .. }));
    for call in
        case.record.calls.iter().filter(|call| call.method == "PATCH" && call.path.contains("/objects/tickets/"))
    {
        let id = call.path.rsplit('/').next().unwrap_or_default();
        let there = case.record.list("tickets").iter().any(|ticket| ticket["id"] == id);
        let ours = case.sessions.iter().any(|session| session.ticket_id.as_ref().is_some_and(|t| t.as_str() == id));
        let linked = case.record.list("tickets").iter().any(|ticket| {
            let threads = linked(ticket, "conversations");
            let had =
                |thread: &str| case.sessions.iter().any(|s| s.thread_id.as_ref().is_some_and(|t| t.as_str() == thread));
            ticket["id"] == id && threads.into_iter().any(had)
        });
        assert!(ours || linked || (deletes && !there), "a write to a ticket that is not ours: {call:?}");
    }
}
