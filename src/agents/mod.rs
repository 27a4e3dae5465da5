//! 6. The AI side: one trait, four agents.

pub mod build;
mod exchange;
pub mod faq;
pub mod http;
pub mod openai;
pub mod opencx;
mod wording;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

pub use build::{BuildError, Builder};

use crate::domain::{Attachment, Channel, ConnectionName, ContactId, MessageId, ThreadId, TicketId, Timestamp};

/// What one turn tells the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Whose.
    pub connection: ConnectionName,
    /// The thread.
    pub thread_id: ThreadId,
    /// The agent's own id of the conversation, once it has one.
    pub agent_session_id: Option<String>,
    /// What the customer wrote and nobody answered yet, oldest first; never empty.
    pub messages: Vec<Said>,
    /// What was said before, oldest first.
    pub history: Vec<Said>,
    /// Who asks.
    pub contact: Contact,
    /// Over which channel.
    pub channel: Channel,
    /// The ticket linked.
    pub ticket_id: Option<TicketId>,
    /// The session's custom data.
    pub custom_data: BTreeMap<String, String>,
}

/// One message for the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// HubSpot's id.
    pub id: MessageId,
    /// By whom.
    pub by: Speaker,
    /// Plain text.
    pub text: String,
    /// The whole original, when `text` is only its newest part: context, not a question.
    pub original: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Named with their URLs, never dropped.
    pub attachments: Vec<Attachment>,
}

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The customer's.
    Customer,
    /// The AI's.
    Ai,
    /// A rep's.
    Rep,
}

/// The customer, as far as HubSpot knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// HubSpot's contact or visitor id.
    pub id: Option<ContactId>,
    /// Display name.
    pub name: Option<String>,
    /// Address, lower-cased.
    pub email: Option<String>,
}

/// What the agent decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Say this to the customer.
    Reply {
        /// Markdown or plain text.
        text: String,
    },
    /// Show this to the reps only.
    Draft {
        /// Markdown or plain text.
        text: String,
    },
    /// Give the conversation to a human.
    Handoff {
        /// Words to the customer, posted before it.
        words: Option<String>,
        /// Why, for the reps.
        reason: String,
    },
    /// Nothing to say.
    Nothing,
}

/// The agent's answer to one turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What to do.
    pub decision: Decision,
    /// `angry`, `happy`, `neutral`, ….
    pub sentiment: Option<String>,
    /// The customer's language, a BCP 47 tag.
    pub language: Option<String>,
    /// A summary for the reps.
    pub summary: Option<String>,
}

impl Answer {
    /// An answer without remarks.
    #[must_use]
    pub fn new(decision: Decision) -> Self {
        Self { decision, sentiment: None, language: None, summary: None }
    }
}

/// What the agent's own record says about a message whose sending ended unclearly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recall {
    /// It never got there; send it (again).
    NotSent,
    /// It got there and this was the answer.
    Answered(Answer),
    /// It got there and there is no answer (yet).
    Unanswered,
}

/// A failed call to the agent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the agent {operation} failed: {detail}")]
pub struct Error {
    /// `ask`, `open`, `recall`.
    pub operation: &'static str,
    /// Words for people: status codes, causes; never message text or keys.
    pub detail: String,
    /// Whether the agent may have heard it.
    pub effect: Effect,
    /// Whether another attempt can help, and when.
    pub class: Class,
}

/// Did the request have an effect?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Certainly none: connect failures, 4xx, 429. Or a known one with nothing to look for: the agent answered with an
    /// error, and asking again (without `recall`) is right.
    NotSent,
    /// It may have: timeouts, cuts, 5xx.
    Unclear,
}

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Try again, not before `after` if given.
    Retry {
        /// The peer's wish.
        after: Option<Duration>,
    },
    /// It will fail again until somebody changes something.
    Permanent,
}

/// An AI agent. An implementation makes one attempt per call; its own deadline bounds each.
#[async_trait]
pub trait Agent: Send + Sync {
    /// Does it remember what it was sent, so that a message once sent cannot be taken back?
    fn keeps_state(&self) -> bool;

    /// Makes the agent's own session for this conversation, if it needs one before the first question: its id.
    async fn open(&self, question: &Question) -> Result<Option<String>, Error>;

    /// Asks. Dropping the future cancels the call.
    async fn ask(&self, question: &Question) -> Result<Answer, Error>;

    /// Looks into the agent's record after an unclear `ask` begun at `asked_at`.
    async fn recall(&self, question: &Question, asked_at: Timestamp) -> Result<Recall, Error>;
}
