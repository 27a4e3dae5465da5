//! The kinds of CRM records and what HubSpot calls each: in paths, in type ids, in associations, in events and in scopes.

/// A kind of CRM record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `0-1`.
    Contact,
    /// `0-2`.
    Company,
    /// `0-3`.
    Deal,
    /// `0-5`.
    Ticket,
    /// `0-46`.
    Note,
}

/// One end of an association: a record, or a thread, which HubSpot calls a conversation here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A CRM record.
    Record(Kind),
    /// A thread of the inbox.
    Conversation,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Contact, Self::Company, Self::Deal, Self::Ticket, Self::Note];

    /// The kind a path means: the plural, the singular or the type id, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        Self::ALL.into_iter().find(|kind| [kind.path(), kind.singular(), kind.type_id()].contains(&text.as_str()))
    }

    /// The plural, as paths have it.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Contact => "contacts",
            Self::Company => "companies",
            Self::Deal => "deals",
            Self::Ticket => "tickets",
            Self::Note => "notes",
        }
    }

    /// The singular; in capitals it is the `objectType` of workflow actions.
    #[must_use]
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Company => "company",
            Self::Deal => "deal",
            Self::Ticket => "ticket",
            Self::Note => "note",
        }
    }

    /// `objectTypeId`.
    #[must_use]
    pub const fn type_id(self) -> &'static str {
        match self {
            Self::Contact => "0-1",
            Self::Company => "0-2",
            Self::Deal => "0-3",
            Self::Ticket => "0-5",
            Self::Note => "0-46",
        }
    }

    /// The scopes to read and to write it. Notes come with contacts.
    #[must_use]
    pub const fn scopes(self) -> (&'static str, &'static str) {
        match self {
            Self::Contact | Self::Note => ("crm.objects.contacts.read", "crm.objects.contacts.write"),
            Self::Company => ("crm.objects.companies.read", "crm.objects.companies.write"),
            Self::Deal => ("crm.objects.deals.read", "crm.objects.deals.write"),
            Self::Ticket => ("tickets", "tickets"),
        }
    }

    /// The subscription types of a creation and of a change. Notes have none of their own, only the generic ones.
    #[must_use]
    pub const fn events(self) -> (&'static str, &'static str) {
        match self {
            Self::Contact => ("contact.creation", "contact.propertyChange"),
            Self::Company => ("company.creation", "company.propertyChange"),
            Self::Deal => ("deal.creation", "deal.propertyChange"),
            Self::Ticket => ("ticket.creation", "ticket.propertyChange"),
            Self::Note => ("object.creation", "object.propertyChange"),
        }
    }

    /// The properties that hold the times of creation and of the last change.
    #[must_use]
    pub const fn stamps(self) -> (&'static str, &'static str) {
        match self {
            Self::Contact => ("createdate", "lastmodifieddate"),
            Self::Company | Self::Deal | Self::Ticket => ("createdate", "hs_lastmodifieddate"),
            Self::Note => ("hs_createdate", "hs_lastmodifieddate"),
        }
    }
}

/// HubSpot's own association types: from, to, `associationTypeId`. The first of a pair is the default one.
const TYPES: [(End, End, u64); 31] = {
    use End::Conversation;
    use Kind::{Company, Contact, Deal, Note, Ticket};
    const fn of(from: Kind, to: Kind, id: u64) -> (End, End, u64) {
        (End::Record(from), End::Record(to), id)
    }
    [
        of(Contact, Ticket, 15),
        of(Ticket, Contact, 16),
        of(Contact, Company, 279),
        of(Contact, Company, 1),
        of(Company, Contact, 280),
        of(Company, Contact, 2),
        of(Contact, Deal, 4),
        of(Deal, Contact, 3),
        of(Deal, Company, 341),
        of(Deal, Company, 5),
        of(Company, Deal, 342),
        of(Company, Deal, 6),
        of(Ticket, Company, 339),
        of(Ticket, Company, 26),
        of(Company, Ticket, 340),
        of(Company, Ticket, 25),
        of(Ticket, Deal, 28),
        of(Deal, Ticket, 27),
        of(Ticket, Ticket, 452),
        of(Note, Contact, 202),
        of(Contact, Note, 201),
        of(Note, Company, 190),
        of(Company, Note, 189),
        of(Note, Deal, 214),
        of(Deal, Note, 213),
        of(Note, Ticket, 228),
        of(Ticket, Note, 227),
        (End::Record(Ticket), Conversation, 32),
        (End::Record(Ticket), Conversation, 278),
        (Conversation, End::Record(Ticket), 31),
        (Conversation, End::Record(Ticket), 277),
    ]
};

impl End {
    /// What a path means; `thread` is no object type.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let conversation = ["conversation", "conversations", "0-11"];
        let thread = conversation.iter().any(|name| name.eq_ignore_ascii_case(text));
        if thread { Some(Self::Conversation) } else { Kind::parse(text).map(Self::Record) }
    }

    /// The plural, as paths have it.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Record(kind) => kind.path(),
            Self::Conversation => "conversations",
        }
    }

    /// `associationTypeId` of the default association; none: HubSpot does not join these two.
    #[must_use]
    pub fn default_type(self, to: Self) -> Option<u64> {
        TYPES.iter().find(|(from, other, _)| *from == self && *other == to).map(|(.., id)| *id)
    }

    /// What an association of this type leads to: HubSpot tells the object type by it.
    #[must_use]
    pub fn target(self, type_id: u64) -> Option<Self> {
        TYPES.iter().find(|(from, _, id)| *from == self && *id == type_id).map(|(_, to, _)| *to)
    }
}
