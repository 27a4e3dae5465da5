//! What OpenCX's record of a session says: that it was handed off, by any of the four signals, and what a rep would like
//! to know. Pure and tolerant: an unexpected type is an absent field.

use serde_json::{Map, Value};

use crate::agents::{Answer, Decision};

/// The four ways OpenCX says that a human has the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `sessionIsHandedOff: true`, or a handoff in the history.
    HandedOff,
    /// `code: session_assigned_to_human_agent`.
    AssignedToHuman,
    /// The session has a `handoff`.
    Record,
    /// The session's `ai_closure_type` is `handed_off`.
    Closure,
}

impl Signal {
    /// The signal in an object of OpenCX's, if there is one.
    #[must_use]
    pub fn find(object: &Map<String, Value>) -> Option<Self> {
        let word = |key: &str| object.get(key).and_then(Value::as_str);
        if word("code") == Some("session_assigned_to_human_agent") {
            Some(Self::AssignedToHuman)
        } else if object.get("sessionIsHandedOff").and_then(Value::as_bool) == Some(true) {
            Some(Self::HandedOff)
        } else if object.get("handoff").is_some_and(Value::is_object) {
            Some(Self::Record)
        } else if word("ai_closure_type") == Some("handed_off") {
            Some(Self::Closure)
        } else {
            None
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::HandedOff | Self::Record => "OpenCX's AI handed the conversation off",
            Self::AssignedToHuman => "the conversation is with a human agent in OpenCX",
            Self::Closure => "OpenCX closed the AI's part of the conversation as handed off",
        }
    }
}

/// What a rep would like to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The conversation in short.
    pub summary: Option<String>,
    /// The customer's mood.
    pub sentiment: Option<String>,
    /// The customer's language.
    pub language: Option<String>,
}

impl Details {
    /// From a `handoff`, a `resolveArgs` or a session.
    #[must_use]
    pub fn read(object: &Map<String, Value>) -> Self {
        let word = |key: &str| {
            let text = object.get(key)?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        Self { summary: word("summary"), sentiment: word("sentiment"), language: word("language") }
    }

    /// What is known here, completed by what is known there.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            summary: self.summary.or(other.summary),
            sentiment: self.sentiment.or(other.sentiment),
            language: self.language.or(other.language),
        }
    }

    /// The answer that gives the conversation to a human.
    #[must_use]
    pub fn handoff(self, words: Option<String>, signal: Signal) -> Answer {
        let decision = Decision::Handoff { words, reason: signal.reason().to_owned() };
        Answer {
            decision,
            sentiment: self.sentiment,
            language: self.language,
            summary: self.summary,
            custom_data: std::collections::BTreeMap::new(),
        }
    }
}

/// One session as `GET /chat/sessions/{id}` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Whether a human has it.
    pub signal: Option<Signal>,
    /// What is known about it.
    pub details: Details,
}

impl Session {
    /// Reads it, wrapped in `data` or bare.
    #[must_use]
    pub fn read(body: &Value) -> Self {
        let Some(object) = body.get("data").unwrap_or(body).as_object() else { return Self::default() };
        let handoff = object.get("handoff").and_then(Value::as_object).map(Details::read).unwrap_or_default();
        Self { signal: Signal::find(object), details: handoff.or(Details::read(object)) }
    }
}

/// The id of a session just made.
#[must_use]
pub fn id(body: &Value) -> Option<String> {
    let id = body.get("data").unwrap_or(body).get("id")?.as_str()?.trim();
    (!id.is_empty()).then(|| id.to_owned())
}
