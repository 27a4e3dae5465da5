//! Contacts: found by address or id, made.

use serde_json::{Map, Value, json};

use http::Method;

use super::{Properties, given};
use crate::domain::{Contact, ContactId};
use crate::hubspot::call::{Call, encoded};
use crate::hubspot::client::Client;
use crate::hubspot::error::{Class, Error};
use crate::hubspot::wire::others::WireRecord;

const PROPERTIES: &str = "email,firstname,lastname,phone,hubspot_owner_id";

impl Client {
    /// The contact with this address. Not by search: its index lags and has a limit of its own.
    pub async fn contact_by_email(&self, email: &str) -> Result<Option<Contact>, Error> {
        let path = self.shared.paths.crm("objects", &format!("/contacts/{}", encoded(email)));
        let call = Call::get("GET /objects/contacts/{email}", path).query("idProperty", "email");
        self.contact_of(call).await
    }

    /// The contact with this id. A thread's contact may be a visitor, who is none.
    pub async fn contact(&self, id: &ContactId) -> Result<Option<Contact>, Error> {
        let path = self.shared.paths.crm("objects", &format!("/contacts/{}", encoded(id.as_str())));
        self.contact_of(Call::get("GET /objects/contacts/{contactId}", path)).await
    }

    async fn contact_of(&self, call: Call) -> Result<Option<Contact>, Error> {
        match self.fetch::<WireRecord>(call.query("properties", PROPERTIES)).await {
            Ok(record) => Ok(Some(contact(record))),
            Err(error) if error.class == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a contact of whatever is known; without address and name HubSpot refuses. One with this address:
    /// `Conflict`, with its id where HubSpot says it.
    pub async fn create_contact(&self, new: &Contact) -> Result<ContactId, Error> {
        let route = "POST /objects/contacts";
        let mut properties = Map::new();
        let mut set = |name: &str, value: Option<&str>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                properties.insert(name.to_owned(), Value::from(value));
            }
        };
        let (first, last) = new.name.as_deref().map_or((None, None), |name| match name.trim().split_once(' ') {
            Some((first, last)) => (Some(first), Some(last.trim())),
            None => (Some(name.trim()), None),
        });
        set("email", new.email.as_deref());
        set("firstname", first);
        set("lastname", last);
        set("phone", new.phone.as_deref());
        let call = Call::act(route, Method::POST, self.shared.paths.crm("objects", "/contacts"));
        let made: WireRecord = self.fetch(call.json(&json!({ "properties": properties }))).await?;
        made.id.text().map(ContactId).ok_or_else(|| Error::unreadable(route, true, "the new contact has no id"))
    }
}

/// A contact's record in our words; `owner` is the owner's id.
fn contact(record: WireRecord) -> Contact {
    let mut properties: Properties = record.properties;
    let names = ["firstname", "lastname"].into_iter().filter_map(|name| given(&mut properties, name));
    let name = names.collect::<Vec<_>>().join(" ");
    Contact {
        id: record.id.text().map(ContactId),
        name: Some(name).filter(|name| !name.is_empty()),
        email: given(&mut properties, "email").map(|email| email.to_lowercase()),
        phone: given(&mut properties, "phone"),
        owner: given(&mut properties, "hubspot_owner_id"),
    }
}
