//! What became of a [`Load`], by the portal's record and the ledger: what was lost, what was repeated, what was said over
//! a human. An empty list each is what the guarantees promise.

use std::collections::BTreeMap;
use std::fmt;

use hubspot_bridge::sandbox::portal::Speaker;
use hubspot_bridge::sandbox::portal::people::Posted;
use serde_json::{Value, json};

use super::desk::ended;
use super::load::Load;

/// Subscription types that are stored; others are answered and counted only.
const STORED: [&str; 3] = ["conversation.newMessage", "conversation.propertyChange", "ticket.propertyChange"];

/// What was seen, and what was wrong with it.
#[derive(Debug, Default)]
pub struct Verdict {
    pub deliveries: usize,
    pub messages: usize,
    pub handoffs: usize,
    pub relays: usize,
    pub ticket_values: usize,
    pub lost: Vec<String>,
    pub repeated: Vec<String>,
    pub over_a_human: Vec<String>,
}

impl Verdict {
    /// Judges a load that has settled.
    pub fn of(load: &Load, events: &[Value]) -> Self {
        let mut verdict = Self {
            messages: load.asked.len() + load.handed.len() + load.taken.len(),
            handoffs: load.handed.len(),
            relays: load.relayed.len(),
            ticket_values: load.written.len() + load.synced.len(),
            ..Self::default()
        };
        let snapshot = load.desk.portal.snapshot();
        verdict.every_delivery_is_in_the_ledger(&snapshot, events);
        for asked in &load.asked {
            verdict.ended_as(events, asked, &["replied"]);
            verdict.exactly(1, load.desk.answers(&asked.thread).len(), &format!("answers in {}", asked.thread));
        }
        for (asked, from) in &load.handed {
            verdict.ended_as(events, asked, &["handed_off"]);
            verdict.handoff(load, asked, from);
        }
        for asked in &load.taken {
            verdict.taken_over(load, &snapshot, events, asked);
        }
        let relays = load.relays();
        for said in &load.relayed {
            verdict.ended_as(events, said, &["relayed"]);
            let heard = relays.get(&said.message.0).map_or(0, std::collections::BTreeSet::len);
            verdict.exactly(1, heard, &format!("relays of {}", said.message));
        }
        verdict
    }

    pub fn add(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.messages += other.messages;
        self.handoffs += other.handoffs;
        self.relays += other.relays;
        self.ticket_values += other.ticket_values;
        self.lost.extend(other.lost);
        self.repeated.extend(other.repeated);
        self.over_a_human.extend(other.over_a_human);
    }

    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.repeated.is_empty() && self.over_a_human.is_empty()
    }

    /// What HubSpot heard 200 for has a row for each of its events, or raised `seen` on one.
    fn every_delivery_is_in_the_ledger(&mut self, snapshot: &Value, events: &[Value]) {
        let mut seen: BTreeMap<(String, String), u64> = BTreeMap::new();
        for event in events {
            let key = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            *seen.entry((key("type"), key("object_id"))).or_default() += event["seen"].as_u64().unwrap_or_default();
        }
        let mut accepted: BTreeMap<(String, String), u64> = BTreeMap::new();
        for line in snapshot["deliveries"].as_array().unwrap() {
            if line["received"]["status"] != 200 {
                continue;
            }
            self.deliveries += 1;
            for event in line["events"].as_array().unwrap() {
                let kind = event[0].as_str().unwrap();
                if STORED.contains(&kind) {
                    *accepted.entry((kind.to_owned(), event[1].to_string())).or_default() += 1;
                }
            }
        }
        for (key, count) in accepted {
            let found = seen.get(&key).copied().unwrap_or_default();
            if found < count {
                self.lost.push(format!("{count} of {key:?} were answered 200, the ledger has {found}"));
            }
        }
    }

    fn ended_as(&mut self, events: &[Value], posted: &Posted, words: &[&str]) {
        let found = ended(events, &posted.message);
        if !words.contains(&found.as_str()) {
            self.lost.push(format!("{} in {} ended as {found}, not {words:?}", posted.message, posted.thread));
        }
    }

    fn exactly(&mut self, expected: usize, found: usize, what: &str) {
        if found < expected {
            self.lost.push(format!("{what}: {found} of {expected}"));
        } else if found > expected {
            self.repeated.push(format!("{what}: {found}, not {expected}"));
        }
    }

    /// One of each, and the customer was told once. The reps' later assignments are none of ours.
    fn handoff(&mut self, load: &Load, asked: &Posted, from: &str) {
        let desk = &load.desk;
        let contacts = desk.records("contacts");
        let about = |ticket: &Value| ticket["associations"]["conversations"] == json!([asked.thread.as_str()]);
        let made = [
            ("words", desk.answers(&asked.thread).len()),
            ("contacts", contacts.iter().filter(|contact| contact["properties"]["email"] == from).count()),
            ("tickets", desk.tickets_made().iter().filter(|ticket| about(ticket)).count()),
            ("comments", desk.items(&asked.thread, "COMMENT").len()),
            ("assignments", desk.items(&asked.thread, "ASSIGNMENT").len()),
        ];
        for (what, found) in made {
            self.exactly(1, found, &format!("{what} in {}", asked.thread));
        }
    }

    /// Answered before the rep came or not at all; a post after it was decided before it.
    fn taken_over(&mut self, load: &Load, snapshot: &Value, events: &[Value], asked: &Posted) {
        let lines = load.desk.portal.thread_view(&asked.thread).unwrap().lines;
        let human = lines.iter().find(|line| line.speaker == Speaker::Rep || line.speaker == Speaker::System);
        let answers = load.desk.answers(&asked.thread).len();
        if answers > 1 {
            self.repeated.push(format!("{answers} answers in {}, which a rep took", asked.thread));
        }
        let silent = ["skipped/taken_over", "skipped/not_ai_owned", "skipped/session_handed_off"];
        self.ended_as(events, asked, if answers == 0 { &silent } else { &["replied"] });
        let Some(human) = human else { return };
        let after = |at: &Value| at.as_i64().is_some_and(|at| at > human.at.0);
        let thread = format!("/conversations/v3/conversations/threads/{}", asked.thread);
        let calls = snapshot["calls"].as_array().unwrap();
        let mut looked = false;
        for call in calls.iter().filter(|call| after(&call["at"])) {
            looked |= call["method"] == "GET" && call["path"] == thread.as_str();
            let posts = call["method"] == "POST" && call["path"] == format!("{thread}/messages").as_str();
            if looked && posts {
                self.over_a_human.push(format!("posted in {} after it was seen with a rep", asked.thread));
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} deliveries answered 200, {} customer messages, {} handoffs, {} replies of reps relayed, {} ticket values \
             carried; lost {}, repeated {}, said over a human {}",
            self.deliveries,
            self.messages,
            self.handoffs,
            self.relays,
            self.ticket_values,
            self.lost.len(),
            self.repeated.len(),
            self.over_a_human.len()
        )
    }
}
