//! Reads a session's history to learn what became of a message whose sending ended unclearly. Pure.
//!
//! Events have no id in the shape of 2024, so ours is found by sender, words and time.

use serde_json::Value;

use super::session::Signal;
use crate::domain::Timestamp;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When; the shape of 2024 may leave it out.
    pub at: Option<Timestamp>,
    /// What.
    pub what: What,
}

/// What happened, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The customer said this.
    Contact(String),
    /// The AI said this.
    Ai(String),
    /// A human got or took the conversation, or answered.
    Human,
    /// The AI decided not to reply.
    Declined,
    /// Anything else.
    Other,
}

/// One page: events in the order given, and the cursor of the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In OpenCX's order, which is not promised.
    pub events: Vec<Event>,
    /// None on the last page.
    pub next: Option<String>,
}

impl Page {
    /// Reads one; none if it has no list of items.
    #[must_use]
    pub fn read(body: &Value) -> Option<Self> {
        let page = body.get("data").filter(|data| data.is_object()).unwrap_or(body);
        let events = page.get("items")?.as_array()?.iter().map(event).collect();
        let next = page.get("next").and_then(Value::as_str).filter(|next| !next.is_empty()).map(str::to_owned);
        Some(Self { events, next })
    }

    /// Newest first, and gone past `bound` already: older pages hold nothing of interest.
    #[must_use]
    pub fn is_past(&self, bound: Timestamp) -> bool {
        is_newest_first(&self.events)
            && self.events.iter().rev().find_map(|event| event.at).is_some_and(|at| at < bound)
    }
}

fn event(item: &Value) -> Event {
    let at = item.get("created_at").and_then(Value::as_str).and_then(Timestamp::parse);
    let event = item.get("event").unwrap_or(item);
    let text = |key: &str| event.get(key).and_then(Value::as_str);
    let what = match text("type").unwrap_or("message") {
        "message" => message(event),
        "handoff"
        | "human_agent_joined"
        | "human_agent_takeover"
        | "agent_message"
        | "agent_took_session_from_ai"
        | "agent_assigned_by_integration" => What::Human,
        "ai_decided_to_not_reply" => What::Declined,
        _ => What::Other,
    };
    Event { at, what }
}

fn message(event: &Value) -> What {
    let sender = event.get("sender").and_then(|sender| sender.get("type").unwrap_or(sender).as_str());
    let content = event.get("content").and_then(|content| content.get("text").unwrap_or(content).as_str());
    let text = content.unwrap_or_default().trim().to_owned();
    match sender {
        Some("contact") => What::Contact(text),
        Some("ai") if text.is_empty() => What::Other,
        Some("ai") => What::Ai(text),
        Some("human_agent" | "agent") => What::Human,
        Some(_) | None => What::Other,
    }
}

fn is_newest_first(events: &[Event]) -> bool {
    let mut stamps = events.iter().filter_map(|event| event.at);
    stamps.next().zip(stamps.next_back()).is_some_and(|(first, last)| first > last)
}

/// What the history says about our message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It is not there.
    Absent,
    /// It is there, and nothing came of it (yet).
    Unanswered,
    /// The AI said this after it.
    Said(String),
    /// The AI chose silence.
    Declined,
    /// A human got the conversation after it.
    Human(Option<String>, Signal),
}

/// Looks for the customer's `text`, sent not before `bound`, and for what came of it.
#[must_use]
pub fn trace(mut events: Vec<Event>, text: &str, bound: Timestamp) -> Trace {
    order(&mut events);
    let ours = |event: &Event| {
        matches!(&event.what, What::Contact(said) if same_words(said, text)) && event.at.is_none_or(|at| at >= bound)
    };
    // The newest: an earlier one of the same words ("yes") belongs to an earlier turn.
    let Some(found) = events.iter().rposition(ours) else { return Trace::Absent };
    let mut said = Vec::new();
    let (mut human, mut declined) = (false, false);
    for event in events.iter().skip(found + 1) {
        match &event.what {
            What::Contact(_) => break,
            What::Ai(text) => said.push(text.as_str()),
            What::Human => human = true,
            What::Declined => declined = true,
            What::Other => {}
        }
    }
    let said = (!said.is_empty()).then(|| said.join("\n\n"));
    match said {
        words if human => Trace::Human(words, Signal::HandedOff),
        Some(words) => Trace::Said(words),
        None if declined => Trace::Declined,
        None => Trace::Unanswered,
    }
}

/// Oldest first. An event without a stamp is as old as the one that followed it.
fn order(events: &mut [Event]) {
    if is_newest_first(events) {
        events.reverse();
    }
    let mut following = None;
    for event in events.iter_mut().rev() {
        event.at = event.at.or(following);
        following = event.at;
    }
    if events.iter().all(|event| event.at.is_some()) {
        events.sort_by_key(|event| event.at);
    }
}

fn same_words(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}
