//! Who has the conversation. Checks 6, 7 and 9: the owner, the session, and the ways back to the AI.
//!
//! A human has it when somebody else owns the thread, or when a rep wrote and nothing gave it back since. What gives
//! it back is a transition, not a state: an assignment to the AI user that we did not make, or the thread's closing.

use crate::config::{Connection, ReturnToAi};
use crate::domain::{ActorId, Message, MessageKind, Mode, Reason, Session, SessionState, Thread, Timestamp};

/// What the decision about a conversation needs.
#[derive(Clone, Copy, Debug)]
pub struct Conversation<'a> {
    /// As just read.
    pub thread: &'a Thread,
    /// Its newest items, oldest first.
    pub items: &'a [Item<'a>],
    /// What the bridge remembers.
    pub session: Option<&'a Session>,
    /// The settings.
    pub settings: &'a Connection,
    /// The mode in force.
    pub mode: Mode,
}

/// One item of a thread, with what the message filter said of it.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The item.
    pub message: &'a Message,
    /// A human of the own team wrote it to the customer.
    pub by_rep: bool,
    /// The bridge made it.
    pub ours: bool,
}

/// The mode in force: the more cautious of the session's and the settings'.
#[must_use]
pub fn mode_in_force(session: Option<&Session>, settings: &Connection) -> Mode {
    session.map_or(settings.mode, |session| session.mode.more_cautious(settings.mode))
}

/// Why the AI must be silent; none: it may answer.
#[must_use]
pub fn silences(conversation: &Conversation<'_>) -> Option<Reason> {
    if !owner_allows(conversation) {
        return Some(Reason::NotAiOwned);
    }
    match conversation.session.map(|session| session.state) {
        Some(SessionState::Paused) => Some(Reason::SessionPaused),
        Some(SessionState::HandedOff) if resumed_at(conversation).is_none() => Some(Reason::SessionHandedOff),
        _ if human_since(conversation).is_some() => Some(Reason::SessionHandedOff),
        Some(SessionState::Ai | SessionState::HandedOff | SessionState::Closed) | None => None,
    }
}

/// Check 6: the owner is the AI user, or nobody where that is allowed, or the AI only assists.
#[must_use]
pub fn owner_allows(conversation: &Conversation<'_>) -> bool {
    conversation.mode == Mode::Assist
        || match &conversation.thread.assigned_to {
            Some(owner) => *owner == conversation.settings.ai_user_id,
            None => conversation.settings.reply_when_unassigned,
        }
}

/// When a rep last wrote to the customer without the conversation having come back to the AI since.
#[must_use]
pub fn human_since(conversation: &Conversation<'_>) -> Option<Timestamp> {
    let since = conversation.session.and_then(|session| session.ai_since).unwrap_or(Timestamp(i64::MIN));
    let wrote = conversation
        .items
        .iter()
        .filter(|item| item.by_rep && item.message.created_at > since)
        .map(|item| item.message.created_at)
        .max()?;
    // In assist mode reps are expected to write; only a later customer message makes a draft worth having.
    if conversation.mode == Mode::Assist {
        return None;
    }
    given_back_at(conversation, wrote).is_none().then_some(wrote)
}

/// When a handed-off session came back to the AI, if it did.
#[must_use]
pub fn resumed_at(conversation: &Conversation<'_>) -> Option<Timestamp> {
    let session = conversation.session?;
    let handed_off_at = session.handed_off_at.unwrap_or(session.updated_at);
    given_back_at(conversation, handed_off_at)
}

/// When the conversation last came back to the AI after this time, if it did.
#[must_use]
pub fn given_back_at(conversation: &Conversation<'_>, after: Timestamp) -> Option<Timestamp> {
    let assigned = conversation
        .items
        .iter()
        .filter(|item| !item.ours && assigns_to(item.message, &conversation.settings.ai_user_id))
        .map(|item| item.message.created_at);
    let on_close = conversation.settings.return_to_ai == ReturnToAi::OnClose;
    let closed = conversation.items.iter().filter(|item| on_close && closes(item.message));
    let closed_at = conversation.thread.closed_at.filter(|_| on_close);
    assigned.chain(closed.map(|item| item.message.created_at)).chain(closed_at).filter(|at| *at > after).max()
}

fn assigns_to(message: &Message, user: &ActorId) -> bool {
    matches!(&message.kind, MessageKind::Assignment { to: Some(to), .. } if to == user)
}

fn closes(message: &Message) -> bool {
    matches!(&message.kind, MessageKind::ThreadStatusChange { new_status } if new_status == "CLOSED")
}
