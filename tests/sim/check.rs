//! What must be true at the end of every seed, judged from the portal's own record and the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hubspot_bridge::domain::{Outcome, Reason, State, Timestamp};
use hubspot_bridge::filters::message::HANDOFF_MARKER;
use hubspot_bridge::store::types::EventFilter;
use serde_json::Value;

use super::agent::ANSWER;
use super::bridge::Bridge;
use super::plan::{Nature, Plan};
use super::play::Site;
use super::tally::Tally;

/// How long between the bridge's last look and the post a human can come in: three calls of up to 10 s, and what
/// HubSpot does not show yet.
const WINDOW_MS: i64 = 31_000;

pub async fn all(site: &Site, bridge: &Bridge, plan: &Plan, tally: &mut Tally) {
    let events = of_site(bridge, site).await;
    let world = World::of(&site.portal.snapshot());
    tally.count("events in the ledgers", events.len());
    tally.count("customer messages", world.asked.len());
    tally.count("failed calls", world.calls_failed);
    every_event_ended(&events);
    every_message_known(&world, &events);
    nothing_said_twice(&world, &events, tally);
    answered_in_order(&world);
    everything_due_was_answered(&world, &events, plan);
    never_over_a_human(&world, plan.nature);
}

/// The events of one connection.
pub async fn of_site(bridge: &Bridge, site: &Site) -> Vec<hubspot_bridge::domain::Event> {
    let mut all = events(bridge).await;
    all.retain(|event| event.connection.as_str() == site.name);
    all
}

/// The events that have not ended, for a failure's message.
pub async fn open(bridge: &Bridge) -> String {
    let events = events(bridge).await;
    let open: Vec<String> =
        events.iter().filter(|event| !event.state.is_final()).map(|event| format!("{event:?}")).collect();
    open.join("\n")
}

async fn events(bridge: &Bridge) -> Vec<hubspot_bridge::domain::Event> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = bridge.ledger.events(EventFilter::default(), cursor, 200).await.expect("the ledger answers");
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return all;
        }
    }
}

/// One item of a thread, as the portal has it.
#[derive(Debug)]
struct Item {
    id: String,
    thread: String,
    at: Timestamp,
    kind: String,
    text: String,
    author: Author,
    assigned_to: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Author {
    Customer,
    Bridge,
    Rep,
    Other,
}

#[derive(Debug)]
struct World {
    items: Vec<Item>,
    asked: BTreeMap<String, String>,
    ai: String,
    calls_failed: usize,
}

impl World {
    fn of(snapshot: &Value) -> Self {
        let ai = snapshot["aiUserId"].as_str().expect("the AI user").to_owned();
        let app = snapshot["appId"].as_i64();
        let mut items = Vec::new();
        for thread in snapshot["threads"].as_array().expect("threads") {
            for message in thread["messages"].as_array().expect("messages") {
                items.push(item(thread["id"].as_str().expect("an id"), message, app));
            }
        }
        items.sort_by_key(|item| item.at);
        let asked = items
            .iter()
            .filter(|item| item.author == Author::Customer)
            .map(|item| (item.id.clone(), item.thread.clone()))
            .collect();
        let calls = snapshot["calls"].as_array().map_or(0, |calls| {
            calls.iter().filter(|call| call["status"].as_u64().is_none_or(|status| status >= 400)).count()
        });
        Self { items, asked, ai, calls_failed: calls }
    }

    fn replies(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.author == Author::Bridge && item.kind == "MESSAGE")
    }

    fn comments(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.author == Author::Bridge && item.kind == "COMMENT")
    }
}

fn item(thread: &str, message: &Value, app: Option<i64>) -> Item {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let sender = &message["senders"][0];
    let actor = sender["actorId"].as_str().unwrap_or_default();
    let address = sender["deliveryIdentifier"]["value"].as_str().unwrap_or_default();
    let kind = text(&message["type"]);
    let incoming = message["direction"] == "INCOMING";
    let author = if message["client"]["integrationAppId"].as_i64().is_some_and(|id| Some(id) == app) {
        Author::Bridge
    } else if kind == "MESSAGE" && (actor.starts_with("A-") || address.ends_with("@acme.example")) {
        Author::Rep
    } else if kind == "MESSAGE" && incoming {
        Author::Customer
    } else {
        Author::Other
    };
    Item {
        id: text(&message["id"]),
        thread: thread.to_owned(),
        at: Timestamp::parse(message["createdAt"].as_str().expect("a time")).expect("a time"),
        text: text(&message["text"]),
        assigned_to: message["assignedTo"].as_str().map(str::to_owned),
        kind,
        author,
    }
}

/// Guarantee 2: exactly one final state, an outcome, and a reason where one is due.
fn every_event_ended(events: &[hubspot_bridge::domain::Event]) {
    for event in events {
        assert!(event.state.is_final(), "not ended: {event:?}");
        let outcome = event.outcome.expect("an outcome");
        assert_eq!(outcome.state(), event.state, "{event:?}");
        if matches!(event.state, State::Skipped | State::Dead) {
            assert!(event.reason.is_some(), "no reason: {event:?}");
        }
        let surrendered = matches!(event.reason, Some(Reason::PayloadUnreadable | Reason::AttemptsExhausted));
        assert!(!surrendered, "given up: {event:?}");
    }
}

/// Guarantee 1, and the sweep: every customer message is in the ledger, or was answered with a later one.
fn every_message_known(world: &World, events: &[hubspot_bridge::domain::Event]) {
    let known: BTreeSet<&str> = events
        .iter()
        .filter_map(|event| event.message_id.as_ref())
        .map(hubspot_bridge::domain::MessageId::as_str)
        .collect();
    for (id, thread) in &world.asked {
        let answered = || world.replies().any(|reply| reply.text.split_whitespace().any(|word| word == id));
        assert!(
            known.contains(id.as_str()) || answered(),
            "no event for the customer's message {id}\n{}",
            dump(world, Some(thread))
        );
    }
}

/// Guarantee 4: no customer message is answered twice, no handoff is told twice.
fn nothing_said_twice(world: &World, events: &[hubspot_bridge::domain::Event], tally: &mut Tally) {
    let mut answered: BTreeMap<&str, &Item> = BTreeMap::new();
    for reply in world.replies() {
        tally.count("replies", 1);
        let ids = reply.text.strip_prefix(ANSWER).unwrap_or_else(|| panic!("a reply nobody planned: {reply:?}"));
        for id in ids.split_whitespace() {
            if let Some(before) = answered.insert(id, reply) {
                panic!("{id} was answered twice, by {before:?} and by {reply:?}");
            }
        }
    }
    let comments = world.comments().filter(|item| item.text.starts_with(HANDOFF_MARKER)).count();
    let handed_off = events.iter().filter(|event| event.outcome == Some(Outcome::HandedOff)).count();
    tally.count("handoffs", handed_off);
    // Sent to the AI by a workflow, a conversation may be handed off without an event of its own.
    let sent = events.iter().filter(|event| event.outcome == Some(Outcome::Resumed)).count();
    assert!(
        comments <= handed_off + sent,
        "{comments} handoff comments for {handed_off} handoffs: {:?}",
        dump(world, None)
    );
    for event in events.iter().filter(|event| matches!(event.outcome, Some(Outcome::Replied | Outcome::Merged))) {
        let id = event.message_id.as_ref().map(hubspot_bridge::domain::MessageId::as_str).unwrap_or_default();
        // What the whole turn came to may be something else than words to the customer.
        let elsewhere = [Outcome::HandedOff, Outcome::Drafted, Outcome::NoReplyNeeded];
        let ended =
            |other: &hubspot_bridge::domain::Event| other.outcome.is_some_and(|ended| elsewhere.contains(&ended));
        let not_said = events.iter().any(|other| other.turn == event.turn && ended(other));
        assert!(
            not_said
                || event.outcome == Some(Outcome::Merged) && event.message_id.is_none()
                || answered.contains_key(id),
            "the ledger says it was answered, the thread does not: {event:?}\n{}",
            dump(world, event.object.as_ref().map(hubspot_bridge::domain::Object::id))
        );
    }
    let replied = events.iter().filter(|event| event.outcome == Some(Outcome::Replied)).count();
    let posts = world.replies().count();
    assert!(
        replied <= posts && posts <= replied + handed_off + sent,
        "{replied} events replied, {handed_off} handed off, but {posts} posts\n{}\n{events:#?}",
        dump(world, None)
    );
}

/// Guarantee 3: within a thread, no reply goes back behind one before it.
fn answered_in_order(world: &World) {
    let asked_at: BTreeMap<&str, Timestamp> = world.items.iter().map(|item| (item.id.as_str(), item.at)).collect();
    let mut through: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for reply in world.replies() {
        let times = reply.text.split_whitespace().filter_map(|id| asked_at.get(id)).copied();
        let (first, last) = (times.clone().min(), times.max());
        let before = through.get(reply.thread.as_str()).copied();
        assert!(before.is_none() || first > before, "out of order: {reply:?}\n{}", dump(world, Some(&reply.thread)));
        through.extend(last.map(|last| (reply.thread.as_str(), last)));
    }
}

/// Without humans in the way, every customer message got an answer or a human.
fn everything_due_was_answered(world: &World, events: &[hubspot_bridge::domain::Event], plan: &Plan) {
    let nature = plan.nature;
    // What HubSpot does not show yet may be overtaken by a later message's answer.
    let hidden = nature.visibility_ms > 0;
    let rules = nature.rules;
    let silent = rules.assist || rules.at_most_once || rules.max_event_age.is_some() || rules.refunds.is_some();
    let fails = rules.on_agent_failure != "handoff" || plan.is_refused_something();
    let odd = nature.habits.drafts_percent + nature.habits.silent_percent > 0 || nature.responders;
    if nature.humans
        || hidden
        || silent
        || fails
        || odd
        || events.iter().any(|event| event.outcome == Some(Outcome::HandedOff))
    {
        return;
    }
    let answered: BTreeSet<&str> = world
        .replies()
        .flat_map(|reply| reply.text.strip_prefix(ANSWER).unwrap_or_default().split_whitespace())
        .collect();
    for (id, thread) in &world.asked {
        let event = events.iter().find(|event| event.message_id.as_ref().is_some_and(|m| m.as_str() == id));
        assert!(
            answered.contains(id.as_str()),
            "{id} of {thread} got no answer: {event:?}\n{}",
            dump(world, Some(thread))
        );
    }
}

/// Guarantee 5: no post once a human had the conversation for longer than the stated window.
fn never_over_a_human(world: &World, nature: Nature) {
    let window = WINDOW_MS + i64::try_from(nature.visibility_ms).expect("small");
    for reply in world.replies() {
        let before = world.items.iter().filter(|item| item.thread == reply.thread && item.at.0 < reply.at.0 - window);
        let mut human = false;
        let mut wrote = false;
        for item in before {
            match item.kind.as_str() {
                "ASSIGNMENT" if item.author != Author::Bridge => {
                    let to_human = item.assigned_to.as_ref().is_some_and(|to| *to != world.ai);
                    wrote &= to_human || item.assigned_to.is_none();
                    // Unassigned: whoever only owned it has let go, whoever wrote still has it.
                    human = to_human || (wrote && item.assigned_to.is_none());
                }
                "MESSAGE" if item.author == Author::Rep => {
                    wrote = true;
                    human = true;
                }
                "THREAD_STATUS_CHANGE" => {
                    wrote = false;
                    human = false;
                }
                _ => {}
            }
        }
        let given_back = world.items.iter().any(|item| {
            let recently = item.at.0 >= reply.at.0 - window && item.at <= reply.at && item.thread == reply.thread;
            let assigned = item.kind == "ASSIGNMENT" && item.assigned_to.as_ref().is_none_or(|to| *to == world.ai);
            recently && (assigned || item.kind == "THREAD_STATUS_CHANGE")
        });
        assert!(!human || given_back, "posted over a human: {reply:?}\n{}", dump(world, Some(&reply.thread)));
    }
}

/// Guarantees 7 and 8: no lease, no due mailbox, no message text.
pub fn nothing_left_behind(file: &Path) {
    let database = rusqlite::Connection::open(file).expect("the file");
    let count = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).expect(sql) };
    assert_eq!(count("SELECT count(*) FROM mailboxes WHERE lease_until IS NOT NULL"), 0, "a lease is left");
    assert_eq!(count("SELECT count(*) FROM mailboxes WHERE due_at IS NOT NULL"), 0, "a mailbox is due");
    assert_eq!(count("SELECT count(*) FROM steps WHERE text IS NOT NULL"), 0, "text is left in a step");
}

fn dump(world: &World, thread: Option<&str>) -> String {
    let items = world.items.iter().filter(|item| thread.is_none_or(|thread| item.thread == thread));
    let lines: Vec<String> = items
        .map(|item| {
            format!("{} {} {:?} {} {} {:?}", item.at, item.id, item.author, item.kind, item.text, item.assigned_to)
        })
        .collect();
    lines.join("\n")
}
