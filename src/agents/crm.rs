//! What the CRM knows of the customer, as agents are told it: by parts with their status, as what is known alone, or
//! flat. Pure. All of it was typed by people, customers among them: it is data, and whoever puts it into a prompt fences
//! it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::domain::{self, Contact, ContactId, CustomerContext};

/// Deals or tickets that a model is told: the active deals and the newest tickets come first.
const LISTED_MAX: usize = 10;
/// Characters of one value that a model is told.
const VALUE_MAX: usize = 200;

/// The whole of it, each part with its status: the same shape as `GET /api/v1/context` answers with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Crm<'a> {
    contact: Part<ContactPart<'a>>,
    /// The primary one.
    company: Part<CompanyPart<'a>>,
    /// Active ones first, of each the one that closes last first.
    deals: Part<List<DealPart<'a>>>,
    /// Newest first.
    tickets: Part<List<TicketPart<'a>>>,
}

/// One part: known with its fields, absent, or failed with words for people.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Part<T> {
    Known(T),
    Absent,
    Failed { detail: String },
}

/// The records of a part.
#[derive(Debug, Serialize, ToSchema)]
struct List<T> {
    items: Vec<T>,
}

/// The contact record of the address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmContact)]
struct ContactPart<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    /// The rep's name.
    owner: Option<&'a str>,
}

/// A company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmCompany)]
struct CompanyPart<'a> {
    id: &'a str,
    name: Option<&'a str>,
    /// Of its website.
    domain: Option<&'a str>,
    industry: Option<&'a str>,
    /// People.
    size: Option<&'a str>,
}

/// A deal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmDeal)]
struct DealPart<'a> {
    id: &'a str,
    name: Option<&'a str>,
    /// By HubSpot's id.
    stage: Option<&'a str>,
    /// As HubSpot gives it, in the account's currency.
    amount: Option<&'a str>,
    /// As HubSpot gives it.
    close_date: Option<&'a str>,
    /// Not closed yet.
    active: bool,
}

/// An earlier ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrmTicket)]
struct TicketPart<'a> {
    id: &'a str,
    subject: Option<&'a str>,
    /// Its stage, by HubSpot's id.
    status: Option<&'a str>,
    #[schema(format = DateTime)]
    created_at: Option<String>,
}

impl<'a> Crm<'a> {
    /// With nothing left out.
    #[must_use]
    pub fn of(crm: &'a CustomerContext) -> Self {
        Self {
            contact: part(&crm.contact, contact),
            company: part(&crm.company, |company| CompanyPart {
                id: &company.id,
                name: company.name.as_deref(),
                domain: company.domain.as_deref(),
                industry: company.industry.as_deref(),
                size: company.size.as_deref(),
            }),
            deals: part(&crm.deals, |deals| List { items: deals.iter().map(deal).collect() }),
            tickets: part(&crm.tickets, |tickets| List { items: tickets.iter().map(ticket).collect() }),
        }
    }
}

fn part<'a, T, U>(given: &'a domain::Part<T>, shown: impl FnOnce(&'a T) -> U) -> Part<U> {
    match given {
        domain::Part::Known(value) => Part::Known(shown(value)),
        domain::Part::Absent => Part::Absent,
        domain::Part::Failed(detail) => Part::Failed { detail: detail.clone() },
    }
}

fn contact(contact: &Contact) -> ContactPart<'_> {
    ContactPart {
        id: contact.id.as_ref().map(ContactId::as_str),
        name: contact.name.as_deref(),
        email: contact.email.as_deref(),
        phone: contact.phone.as_deref(),
        owner: contact.owner.as_deref(),
    }
}

fn deal(deal: &domain::Deal) -> DealPart<'_> {
    DealPart {
        id: &deal.id,
        name: deal.name.as_deref(),
        stage: deal.stage.as_deref(),
        amount: deal.amount.as_deref(),
        close_date: deal.close_date.as_deref(),
        active: deal.active,
    }
}

fn ticket(ticket: &domain::PastTicket) -> TicketPart<'_> {
    TicketPart {
        id: &ticket.id,
        subject: ticket.subject.as_deref(),
        status: ticket.status.as_deref(),
        created_at: ticket.created_at.map(|at| at.to_string()),
    }
}

/// What is known, for a model: no failed or absent parts, no empty fields, and not more than it can use.
#[must_use]
pub fn known(crm: &CustomerContext) -> Map<String, Value> {
    let Ok(Value::Object(parts)) = serde_json::to_value(Crm::of(crm)) else { return Map::new() };
    let told = |(name, part): (String, Value)| {
        let Value::Object(mut part) = part else { return None };
        let status = part.remove("status")?;
        let value = part.remove("items").unwrap_or(Value::Object(part));
        (status == "known").then(|| brief(value)).flatten().map(|value| (name, value))
    };
    parts.into_iter().filter_map(told).collect()
}

/// Without what says nothing, and cut to size.
fn brief(value: Value) -> Option<Value> {
    let value = match value {
        Value::Null => return None,
        Value::String(text) => return cut(&text).map(Value::from),
        Value::Array(items) => Value::Array(items.into_iter().take(LISTED_MAX).filter_map(brief).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().filter_map(|(key, value)| Some((key, brief(value)?))).collect())
        }
        Value::Bool(_) | Value::Number(_) => value,
    };
    let empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
    (!empty).then_some(value)
}

fn cut(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(VALUE_MAX).collect())
}

/// What is known as flat custom data: `hubspot_owner`, `hubspot_company_name`, …, `hubspot_deals`, `hubspot_tickets`.
#[must_use]
pub fn flat(crm: &CustomerContext) -> BTreeMap<String, String> {
    let company = crm.company.known();
    let named = [
        ("hubspot_owner", crm.contact.known().and_then(|contact| contact.owner.as_deref())),
        ("hubspot_company_name", company.and_then(|company| company.name.as_deref())),
        ("hubspot_company_domain", company.and_then(|company| company.domain.as_deref())),
        ("hubspot_company_industry", company.and_then(|company| company.industry.as_deref())),
        ("hubspot_company_size", company.and_then(|company| company.size.as_deref())),
    ];
    let deals = crm.deals.known().into_iter().flatten().map(|deal| {
        let state = if deal.active { "active" } else { "closed" };
        line(&[deal.name.as_deref(), Some(state), deal.stage.as_deref(), deal.amount.as_deref()])
    });
    let tickets = crm.tickets.known().into_iter().flatten();
    let tickets = tickets.map(|ticket| line(&[ticket.subject.as_deref(), ticket.status.as_deref()]));
    let lists = [("hubspot_deals", list(deals)), ("hubspot_tickets", list(tickets))];
    let named = named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), cut(value?)?)));
    named.chain(lists.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)))).collect()
}

/// The words that are there, with commas between.
fn line(words: &[Option<&str>]) -> String {
    words.iter().flatten().filter_map(|word| cut(word)).collect::<Vec<_>>().join(", ")
}

fn list(lines: impl Iterator<Item = String>) -> Option<String> {
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).take(LISTED_MAX).collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}
