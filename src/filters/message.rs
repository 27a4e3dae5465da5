//! Who wrote a message: us, a bot, a rep, or the customer. Checks 1 to 5 of the AI path.

use std::collections::HashSet;

use super::auto_reply;
use crate::domain::{ActorId, ActorKind, AppId, Direction, Message, MessageId, MessageKind, Participant, Reason};

/// The comment every public reply of the bridge carries in its `richText`.
pub const AI_RESPONSE_MARKER: &str = "<!-- OpenCX-AI-Response -->";
/// How every handoff comment begins.
pub const HANDOFF_MARKER: &str = "🔄 AI decided to handoff";

/// How the bridge recognises its own messages.
#[derive(Clone, Debug, Default)]
pub struct Us {
    /// The AI user.
    pub ai_user: Option<ActorId>,
    /// Our apps: introspected, or the events' `appId`.
    pub apps: Vec<AppId>,
    /// Messages journalled as posted by us.
    pub posted: HashSet<MessageId>,
    /// Messages that match an open intent of ours.
    pub intended: HashSet<MessageId>,
}

/// Who belongs to the own team.
#[derive(Clone, Debug, Default)]
pub struct Team {
    /// Domains from the settings, lower-cased.
    pub domains: Vec<String>,
    /// Addresses of owners and channel accounts, lower-cased.
    pub addresses: HashSet<String>,
}

impl Team {
    fn has(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.addresses.contains(address)
            || self.domains.iter().any(|own| own == domain)
            || domain.ends_with("hs-inbox.com")
            || domain.ends_with("hubspot-inbox.com")
    }
}

/// What a message is to the AI path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A customer's message: goes on to the checks of the conversation.
    Customer,
    /// A human of the own team wrote to the customer: a takeover.
    Rep(Reason),
    /// Nothing for the AI.
    Skip(Reason),
}

/// Judges one message by itself.
#[must_use]
pub fn judge(message: &Message, us: &Us, team: &Team) -> Verdict {
    if is_ours(message, us) {
        return Verdict::Skip(Reason::OwnMessage);
    }
    match &message.kind {
        MessageKind::Message => {}
        MessageKind::Comment => return Verdict::Skip(Reason::InternalComment),
        MessageKind::WelcomeMessage
        | MessageKind::Assignment { .. }
        | MessageKind::ThreadStatusChange { .. }
        | MessageKind::Other(_) => return Verdict::Skip(Reason::NotAMessage),
    }
    if has_marker(message) {
        return Verdict::Skip(Reason::AiMarker);
    }
    match author(message) {
        Author::Machine => return Verdict::Skip(Reason::SenderIsBot),
        Author::Agent => return Verdict::Rep(Reason::SenderIsAgent),
        Author::Customer | Author::Unknown => {}
    }
    // A rep who answers from the own mailbox arrives as INCOMING: the address tells.
    if message.senders.iter().filter_map(Participant::email).any(|address| team.has(&address)) {
        return Verdict::Rep(Reason::SenderIsInternal);
    }
    if message.direction == Some(Direction::Outgoing) {
        return Verdict::Skip(Reason::OutgoingMessage);
    }
    if auto_reply::is_automatic(message) {
        return Verdict::Skip(Reason::AutoReply);
    }
    Verdict::Customer
}

/// Did the bridge post it? By recorded id, by open intent, or by our app together with the AI's actor.
#[must_use]
pub fn is_ours(message: &Message, us: &Us) -> bool {
    if us.posted.contains(&message.id) || us.intended.contains(&message.id) {
        return true;
    }
    // While our app's id cannot be learned, any app that speaks as the AI user is believed to be us.
    let unknown = us.apps.is_empty() && message.client_type.as_deref() == Some("INTEGRATION");
    let by_our_app = unknown || message.app_id.is_some_and(|app| us.apps.contains(&app));
    by_our_app && us.ai_user.as_ref().is_some_and(|ai| speaks_as(message, ai))
}

/// Is it an internal comment by a person of the team? Neither ours, nor an app's, nor an AI's.
#[must_use]
pub fn is_reps_comment(message: &Message, us: &Us) -> bool {
    let by_our_app = message.app_id.is_some_and(|app| us.apps.contains(&app));
    let comment = message.kind == MessageKind::Comment;
    comment && !by_our_app && !is_ours(message, us) && !has_marker(message) && author(message) == Author::Agent
}

/// Was it written in the name of this actor?
#[must_use]
pub fn speaks_as(message: &Message, actor: &ActorId) -> bool {
    message.created_by.as_ref() == Some(actor) || message.senders.iter().any(|s| s.actor.as_ref() == Some(actor))
}

fn has_marker(message: &Message) -> bool {
    let marked = |text: &str| text.contains(AI_RESPONSE_MARKER) || text.contains(HANDOFF_MARKER);
    // A customer who quotes our reply carries its hidden marker along in the HTML: that is not us.
    let quoting_customer =
        message.direction == Some(Direction::Incoming) && matches!(author(message), Author::Customer | Author::Unknown);
    marked(&message.text) || (!quoting_customer && message.rich_text.as_deref().is_some_and(marked))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Author {
    Machine,
    Agent,
    Customer,
    Unknown,
}

fn author(message: &Message) -> Author {
    let senders = message.senders.iter().filter_map(|sender| sender.actor.as_ref());
    let mut found = Author::Unknown;
    for actor in senders {
        match actor.kind() {
            ActorKind::Bot | ActorKind::Llm | ActorKind::System | ActorKind::Integrator => return Author::Machine,
            ActorKind::Agent => found = Author::Agent,
            ActorKind::Visitor | ActorKind::Email if found == Author::Unknown => found = Author::Customer,
            ActorKind::Visitor | ActorKind::Email | ActorKind::Unknown => {}
        }
    }
    if found == Author::Unknown && message.senders.is_empty() {
        // No sender at all: `createdBy` is the next best; incoming items made by an app or the system are the
        // customer's words brought in by it, so only agents and bots are believed here.
        return match message.created_by.as_ref().map(ActorId::kind) {
            Some(ActorKind::Agent) => Author::Agent,
            Some(ActorKind::Bot | ActorKind::Llm) => Author::Machine,
            Some(ActorKind::Visitor | ActorKind::Email) => Author::Customer,
            Some(ActorKind::System | ActorKind::Integrator | ActorKind::Unknown) | None => Author::Unknown,
        };
    }
    found
}
