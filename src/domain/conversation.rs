//! A HubSpot conversation as the bridge sees it: threads, messages, who wrote them and over which channel.

use super::{ActorId, AppId, ContactId, MessageId, ThreadId, TicketId, Timestamp};

/// What an actor id's prefix says; HubSpot's conversations guide lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// `A-<userId>`: a HubSpot user. The AI answers as one too.
    Agent,
    /// `V-<contactId>`.
    Visitor,
    /// `E-<address>`.
    Email,
    /// `I-<appId>`: an app; comments posted through the API carry it.
    Integrator,
    /// `S-hubspot`.
    System,
    /// `L-<id>`: HubSpot's own AI agent.
    Llm,
    /// `B-<id>`: a chatflow bot.
    Bot,
    /// A prefix HubSpot added after this was written.
    Unknown,
}

impl ActorId {
    /// What kind of actor the prefix names.
    #[must_use]
    pub fn kind(&self) -> ActorKind {
        match self.0.split_once('-').map_or("", |(prefix, _)| prefix) {
            "A" => ActorKind::Agent,
            "V" => ActorKind::Visitor,
            "E" => ActorKind::Email,
            "I" => ActorKind::Integrator,
            "S" => ActorKind::System,
            "L" => ActorKind::Llm,
            "B" => ActorKind::Bot,
            _ => ActorKind::Unknown,
        }
    }
}

/// HubSpot's fixed channel ids, by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// `1000`.
    Chat,
    /// `1001`.
    Facebook,
    /// `1002`.
    Email,
    /// `1003`: always inbound.
    Form,
    /// `1004`.
    CustomerPortal,
    /// `1007`: HubSpot's API cannot send on it.
    Whatsapp,
    /// `1009`.
    Sms,
    /// `1010`.
    Instagram,
    /// Any other, custom channels among them.
    Other,
}

impl Channel {
    /// From HubSpot's `channelId`.
    #[must_use]
    pub fn from_id(id: &str) -> Self {
        match id {
            "1000" => Self::Chat,
            "1001" => Self::Facebook,
            "1002" => Self::Email,
            "1003" => Self::Form,
            "1004" => Self::CustomerPortal,
            "1007" => Self::Whatsapp,
            "1009" => Self::Sms,
            "1010" => Self::Instagram,
            _ => Self::Other,
        }
    }

    /// The word used in the settings (`channels = ["chat", "email"]`).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Facebook => "facebook",
            Self::Email => "email",
            Self::Form => "form",
            Self::CustomerPortal => "customer_portal",
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
            Self::Instagram => "instagram",
            Self::Other => "other",
        }
    }

    /// Every word the settings accept.
    pub const ALL: [Self; 9] = [
        Self::Chat,
        Self::Facebook,
        Self::Email,
        Self::Form,
        Self::CustomerPortal,
        Self::Whatsapp,
        Self::Sms,
        Self::Instagram,
        Self::Other,
    ];
}

/// HubSpot's `direction` of a MESSAGE. Not fully reliable: reps answering from their own mailbox arrive as incoming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the customer's side.
    Incoming,
    /// From ours.
    Outgoing,
}

/// HubSpot's `truncationStatus`: how much of the original a message's `text` shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Truncation {
    /// All of it.
    #[default]
    NotTruncated,
    /// The newest part of a mail, without what it quotes; nearly every reply by mail.
    ToMostRecentReply,
    /// Cut off.
    Truncated,
}

/// One sender or recipient of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Participant {
    /// The actor, when HubSpot knows one.
    pub actor: Option<ActorId>,
    /// The display name.
    pub name: Option<String>,
    /// `deliveryIdentifier.type`, e.g. `HS_EMAIL_ADDRESS` or `CHANNEL_SPECIFIC_OPAQUE_ID`.
    pub identifier_type: Option<String>,
    /// `deliveryIdentifier.value`: an address, a number or an opaque id.
    pub identifier: Option<String>,
    /// `senderField` or `recipientField`: `FROM`, `TO`, `CC`, `BCC`.
    pub field: Option<String>,
}

impl Participant {
    /// The e-mail address, lower-cased, when the identifier is one.
    #[must_use]
    pub fn email(&self) -> Option<String> {
        let typed = self.identifier_type.as_deref() == Some("HS_EMAIL_ADDRESS");
        let value = self.identifier.as_deref()?;
        let by_actor = || {
            let actor = self.actor.as_ref()?;
            (actor.kind() == ActorKind::Email).then(|| actor.0.trim_start_matches("E-").to_owned())
        };
        if typed && value.contains('@') { Some(value.to_lowercase()) } else { by_actor().map(|a| a.to_lowercase()) }
    }
}

/// A file or other attachment, named to the agent with its URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// HubSpot's attachment type, `FILE`, `LOCATION`, ….
    pub kind: String,
    /// File name, when there is one.
    pub name: Option<String>,
    /// Where the file can be had, when HubSpot says.
    pub url: Option<String>,
}

/// The tag of HubSpot's message union, with what each variant adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Something said to or by the customer.
    Message,
    /// An internal note; no direction, no channel.
    Comment,
    /// The greeting of a chat.
    WelcomeMessage,
    /// The thread was given to somebody, or to nobody.
    Assignment {
        /// The new owner.
        to: Option<ActorId>,
        /// The owner before.
        from: Option<ActorId>,
    },
    /// The thread was opened or closed.
    ThreadStatusChange {
        /// `OPEN` or `CLOSED`.
        new_status: String,
    },
    /// Anything else, with HubSpot's word for it.
    Other(String),
}

/// One item of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// HubSpot's id.
    pub id: MessageId,
    /// The thread it is in.
    pub thread_id: ThreadId,
    /// Which variant of the union.
    pub kind: MessageKind,
    /// When HubSpot made it.
    pub created_at: Timestamp,
    /// `createdBy`: an actor id.
    pub created_by: Option<ActorId>,
    /// `client.clientType`: `HUBSPOT`, `INTEGRATION`, `SYSTEM`, `UNKNOWN`.
    pub client_type: Option<String>,
    /// `client.integrationAppId`: the app that posted it.
    pub app_id: Option<AppId>,
    /// Who sent it; several are possible, none too.
    pub senders: Vec<Participant>,
    /// Who it went to.
    pub recipients: Vec<Participant>,
    /// Plain text; may hold HTML tags and entities.
    pub text: String,
    /// HTML, when HubSpot has it.
    pub rich_text: Option<String>,
    /// The e-mail's subject.
    pub subject: Option<String>,
    /// Only on MESSAGE.
    pub direction: Option<Direction>,
    /// `channelId`, e.g. `1002`.
    pub channel_id: Option<String>,
    /// `channelAccountId`: the mailbox, widget or page it came in by.
    pub channel_account_id: Option<String>,
    /// How much of the original `text` shows.
    pub truncation: Truncation,
    /// `status.statusType`: `SENT`, `FAILED`, `READ`, `RECEIVED`.
    pub status: Option<String>,
    /// Files and the like.
    pub attachments: Vec<Attachment>,
    /// In the trash.
    pub archived: bool,
}

impl Message {
    /// The channel by meaning; none for comments and system items.
    #[must_use]
    pub fn channel(&self) -> Option<Channel> {
        self.channel_id.as_deref().map(Channel::from_id)
    }

    /// The newest of two messages is the one with the larger pair.
    #[must_use]
    pub fn position(&self) -> (Timestamp, &MessageId) {
        (self.created_at, &self.id)
    }
}

/// One conversation thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// HubSpot's id.
    pub id: ThreadId,
    /// `status` is `CLOSED`.
    pub closed: bool,
    /// When it was last closed.
    pub closed_at: Option<Timestamp>,
    /// The inbox or help desk it is in.
    pub inbox_id: Option<String>,
    /// `originalChannelId`.
    pub channel_id: Option<String>,
    /// Who owns it; nobody when absent.
    pub assigned_to: Option<ActorId>,
    /// A contact, or a visitor that is not one yet (a contact read may then answer 404).
    pub contact_id: Option<ContactId>,
    /// `threadAssociations.associatedTicketId`.
    pub ticket_id: Option<TicketId>,
    /// In the trash.
    pub archived: bool,
    /// Marked as spam.
    pub spam: bool,
    /// `latestMessageReceivedTimestamp`: the customer's last message.
    pub latest_received_at: Option<Timestamp>,
}
