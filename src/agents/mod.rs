//! 6. The AI side: one trait, four agents.

pub mod build;
pub mod crm;
mod custom_data;
pub(crate) mod exchange;
pub mod faq;
pub mod http;
pub mod openai;
pub mod opencx;
mod wording;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

pub use build::{BuildError, Builder};

pub use crate::domain::Contact;

use crate::domain::{
    Attachment, Channel, ConnectionName, CustomerContext, MessageId, SessionId, ThreadId, TicketId, Timestamp,
};

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
    /// What the CRM knows of the customer, when the settings ask for it.
    pub crm: Option<CustomerContext>,
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
    /// Session data the agent wants to keep; mapped keys reach the ticket.
    pub custom_data: BTreeMap<String, String>,
}

impl Answer {
    /// An answer without remarks.
    #[must_use]
    pub fn new(decision: Decision) -> Self {
        Self { decision, sentiment: None, language: None, summary: None, custom_data: BTreeMap::new() }
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

/// What a rep wrote in HubSpot, on its way to the agent's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// A reply or a note.
    pub kind: RelayKind,
    /// Whose.
    pub connection: ConnectionName,
    /// Our session.
    pub session: SessionId,
    /// The agent's own id of the conversation, when it has one.
    pub agent_session_id: Option<String>,
    /// The thread it was written in; none for a note on a ticket.
    pub thread_id: Option<ThreadId>,
    /// The ticket linked.
    pub ticket_id: Option<TicketId>,
    /// HubSpot's id of the message, comment or note: the same every time this is relayed.
    pub id: String,
    /// The rep's name, where it is known.
    pub author: Option<String>,
    /// Plain text.
    pub text: String,
    /// Named with their URLs.
    pub attachments: Vec<Attachment>,
    /// When it was written.
    pub at: Timestamp,
}

/// What a rep wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayKind {
    /// To the customer.
    Reply,
    /// For the team only: must never reach a customer.
    Note,
}

/// A conversation that lives outside HubSpot, as the agent's own record tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Who asks.
    pub contact: Contact,
    /// The agent's word for the channel, e.g. `whatsapp`.
    pub channel: Option<String>,
    /// What was said, oldest first.
    pub transcript: Vec<Said>,
    /// The agent's summary.
    pub summary: Option<String>,
    /// `angry`, `happy`, `neutral`, ….
    pub sentiment: Option<String>,
    /// The customer's language, a BCP 47 tag.
    pub language: Option<String>,
    /// The session's own data.
    pub custom_data: BTreeMap<String, String>,
    /// The HubSpot thread it belongs to, when the bridge began it for one.
    pub thread_id: Option<ThreadId>,
}

/// A failed call to the agent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the agent {operation} failed: {detail}")]
pub struct Error {
    /// `ask`, `open`, `recall`, `relay`, `was_relayed`, `conversation`, `look`.
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
    /// The peer's rate limit, or our own keeping of it: nothing was sent, and it is no failed attempt.
    Busy {
        /// When there is room again.
        after: Duration,
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

    /// Does it take what reps write, of this kind?
    fn takes(&self, kind: RelayKind) -> bool {
        let _ = kind;
        false
    }

    /// Carries a rep's words to the agent's side, where a public reply takes the session over from the AI.
    async fn relay(&self, relay: &Relay) -> Result<(), Error> {
        let _ = relay;
        Err(Error::not_offered("relay"))
    }

    /// After an unclear `relay` begun at `began`: does the agent's side have it?
    async fn was_relayed(&self, relay: &Relay, began: Timestamp) -> Result<bool, Error> {
        let _ = (relay, began);
        Err(Error::not_offered("was_relayed"))
    }

    /// Is it there, and does it take our key? Asks no question and costs nothing worth naming: what was seen, in words that
    /// complete "the agent …". Gives up after `limit`.
    async fn look(&self, limit: Duration) -> Result<String, Error>;

    /// The agent's own record of a conversation, by its own id; none when it does not know it.
    async fn conversation(&self, agent_session_id: &str) -> Result<Option<Outside>, Error> {
        let _ = agent_session_id;
        Err(Error::not_offered("conversation"))
    }
}

impl Error {
    /// The agent has no such call.
    fn not_offered(operation: &'static str) -> Self {
        let detail = "this kind of agent does not offer it".to_owned();
        Self { operation, detail, effect: Effect::NotSent, class: Class::Permanent }
    }
}
