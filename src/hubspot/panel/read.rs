//! The four parts, each by one or two calls.

use std::collections::BTreeMap;

use crate::domain::{Company, Contact, Deal, PastTicket};
use crate::hubspot::client::Client;
use crate::hubspot::error::Error;
use crate::hubspot::types::{CrmRecord, Kind};

/// HubSpot's bound of one batch; of more, the newest.
const RECORDS: usize = 100;

pub(super) async fn contact(client: &Client, email: &str) -> Result<Option<Contact>, Error> {
    client.contact_by_email(email).await
}

/// The first is the primary one.
pub(super) async fn company(client: &Client, contact: &str) -> Result<Option<Company>, Error> {
    let mut ids = client.associated(Kind::Contact, contact, Kind::Company).await?;
    ids.truncate(1);
    let found = client.records(Kind::Company, &ids, &["name", "domain", "industry", "numberofemployees"]).await?;
    Ok(found.into_iter().next().map(|mut record| Company {
        name: record.properties.remove("name"),
        domain: record.properties.remove("domain"),
        industry: record.properties.remove("industry"),
        size: record.properties.remove("numberofemployees"),
        id: record.id,
    }))
}

/// Active ones first, of each the one that closes last first.
pub(super) async fn deals(client: &Client, contact: &str) -> Result<Option<Vec<Deal>>, Error> {
    let wanted = ["dealname", "dealstage", "amount", "closedate", "hs_is_closed"];
    let found = newest(client, contact, Kind::Deal, &wanted).await?;
    let mut deals: Vec<Deal> = found.into_iter().map(deal).collect();
    deals.sort_by(|a, b| (b.active, &b.close_date).cmp(&(a.active, &a.close_date)));
    Ok((!deals.is_empty()).then_some(deals))
}

fn deal(record: CrmRecord) -> Deal {
    let mut properties = record.properties;
    let stage = properties.remove("dealstage");
    let active = is_active(&properties, stage.as_deref());
    Deal {
        id: record.id,
        name: properties.remove("dealname"),
        stage,
        amount: properties.remove("amount"),
        close_date: properties.remove("closedate"),
        active,
    }
}

/// HubSpot's own word where it gives one; else the stages of its first pipeline.
fn is_active(properties: &BTreeMap<String, String>, stage: Option<&str>) -> bool {
    match properties.get("hs_is_closed").map(String::as_str) {
        Some(closed) => closed != "true",
        None => !matches!(stage, Some("closedwon" | "closedlost")),
    }
}

/// Newest first.
pub(super) async fn tickets(client: &Client, contact: &str) -> Result<Option<Vec<PastTicket>>, Error> {
    let found = newest(client, contact, Kind::Ticket, &["subject", "hs_pipeline_stage", "createdate"]).await?;
    let ticket = |record: CrmRecord| {
        let mut properties = record.properties;
        let named = properties.remove("createdate");
        PastTicket {
            id: record.id,
            subject: properties.remove("subject"),
            status: properties.remove("hs_pipeline_stage"),
            created_at: named.and_then(|at| crate::domain::Timestamp::parse(&at)).or(record.created_at),
        }
    };
    let mut tickets: Vec<PastTicket> = found.into_iter().map(ticket).collect();
    tickets.sort_by_key(|ticket| std::cmp::Reverse(ticket.created_at));
    Ok((!tickets.is_empty()).then_some(tickets))
}

/// The contact's records of one kind, newest ids first. HubSpot counts ids up.
async fn newest(client: &Client, contact: &str, kind: Kind, properties: &[&str]) -> Result<Vec<CrmRecord>, Error> {
    let mut ids = client.associated(Kind::Contact, contact, kind).await?;
    ids.sort_by(|a, b| (b.len(), b).cmp(&(a.len(), a)));
    ids.truncate(RECORDS);
    let mut found = client.records(kind, &ids, properties).await?;
    // A batch comes back in any order.
    found.sort_by(|a, b| (b.id.len(), &b.id).cmp(&(a.id.len(), &a.id)));
    Ok(found)
}
