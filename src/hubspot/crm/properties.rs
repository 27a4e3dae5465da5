//! The ticket properties: which there are, what they take, and the one that the bridge may be asked to make.

use http::Method;
use serde_json::{Value, json};

use crate::hubspot::call::{Call, encoded};
use crate::hubspot::client::Client;
use crate::hubspot::error::Error;
use crate::hubspot::types::Property;
use crate::hubspot::wire::Page;
use crate::hubspot::wire::others::WireProperty;

/// HubSpot's own group of ticket properties.
const TICKET_GROUP: &str = "ticketinformation";

impl Client {
    /// The ticket properties that are in use: neither archived nor hidden.
    pub async fn ticket_properties(&self) -> Result<Vec<Property>, Error> {
        let call = Call::get("GET /properties/tickets", self.shared.paths.crm("properties", "/tickets"));
        let page: Page<WireProperty> = self.fetch(call.query("archived", "false")).await?;
        let used = |property: &WireProperty| property.hidden != Some(true) && property.archived != Some(true);
        Ok(page.results.into_iter().filter(used).map(property).collect())
    }

    /// Their names.
    pub async fn ticket_property_names(&self) -> Result<Vec<String>, Error> {
        Ok(self.ticket_properties().await?.into_iter().map(|property| property.name).collect())
    }

    /// Makes a multi-select ticket property with one option. One of this name: `Conflict`.
    pub async fn create_ticket_choices(&self, name: &str, label: &str, option: &str) -> Result<(), Error> {
        let body = json!({
            "groupName": TICKET_GROUP,
            "name": name,
            "label": label,
            "type": "enumeration",
            "fieldType": "checkbox",
            "options": [shown(option, 0)],
        });
        let path = self.shared.paths.crm("properties", "/tickets");
        self.send(Call::act("POST /properties/tickets", Method::POST, path).json(&body)).await.map(drop)
    }

    /// Adds an option to a ticket property. HubSpot takes the whole list: those there are go along as they were read.
    pub async fn add_ticket_option(&self, property: &Property, option: &str) -> Result<(), Error> {
        let mut options = property.options.clone();
        options.push(shown(option, options.len()));
        let path = self.shared.paths.crm("properties", &format!("/tickets/{}", encoded(&property.name)));
        let call = Call::act("PATCH /properties/tickets/{propertyName}", Method::PATCH, path);
        self.send(call.json(&json!({ "options": options }))).await.map(drop)
    }
}

fn shown(option: &str, order: usize) -> Value {
    json!({ "label": option, "value": option, "displayOrder": order, "hidden": false })
}

fn property(property: WireProperty) -> Property {
    let read_only = property.modification_metadata.and_then(|metadata| metadata.read_only_value) == Some(true);
    Property {
        multi_select: property.kind.as_deref() == Some("enumeration") && property.field.as_deref() == Some("checkbox"),
        writable: !read_only && property.calculated != Some(true),
        name: property.name,
        options: property.options,
    }
}
