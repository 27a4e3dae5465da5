//! Changes to CRM records: tickets, contacts and the links between them, with the events HubSpot raises.

use std::collections::BTreeMap;

use super::event::Detail;
use super::model::{Record, Visitor};
use super::state::State;
use crate::domain::Timestamp;

/// Who changed a record, as `changeSource` and `sourceId` say it.
#[derive(Clone, Debug)]
pub enum Source {
    /// A user in HubSpot's pages.
    User(i64),
    /// The app, through the API.
    App(i64),
    /// HubSpot itself.
    HubSpot,
}

impl Source {
    fn detail(&self) -> Detail {
        let (change_source, source_id) = match self {
            Self::User(id) => ("CRM_UI", Some(format!("userId:{id}"))),
            Self::App(id) => ("INTEGRATION", Some(id.to_string())),
            Self::HubSpot => ("CRM", None),
        };
        Detail { change_source: Some(change_source), source_id, ..Detail::default() }
    }
}

/// HubSpot's object types, by their plural in paths.
fn event_names(object_type: &str) -> (&'static str, &'static str) {
    if object_type == "tickets" {
        ("ticket.creation", "ticket.propertyChange")
    } else {
        ("contact.creation", "contact.propertyChange")
    }
}

impl State {
    /// Makes a ticket or contact; values were checked by the caller.
    pub fn create_record(
        &mut self,
        now: Timestamp,
        object_type: &str,
        properties: BTreeMap<String, String>,
        source: &Source,
    ) -> u64 {
        let gap = self.chance.gap();
        let next = if object_type == "tickets" { &mut self.next.ticket } else { &mut self.next.contact };
        *next += gap;
        let id = *next;
        let visible_at = self.object_visible_at(now);
        let (creation, change) = event_names(object_type);
        self.raise(now, creation, id, Detail { change_flag: Some("NEW"), ..source.detail() });
        for (name, value) in &properties {
            self.raise_property(now, change, id, name, value, source);
        }
        let mut properties = properties;
        properties.insert("createdate".to_owned(), now.to_string());
        properties.insert("hs_object_id".to_owned(), id.to_string());
        let record = Record { id, properties, created_at: now, updated_at: now, visible_at };
        self.records(object_type).insert(id, record);
        id
    }

    /// Sets properties; only real changes raise events. An empty value clears. False without such a record.
    pub fn change_record(
        &mut self,
        now: Timestamp,
        object_type: &str,
        id: u64,
        changes: BTreeMap<String, String>,
        source: &Source,
    ) -> bool {
        let Some(record) = self.records(object_type).get_mut(&id) else { return false };
        let mut done = Vec::new();
        for (name, value) in changes {
            let before = record.properties.get(&name).map_or("", String::as_str);
            if before == value {
                continue;
            }
            if value.is_empty() {
                record.properties.remove(&name);
            } else {
                record.properties.insert(name.clone(), value.clone());
            }
            done.push((name, value));
        }
        if !done.is_empty() {
            record.updated_at = now;
        }
        let (_, event) = event_names(object_type);
        for (name, value) in &done {
            self.raise_property(now, event, id, name, value, source);
        }
        true
    }

    fn raise_property(
        &mut self,
        now: Timestamp,
        kind: &'static str,
        id: u64,
        name: &str,
        value: &str,
        source: &Source,
    ) {
        let detail =
            Detail { property_name: Some(name.to_owned()), property_value: Some(value.to_owned()), ..source.detail() };
        self.raise(now, kind, id, detail);
    }

    /// The ticket HubSpot makes by itself for a new help desk thread.
    pub fn auto_ticket(&mut self, now: Timestamp, thread: u64, subject: &str) {
        let properties = BTreeMap::from([
            ("subject".to_owned(), subject.to_owned()),
            ("hs_pipeline".to_owned(), "0".to_owned()),
            ("hs_pipeline_stage".to_owned(), "1".to_owned()),
        ]);
        let ticket = self.create_record(now, "tickets", properties, &Source::HubSpot);
        self.link_ticket(thread, ticket);
    }

    /// Joins a ticket to a thread. False when either is missing.
    pub fn link_ticket(&mut self, thread: u64, ticket: u64) -> bool {
        let Some(stored) = self.conversations.threads.get_mut(&thread) else { return false };
        let Some(record) = self.crm.tickets.get_mut(&ticket) else { return false };
        stored.ticket = Some(ticket);
        // Stamped once, as HubSpot does: later threads of the ticket do not replace it.
        record
            .properties
            .entry("hs_conversations_originating_thread_id".to_owned())
            .or_insert_with(|| thread.to_string());
        self.link("tickets", ticket, "conversations", thread);
        true
    }

    /// Links two records, both ways.
    pub fn link(&mut self, from: &str, from_id: u64, to: &str, to_id: u64) {
        self.crm.links.insert((from.to_owned(), from_id, to.to_owned(), to_id));
        self.crm.links.insert((to.to_owned(), to_id, from.to_owned(), from_id));
    }

    /// The contact with this address, primary or additional.
    #[must_use]
    pub fn contact_by_email(&self, email: &str) -> Option<&Record> {
        let has = |record: &&Record, name: &str| {
            let value = record.properties.get(name).map_or("", String::as_str);
            value.split(';').any(|address| address.eq_ignore_ascii_case(email))
        };
        let contacts = self.crm.contacts.values();
        contacts.clone().find(|r| has(r, "email")).or_else(|| contacts.clone().find(|r| has(r, "hs_additional_emails")))
    }

    /// Who writes: the known contact of the address, or a new visitor who may or may not be a contact.
    pub fn visitor(&mut self, now: Timestamp, name: Option<&str>, email: Option<&str>, contact: bool) -> u64 {
        let known = |visitor: &Visitor| email.is_some() && visitor.email.as_deref() == email;
        if let Some((id, _)) = self.conversations.visitors.iter().find(|(_, visitor)| known(visitor)) {
            return *id;
        }
        let id = match email {
            Some(email) if self.contact_by_email(email).is_some() => {
                self.contact_by_email(email).map_or(0, |record| record.id)
            }
            Some(email) if contact => {
                let mut properties = BTreeMap::from([("email".to_owned(), email.to_owned())]);
                if let Some(name) = name {
                    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
                    properties.insert("firstname".to_owned(), first.to_owned());
                    properties.insert("lastname".to_owned(), last.to_owned());
                }
                self.create_record(now, "contacts", properties, &Source::HubSpot)
            }
            Some(_) | None => {
                self.next.contact += self.chance.gap();
                self.next.contact
            }
        };
        let visitor = Visitor { name: name.map(str::to_owned), email: email.map(str::to_owned) };
        self.conversations.visitors.insert(id, visitor);
        id
    }
}
