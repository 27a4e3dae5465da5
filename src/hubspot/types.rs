//! What the client takes and gives that is no word of the domain.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::{ActorId, AppId, Message, NoteId, Participant, PortalId, Thread, TicketId, Timestamp};

/// The whole of a message that was cut (`original-content`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Plain text; may hold HTML tags and entities.
    pub text: String,
    /// HTML, when HubSpot has it.
    pub rich_text: Option<String>,
}

/// The newest items of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Oldest first, each once.
    pub messages: Vec<Message>,
    /// The walk reached what was asked for, or the thread's beginning; otherwise there is more in between.
    pub complete: bool,
}

/// A message to the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// Plain text.
    pub text: String,
    /// HTML; without it an e-mail arrives unformatted.
    pub rich_text: Option<String>,
    /// The e-mail's subject; ignored by HubSpot elsewhere.
    pub subject: Option<String>,
    /// Must be a user of the account, `A-…`.
    pub sender: ActorId,
    /// Copied from the customer's message.
    pub channel_id: String,
    /// Copied from the customer's message: the wrong one succeeds and sends from the wrong mailbox.
    pub channel_account_id: String,
    /// The customer's message's senders do: `FROM` becomes `TO`.
    pub recipients: Vec<Participant>,
}

/// Who somebody is, as far as HubSpot says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// With its prefix.
    pub id: ActorId,
    /// Display name.
    pub name: Option<String>,
    /// Address, as HubSpot writes it.
    pub email: Option<String>,
}

/// An inbox, or the help desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// HubSpot's id.
    pub id: String,
    /// For people.
    pub name: String,
}

/// A property of tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The internal name.
    pub name: String,
    /// Takes several of its options.
    pub multi_select: bool,
    /// Its values can be set; HubSpot sets the others itself.
    pub writable: bool,
    /// As HubSpot has them.
    pub options: Vec<Value>,
}

impl Property {
    /// Is this value one of its options?
    #[must_use]
    pub fn offers(&self, value: &str) -> bool {
        self.options.iter().any(|option| option.get("value").and_then(Value::as_str) == Some(value))
    }
}

/// A mailbox, chat widget, page or number of an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelAccount {
    /// HubSpot's id.
    pub id: String,
    /// Which channel, e.g. `1002`.
    pub channel_id: String,
    /// Whose.
    pub inbox_id: Option<String>,
    /// Switched on.
    pub active: bool,
    /// Still connected.
    pub authorized: bool,
    /// Its address or number, when it has one.
    pub identifier: Option<String>,
}

/// An owner of CRM records. Its id goes into `hubspot_owner_id`; an actor is `A-<user_id>`. They are never the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The owner id.
    pub id: String,
    /// The user behind it; queues and archived owners have none.
    pub user_id: Option<String>,
    /// Address, as HubSpot writes it.
    pub email: Option<String>,
    /// First and last name.
    pub name: Option<String>,
}

/// A ticket the search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTicket {
    /// HubSpot's id.
    pub id: TicketId,
    /// Its description.
    pub content: String,
}

/// A note of the CRM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// HubSpot's id.
    pub id: NoteId,
    /// HTML, as HubSpot has it.
    pub body: String,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// The owner it is by.
    pub owner_id: Option<String>,
    /// The app that made it; none: a person.
    pub app_id: Option<AppId>,
}

/// A ticket pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// The internal id.
    pub id: String,
    /// For people.
    pub label: String,
    /// Internal id and label of each stage, in order.
    pub stages: Vec<(String, String)>,
}

/// A kind of CRM record that others are associated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Contacts.
    Contact,
    /// Companies.
    Company,
    /// Deals.
    Deal,
    /// Tickets.
    Ticket,
    /// Notes.
    Note,
}

impl Kind {
    /// HubSpot's plural, as paths have it.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Contact => "contacts",
            Self::Company => "companies",
            Self::Deal => "deals",
            Self::Ticket => "tickets",
            Self::Note => "notes",
        }
    }
}

/// A record of any kind, with the properties asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrmRecord {
    /// HubSpot's id.
    pub id: String,
    /// Those with a value.
    pub properties: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// One page of threads, in the order of their latest message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadPage {
    /// May be empty although there is a next page.
    pub threads: Vec<Thread>,
    /// The next page's cursor; none: this was the last.
    pub next: Option<String>,
    /// The greatest `latestMessageTimestamp` of the page: where a later walk may begin.
    pub newest: Option<Timestamp>,
}

/// What HubSpot says about our own token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// The portal it is for.
    pub portal_id: PortalId,
    /// The app it belongs to: our own messages carry it.
    pub app_id: Option<AppId>,
    /// The user who made it.
    pub user_id: Option<String>,
    /// What it may do.
    pub scopes: Vec<String>,
}

/// The portal's own settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The portal.
    pub portal_id: PortalId,
    /// An IANA name, e.g. `Europe/Berlin`; the daily limit starts anew at its midnight.
    pub time_zone: Option<String>,
    /// The host of links into HubSpot, e.g. `app-eu1.hubspot.com`.
    pub ui_domain: Option<String>,
}
