//! Owners, and tickets with their properties.

use std::collections::BTreeMap;

use serde_json::Value;

use super::call::{Call, encoded};
use super::client::Client;
use super::error::Error;
use super::types::Owner;
use super::wire::Page;
use super::wire::id::Id;
use super::wire::others::{WireOwner, WireProperty, WireTicket};
use crate::domain::TicketId;

/// HubSpot's page size of owners.
const OWNERS_PAGE: &str = "100";
/// Names of one request, in bytes: a longer address is refused on the way.
const NAMES_MAX: usize = 4_000;

impl Client {
    /// Every owner who is not archived.
    pub async fn owners(&self) -> Result<Vec<Owner>, Error> {
        let call = |cursor: Option<&str>| {
            Call::get("GET /owners", self.shared.paths.crm("owners", "")).query("limit", OWNERS_PAGE).after(cursor)
        };
        let owners: Vec<WireOwner> = self.every_page(call).await?;
        let owner = |owner: WireOwner| Owner {
            id: owner.id.text().unwrap_or_default(),
            user_id: owner.user_id.and_then(Id::text),
            email: owner.email.filter(|email| !email.is_empty()),
        };
        Ok(owners.into_iter().map(owner).collect())
    }

    /// The named properties of a ticket (HubSpot adds a few of its own), in as many calls as their names need.
    /// A property without a value is there as none, one that HubSpot does not know is not there.
    pub async fn ticket(
        &self,
        id: &TicketId,
        properties: &[String],
    ) -> Result<BTreeMap<String, Option<String>>, Error> {
        let path = self.shared.paths.crm("objects", &format!("/tickets/{}", encoded(id.as_str())));
        let mut values = BTreeMap::new();
        for names in in_requests(properties) {
            let call = Call::get("GET /objects/tickets/{ticketId}", path.clone());
            let call = if names.is_empty() { call } else { call.query("properties", &names) };
            let ticket: WireTicket = self.fetch(call).await?;
            values.extend(ticket.properties.into_iter().map(|(name, value)| (name, text(value))));
        }
        Ok(values)
    }

    /// The names of the ticket properties that are in use: neither archived nor hidden.
    pub async fn ticket_property_names(&self) -> Result<Vec<String>, Error> {
        let call = Call::get("GET /properties/tickets", self.shared.paths.crm("properties", "/tickets"));
        let page: Page<WireProperty> = self.fetch(call.query("archived", "false")).await?;
        let used = |property: &WireProperty| property.hidden != Some(true) && property.archived != Some(true);
        Ok(page.results.into_iter().filter(used).map(|property| property.name).collect())
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => Some(other.to_string()),
    }
}

/// The names, joined by commas, in as few requests as fit; at least one.
fn in_requests(names: &[String]) -> Vec<String> {
    let mut requests = Vec::new();
    let mut current = String::new();
    for name in names {
        if !current.is_empty() && current.len() + name.len() >= NAMES_MAX {
            requests.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(',');
        }
        current.push_str(name);
    }
    requests.push(current);
    requests
}
