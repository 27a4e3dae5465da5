//! Who the customer is, as the CRM knows: the context a rep sees beside a conversation, and an agent may be given.

use super::{ContactId, Timestamp};

/// One part of the context: each is read on its own, and fails on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<T> {
    /// As read.
    Known(T),
    /// HubSpot has none.
    Absent,
    /// It could not be read; why, in words for people.
    Failed(String),
}

impl<T> Part<T> {
    /// What was read, if anything was.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Failed(_) => None,
        }
    }
}

/// A contact record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// HubSpot's id.
    pub id: Option<ContactId>,
    /// First and last name.
    pub name: Option<String>,
    /// The address, lower-cased.
    pub email: Option<String>,
    /// The number as HubSpot has it.
    pub phone: Option<String>,
    /// The owner's name, or address, or owner id: the first of them that is known.
    pub owner: Option<String>,
}

/// The contact's company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// HubSpot's id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its domain.
    pub domain: Option<String>,
    /// HubSpot's word for the trade.
    pub industry: Option<String>,
    /// Number of employees.
    pub size: Option<String>,
}

/// One deal of the contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deal {
    /// HubSpot's id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// The stage's internal id.
    pub stage: Option<String>,
    /// As HubSpot has it, in the portal's currency.
    pub amount: Option<String>,
    /// When it closes or closed.
    pub close_date: Option<String>,
    /// Neither won nor lost yet.
    pub active: bool,
}

/// An earlier ticket of the contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastTicket {
    /// HubSpot's id.
    pub id: String,
    /// Its subject.
    pub subject: Option<String>,
    /// The pipeline stage's internal id.
    pub status: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// What the CRM knows about one customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerContext {
    /// The contact record of the address.
    pub contact: Part<Contact>,
    /// The company, the primary one first.
    pub company: Part<Company>,
    /// Deals, active ones first.
    pub deals: Part<Vec<Deal>>,
    /// Tickets, newest first.
    pub tickets: Part<Vec<PastTicket>>,
}
