//! Reads a session's history: to learn what became of a message whose sending ended unclearly, and what was said. Pure.
//!
//! Events have no id in the shape of 2024, so ours is found by sender, words and time.

use serde_json::Value;

use super::session::Signal;
use crate::agents::wording::written;
use crate::domain::{Attachment, Timestamp};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// OpenCX's; the shape of 2024 has none.
    pub id: Option<String>,
    /// When; the shape of 2024 may leave it out.
    pub at: Option<Timestamp>,
    /// What.
    pub what: What,
    /// What came with a message.
    pub attachments: Vec<Attachment>,
}

/// What happened, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The customer said this.
    Contact(String),
    /// The AI said this.
    Ai(String),
    /// A human said this to the customer.
    Rep(String),
    /// A human got or took the conversation.
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
    let kind = event.get("type").and_then(Value::as_str).unwrap_or("message");
    let what = match kind {
        "message" => message(event),
        "agent_message" => What::Rep(words(event)),
        "handoff"
        | "human_agent_joined"
        | "human_agent_takeover"
        | "agent_took_session_from_ai"
        | "agent_assigned_by_integration" => What::Human,
        "ai_decided_to_not_reply" => What::Declined,
        _ => What::Other,
    };
    let id = written(item.get("id")).or_else(|| written(event.get("id")));
    Event { id, at, what, attachments: attachments(event) }
}

fn message(event: &Value) -> What {
    let sender = event.get("sender").and_then(|sender| sender.get("type").unwrap_or(sender).as_str());
    match sender {
        Some("contact") => What::Contact(words(event)),
        Some("ai") => What::Ai(words(event)),
        Some("human_agent" | "agent") => What::Rep(words(event)),
        Some(_) | None => What::Other,
    }
}

fn words(event: &Value) -> String {
    let content = event.get("content").and_then(|content| content.get("text").unwrap_or(content).as_str());
    content.unwrap_or_default().trim().to_owned()
}

fn attachments(event: &Value) -> Vec<Attachment> {
    let given = event.get("attachments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let read = |attachment: &Value| {
        let (name, url) = (written(attachment.get("name")), written(attachment.get("url")));
        (name.is_some() || url.is_some()).then(|| Attachment { kind: "FILE".to_owned(), name, url })
    };
    given.iter().filter_map(read).collect()
}

/// As far as the stamps tell.
#[must_use]
pub fn is_newest_first(events: &[Event]) -> bool {
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
            What::Ai(text) if text.is_empty() => {}
            What::Ai(text) => said.push(text.as_str()),
            What::Rep(_) | What::Human => human = true,
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

/// Is a rep's `text`, sent not before `bound`, there?
///
/// OpenCX knows no id of ours, so a rep who says the very same twice within the clocks' slack is taken to have said it
/// once: a customer would rather miss the second "OK" than get everything twice.
#[must_use]
pub fn has_rep(mut events: Vec<Event>, text: &str, bound: Timestamp) -> bool {
    order(&mut events);
    let ours = |event: &Event| {
        matches!(&event.what, What::Rep(said) if same_words(said, text)) && event.at.is_none_or(|at| at >= bound)
    };
    events.iter().any(ours)
}

/// Oldest first. An event without a stamp is as old as the one that followed it.
pub fn order(events: &mut [Event]) {
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
