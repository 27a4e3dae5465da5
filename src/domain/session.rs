//! Sessions: the AI side's record of one conversation. They change only by versioned patches.

use std::collections::BTreeMap;

use super::{ConnectionName, ContactId, MessageId, SessionId, ThreadId, TicketId, Timestamp};

/// Who has the conversation, as the bridge knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// The AI answers.
    Ai,
    /// A human was given it or took it.
    HandedOff,
    /// An operator or a workflow silenced the AI.
    Paused,
    /// The conversation is over.
    Closed,
}

impl SessionState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Ai, Self::HandedOff, Self::Paused, Self::Closed];

    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ai => "ai",
            Self::HandedOff => "handed_off",
            Self::Paused => "paused",
            Self::Closed => "closed",
        }
    }

    /// The state of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// How the AI speaks: to the customer, or to the reps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// Answers are posted to the customer.
    Autopilot,
    /// Answers are posted as internal comments; ownership is ignored.
    Assist,
}

impl Mode {
    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Autopilot => "autopilot",
            Self::Assist => "assist",
        }
    }

    /// The mode of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Autopilot, Self::Assist].into_iter().find(|mode| mode.as_str() == name)
    }

    /// The mode in force is the more cautious of the session's and the settings'.
    #[must_use]
    pub fn more_cautious(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Creation time and id of the newest customer message answered: everything at or before it is settled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnsweredThrough {
    /// The message's `createdAt`.
    pub at: Timestamp,
    /// The message.
    pub message: MessageId,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Ours.
    pub id: SessionId,
    /// Whose.
    pub connection: ConnectionName,
    /// The HubSpot thread; none for conversations that live outside HubSpot.
    pub thread_id: Option<ThreadId>,
    /// The ticket linked.
    pub ticket_id: Option<TicketId>,
    /// The contact linked.
    pub contact_id: Option<ContactId>,
    /// Who has it.
    pub state: SessionState,
    /// How the AI speaks in it; the settings may be more cautious.
    pub mode: Mode,
    /// The agent's own id of the conversation.
    pub agent_session_id: Option<String>,
    /// On the agent's side a human has that one for good: the AI begins a new one when it is next asked.
    pub agent_session_over: bool,
    /// Flat data shared with the agent; ticket properties land here.
    pub custom_data: BTreeMap<String, String>,
    /// Custom data changed since the agent was last told.
    pub custom_data_pending: bool,
    /// The newest customer message answered.
    pub answered_through: Option<AnsweredThrough>,
    /// When it was handed off or taken over; resuming needs an assignment after this.
    pub handed_off_at: Option<Timestamp>,
    /// When the AI last got (or got back) the conversation: what reps wrote before does not count as a takeover.
    pub ai_since: Option<Timestamp>,
    /// When public replies were posted, newest last; bounded by the loop limit's window.
    pub replies: Vec<Timestamp>,
    /// Rises with every change; patches name the one they read.
    pub version: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A change to one session: `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionPatch {
    /// Links the ticket.
    pub ticket_id: Option<TicketId>,
    /// Links the contact.
    pub contact_id: Option<ContactId>,
    /// Moves the session.
    pub state: Option<SessionState>,
    /// Sets the mode.
    pub mode: Option<Mode>,
    /// The agent's own id.
    pub agent_session_id: Option<String>,
    /// Sets the mark that a human has it for good on the agent's side.
    pub agent_session_over: Option<bool>,
    /// Keys to set.
    pub custom_data: BTreeMap<String, String>,
    /// Sets the mark that the agent has not seen the custom data.
    pub custom_data_pending: Option<bool>,
    /// Moves forward only.
    pub answered_through: Option<AnsweredThrough>,
    /// Sets or clears the time of handoff.
    pub handed_off_at: Option<Option<Timestamp>>,
    /// Sets when the AI got the conversation.
    pub ai_since: Option<Timestamp>,
    /// Adds one public reply; those older than `replies_since` are dropped.
    pub reply_at: Option<Timestamp>,
    /// The start of the loop limit's window.
    pub replies_since: Option<Timestamp>,
}

impl SessionPatch {
    /// Does it change nothing?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Applies the patch; the store raises `version` and `updated_at`.
    pub fn apply(&self, session: &mut Session) {
        if let Some(ticket) = &self.ticket_id {
            session.ticket_id = Some(ticket.clone());
        }
        if let Some(contact) = &self.contact_id {
            session.contact_id = Some(contact.clone());
        }
        session.state = self.state.unwrap_or(session.state);
        session.mode = self.mode.unwrap_or(session.mode);
        session.agent_session_over = self.agent_session_over.unwrap_or(session.agent_session_over);
        if let Some(id) = &self.agent_session_id {
            session.agent_session_id = Some(id.clone());
        }
        session.custom_data.extend(self.custom_data.clone());
        session.custom_data_pending = self.custom_data_pending.unwrap_or(session.custom_data_pending);
        if self.answered_through > session.answered_through {
            session.answered_through.clone_from(&self.answered_through);
        }
        session.handed_off_at = self.handed_off_at.unwrap_or(session.handed_off_at);
        session.ai_since = self.ai_since.or(session.ai_since);
        if let Some(since) = self.replies_since {
            session.replies.retain(|at| *at >= since);
        }
        session.replies.extend(self.reply_at);
    }
}
