//! What the portal stores: threads with their items, CRM records, visitors. Plain data; [`super::wire`] shows it as HubSpot does.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::{End, Kind};
use super::schema;
use crate::domain::{Direction, Timestamp};

/// `client` of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Written in HubSpot, or by a customer.
    HubSpot,
    /// Posted by an app.
    Integration(i64),
    /// HubSpot itself.
    System,
}

/// A sender or recipient.
#[derive(Clone, Debug, Default)]
pub struct Party {
    /// The actor, when HubSpot knows one.
    pub actor: Option<String>,
    /// The display name.
    pub name: Option<String>,
    /// `deliveryIdentifier` as type and value.
    pub identifier: Option<(String, String)>,
    /// `FROM`, `TO`, `CC`, `BCC`.
    pub field: Option<String>,
}

/// What a MESSAGE has beyond the common fields.
#[derive(Clone, Debug)]
pub struct Said {
    /// Plain text, possibly cut.
    pub text: String,
    /// HTML.
    pub rich_text: Option<String>,
    /// E-mail only.
    pub subject: Option<String>,
    /// The whole text, when `text` is cut to the newest reply.
    pub original: Option<String>,
    /// Name and address of each attached file.
    pub files: Vec<(String, String)>,
    /// From the customer's side or ours.
    pub direction: Direction,
    /// `1000`, `1002`, ….
    pub channel_id: String,
    /// The mailbox, widget or number.
    pub channel_account_id: String,
    /// An API answer of 201 turns into FAILED at this time, with this message.
    pub fails: Option<(Timestamp, String)>,
}

/// The union of HubSpot's thread items.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// Said to or by the customer. Boxed: it is far larger than the others.
    Message(Box<Said>),
    /// An internal note.
    Comment { text: String, rich_text: Option<String> },
    /// The greeting of a chat.
    Welcome { text: String, channel_account_id: String },
    /// A change of owner.
    Assignment { from: Option<String>, to: Option<String> },
    /// Opened or closed.
    StatusChange { closed: bool },
}

/// One item of a thread.
#[derive(Clone, Debug)]
pub struct Item {
    /// Portal-wide order of creation.
    pub seq: u64,
    /// 32 hex characters or a dashed UUID.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// An actor id.
    pub created_by: String,
    /// Through what.
    pub client: Client,
    /// Who sent it.
    pub senders: Vec<Party>,
    /// Who it went to.
    pub recipients: Vec<Party>,
    /// What it is.
    pub kind: ItemKind,
    /// GET by id answers 404 before this.
    pub visible_at: Timestamp,
    /// Lists leave it out before this.
    pub listed_at: Timestamp,
}

/// One conversation.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Numeric, rising.
    pub id: u64,
    /// The inbox or help desk.
    pub inbox_id: String,
    /// `originalChannelId`.
    pub channel_id: String,
    /// `originalChannelAccountId`.
    pub channel_account_id: String,
    /// The visitor; may not be a CRM contact.
    pub visitor: u64,
    /// The owner's actor id.
    pub assigned_to: Option<String>,
    /// Closed.
    pub closed: bool,
    /// When it was last closed.
    pub closed_at: Option<Timestamp>,
    /// In the trash.
    pub archived: bool,
    /// Marked as spam.
    pub spam: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// GETs answer 404 before this.
    pub visible_at: Timestamp,
    /// The linked ticket.
    pub ticket: Option<u64>,
    /// Oldest first.
    pub items: Vec<Item>,
}

/// Who writes from outside; becomes a contact when the address is known.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The display name.
    pub name: Option<String>,
    /// The address.
    pub email: Option<String>,
}

/// A record of the CRM.
#[derive(Clone, Debug)]
pub struct Record {
    /// `hs_object_id`.
    pub id: u64,
    /// Values as text, as HubSpot keeps them.
    pub properties: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// GETs answer 404 before this.
    pub visible_at: Timestamp,
    /// Search leaves it out before this. Later changes are indexed at once.
    pub indexed_at: Timestamp,
}

/// The definition of a property.
#[derive(Clone, Debug)]
pub struct Property {
    /// Internal name.
    pub name: String,
    /// Shown to people.
    pub label: String,
    /// `string`, `enumeration`, ….
    pub kind: String,
    /// `text`, `checkbox`, ….
    pub field: String,
    /// Its group.
    pub group: String,
    /// Allowed values of an enumeration.
    pub options: Vec<String>,
    /// Set by HubSpot only.
    pub read_only: bool,
}

/// One association: an object and its id, to an object and its id. Stored both ways.
pub type Link = (End, u64, End, u64);

/// Threads and who writes in them.
#[derive(Debug, Default)]
pub struct Conversations {
    /// By id.
    pub threads: BTreeMap<u64, Thread>,
    /// By contact or visitor id.
    pub visitors: BTreeMap<u64, Visitor>,
}

/// The records of one kind.
#[derive(Debug)]
pub struct Table {
    /// By id.
    pub records: BTreeMap<u64, Record>,
    /// The definitions of their properties.
    pub properties: Vec<Property>,
    /// The last id given; HubSpot's rise with gaps. Visitors share the contacts'.
    pub last_id: u64,
}

/// The CRM's side.
#[derive(Debug)]
pub struct Crm {
    contacts: Table,
    companies: Table,
    deals: Table,
    tickets: Table,
    notes: Table,
    /// Links between objects.
    pub links: BTreeSet<Link>,
}

impl Default for Crm {
    fn default() -> Self {
        let table = |kind, last_id| Table { records: BTreeMap::new(), properties: schema::properties(kind), last_id };
        Self {
            contacts: table(Kind::Contact, 10_145_801_000),
            companies: table(Kind::Company, 8_120_455_000),
            deals: table(Kind::Deal, 9_311_200_000),
            tickets: table(Kind::Ticket, 9_598_272_090),
            notes: table(Kind::Note, 40_512_330_000),
            links: BTreeSet::new(),
        }
    }
}

impl Crm {
    /// The records of a kind.
    #[must_use]
    pub fn table(&self, kind: Kind) -> &Table {
        match kind {
            Kind::Contact => &self.contacts,
            Kind::Company => &self.companies,
            Kind::Deal => &self.deals,
            Kind::Ticket => &self.tickets,
            Kind::Note => &self.notes,
        }
    }

    /// The records of a kind, to be changed.
    pub fn table_mut(&mut self, kind: Kind) -> &mut Table {
        match kind {
            Kind::Contact => &mut self.contacts,
            Kind::Company => &mut self.companies,
            Kind::Deal => &mut self.deals,
            Kind::Ticket => &mut self.tickets,
            Kind::Note => &mut self.notes,
        }
    }

    /// One record, seen or not yet.
    #[must_use]
    pub fn record(&self, kind: Kind, id: u64) -> Option<&Record> {
        self.table(kind).records.get(&id)
    }

    /// Joins two objects, both ways.
    pub fn link(&mut self, from: End, from_id: u64, to: End, to_id: u64) {
        self.links.insert((from, from_id, to, to_id));
        self.links.insert((to, to_id, from, from_id));
    }

    /// The ids of one kind that belong to an object, in their order.
    pub fn linked(&self, from: End, id: u64, to: End) -> impl Iterator<Item = u64> {
        self.links.range((from, id, to, 0)..=(from, id, to, u64::MAX)).map(|(.., to_id)| *to_id)
    }
}

impl Thread {
    /// The last message of one direction that lists show at `now`.
    #[must_use]
    pub fn latest(&self, now: Timestamp, wanted: Option<Direction>) -> Option<Timestamp> {
        let fits = |item: &&Item| match &item.kind {
            ItemKind::Message(said) => wanted.is_none_or(|direction| said.direction == direction),
            ItemKind::Comment { .. }
            | ItemKind::Welcome { .. }
            | ItemKind::Assignment { .. }
            | ItemKind::StatusChange { .. } => false,
        };
        self.items.iter().rev().filter(|item| item.listed_at <= now).find(fits).map(|item| item.created_at)
    }

    /// The newest incoming MESSAGE.
    #[must_use]
    pub fn last_incoming(&self) -> Option<(&Item, &Said)> {
        self.items.iter().rev().find_map(|item| match &item.kind {
            ItemKind::Message(said) if said.direction == Direction::Incoming => Some((item, said.as_ref())),
            ItemKind::Message(_)
            | ItemKind::Comment { .. }
            | ItemKind::Welcome { .. }
            | ItemKind::Assignment { .. }
            | ItemKind::StatusChange { .. } => None,
        })
    }
}
