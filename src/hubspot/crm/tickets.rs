//! Tickets: read, made, changed, found again.

use std::collections::BTreeMap;

use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::{given, text};
use crate::domain::{ContactId, ThreadId, TicketId, Timestamp};
use crate::hubspot::call::{Call, encoded};
use crate::hubspot::client::Client;
use crate::hubspot::error::Error;
use crate::hubspot::types::FoundTicket;
use crate::hubspot::wire::Page;
use crate::hubspot::wire::others::WireRecord;

/// HubSpot's own kinds of association.
const TICKET_TO_CONTACT: u32 = 16;
const TICKET_TO_THREAD: u32 = 32;
/// Names of one request, in bytes: a longer address is refused on the way.
const NAMES_MAX: usize = 4_000;

impl Client {
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
            let ticket: WireRecord = self.fetch(call).await?;
            values.extend(ticket.properties.into_iter().map(|(name, value)| (name, text(value))));
        }
        Ok(values)
    }

    /// Makes a ticket. HubSpot knows no idempotency key: after an unclear end look for it before making another.
    /// A property that does not exist refuses the whole: `bad_properties` of the error names them.
    pub async fn create_ticket(
        &self,
        properties: &BTreeMap<String, String>,
        contact: Option<&ContactId>,
        thread: Option<&ThreadId>,
    ) -> Result<TicketId, Error> {
        let route = "POST /objects/tickets";
        let to_contact = contact.map(|contact| association(contact.as_str(), TICKET_TO_CONTACT));
        let to_thread = thread.map(|thread| association(thread.as_str(), TICKET_TO_THREAD));
        let associations: Vec<Value> = to_contact.into_iter().chain(to_thread).collect();
        let body = NewTicket { properties, associations };
        let call = Call::act(route, Method::POST, self.shared.paths.crm("objects", "/tickets")).json(&body);
        let made: WireRecord = self.fetch(call).await?;
        made.id.text().map(TicketId).ok_or_else(|| Error::unreadable(route, true, "the new ticket has no id"))
    }

    /// Sets properties of a ticket; empty text clears one. Doing it twice is harmless.
    pub async fn update_ticket(&self, id: &TicketId, properties: &BTreeMap<String, String>) -> Result<(), Error> {
        let path = self.shared.paths.crm("objects", &format!("/tickets/{}", encoded(id.as_str())));
        let call = Call::act("PATCH /objects/tickets/{ticketId}", Method::PATCH, path);
        self.send(call.json(&json!({ "properties": properties }))).await.map(drop)
    }

    /// Tickets with exactly this subject made at or after `since`, at most ten. HubSpot's search shows what is new only
    /// after a few moments, and has a budget of its own.
    pub async fn find_tickets(&self, subject: &str, since: Timestamp) -> Result<Vec<FoundTicket>, Error> {
        let filters = json!([
            { "propertyName": "subject", "operator": "EQ", "value": subject },
            { "propertyName": "createdate", "operator": "GTE", "value": since.0.to_string() },
        ]);
        let body = json!({ "filterGroups": [{ "filters": filters }], "properties": ["content"], "limit": 10 });
        let path = self.shared.paths.crm("objects", "/tickets/search");
        let page: Page<WireRecord> = self.fetch(Call::search("POST /objects/tickets/search", path, &body)).await?;
        let found = |mut ticket: WireRecord| {
            let content = given(&mut ticket.properties, "content").unwrap_or_default();
            ticket.id.text().map(|id| FoundTicket { id: TicketId(id), content })
        };
        Ok(page.results.into_iter().filter_map(found).collect())
    }
}

#[derive(Debug, Serialize)]
struct NewTicket<'a> {
    properties: &'a BTreeMap<String, String>,
    associations: Vec<Value>,
}

fn association(to: &str, kind: u32) -> Value {
    json!({ "to": { "id": to }, "types": [{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind }] })
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
