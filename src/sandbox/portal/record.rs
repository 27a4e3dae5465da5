//! Changes to CRM records and the links between them, with the events HubSpot raises.

use std::collections::BTreeMap;

use super::event::Detail;
use super::kind::{End, Kind};
use super::model::{Record, Visitor};
use super::schema;
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
    fn words(&self) -> (&'static str, Option<String>) {
        match self {
            Self::User(id) => ("CRM_UI", Some(format!("userId:{id}"))),
            Self::App(id) => ("INTEGRATION", Some(id.to_string())),
            Self::HubSpot => ("CRM", None),
        }
    }

    fn detail(&self, kind: Kind) -> Detail {
        let (change_source, source_id) = self.words();
        // Only the generic types say what they are about.
        let object_type_id = kind.events().0.starts_with("object.").then(|| kind.type_id());
        Detail { object_type_id, change_source: Some(change_source), source_id, ..Detail::default() }
    }
}

impl State {
    /// Makes a record; values were checked by the caller.
    pub fn create_record(
        &mut self,
        now: Timestamp,
        kind: Kind,
        mut properties: BTreeMap<String, String>,
        source: &Source,
    ) -> u64 {
        let gap = self.chance.gap();
        let table = self.crm.table_mut(kind);
        table.last_id += gap;
        let id = table.last_id;
        let visible_at = self.object_visible_at(now);
        let indexed_at = self.indexed_at(now, visible_at);
        let (creation, change) = kind.events();
        self.raise(now, creation, id, Detail { change_flag: Some("NEW"), ..source.detail(kind) });
        for (name, value) in &properties {
            self.raise_property(now, change, id, (name, value), source.detail(kind));
        }
        let (word, source_id) = source.words();
        let stamps = [kind.stamps().0, "hs_object_id", "hs_object_source"].map(str::to_owned);
        properties.extend(stamps.into_iter().zip([now.to_string(), id.to_string(), word.to_owned()]));
        properties.extend(source_id.map(|source_id| ("hs_object_source_id".to_owned(), source_id)));
        let mut record = Record { id, properties, created_at: now, updated_at: now, visible_at, indexed_at };
        calculate(kind, &mut record);
        self.crm.table_mut(kind).records.insert(id, record);
        id
    }

    /// Sets properties; only real changes raise events. An empty value clears. False without such a record.
    pub fn change_record(
        &mut self,
        now: Timestamp,
        kind: Kind,
        id: u64,
        changes: BTreeMap<String, String>,
        source: &Source,
    ) -> bool {
        let Some(record) = self.crm.table_mut(kind).records.get_mut(&id) else { return false };
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
        calculate(kind, record);
        for (name, value) in &done {
            self.raise_property(now, kind.events().1, id, (name, value), source.detail(kind));
        }
        true
    }

    /// Takes a record out of every answer, with its links. False without such a record.
    pub fn delete_record(&mut self, kind: Kind, id: u64) -> bool {
        let end = End::Record(kind);
        self.crm
            .links
            .retain(|(from, from_id, to, to_id)| (*from, *from_id) != (end, id) && (*to, *to_id) != (end, id));
        if kind == Kind::Ticket {
            let threads = self.conversations.threads.values_mut().filter(|thread| thread.ticket == Some(id));
            threads.for_each(|thread| thread.ticket = None);
        }
        self.crm.table_mut(kind).records.remove(&id).is_some()
    }

    fn raise_property(
        &mut self,
        now: Timestamp,
        event: &'static str,
        id: u64,
        (name, value): (&str, &str),
        detail: Detail,
    ) {
        let detail = Detail { property_name: Some(name.to_owned()), property_value: Some(value.to_owned()), ..detail };
        self.raise(now, event, id, detail);
    }

    /// The ticket HubSpot makes by itself for a new help desk thread, with the contact who wrote.
    pub fn auto_ticket(&mut self, now: Timestamp, thread: u64, subject: &str) {
        let properties = BTreeMap::from([
            ("subject".to_owned(), subject.to_owned()),
            ("hs_pipeline".to_owned(), "0".to_owned()),
            ("hs_pipeline_stage".to_owned(), "1".to_owned()),
        ]);
        let ticket = self.create_record(now, Kind::Ticket, properties, &Source::HubSpot);
        self.link_ticket(thread, ticket);
        let writer = self.conversations.threads.get(&thread).map_or(0, |thread| thread.visitor);
        if self.crm.record(Kind::Contact, writer).is_some() {
            self.crm.link(End::Record(Kind::Ticket), ticket, End::Record(Kind::Contact), writer);
        }
    }

    /// Joins a ticket to a thread. False when either is missing.
    pub fn link_ticket(&mut self, thread: u64, ticket: u64) -> bool {
        let Some(stored) = self.conversations.threads.get_mut(&thread) else { return false };
        let Some(record) = self.crm.table_mut(Kind::Ticket).records.get_mut(&ticket) else { return false };
        stored.ticket = Some(ticket);
        // Stamped once, as HubSpot does: later threads of the ticket do not replace it.
        record
            .properties
            .entry("hs_conversations_originating_thread_id".to_owned())
            .or_insert_with(|| thread.to_string());
        self.crm.link(End::Record(Kind::Ticket), ticket, End::Conversation, thread);
        true
    }

    /// The contact with this address, primary or additional.
    #[must_use]
    pub fn contact_by_email(&self, email: &str) -> Option<&Record> {
        let has = |record: &&Record, name: &str| {
            let value = record.properties.get(name).map_or("", String::as_str);
            value.split(';').any(|address| address.eq_ignore_ascii_case(email))
        };
        let contacts = self.crm.table(Kind::Contact).records.values();
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
                self.create_record(now, Kind::Contact, properties, &Source::HubSpot)
            }
            Some(_) | None => {
                let gap = self.chance.gap();
                let contacts = self.crm.table_mut(Kind::Contact);
                contacts.last_id += gap;
                contacts.last_id
            }
        };
        let visitor = Visitor { name: name.map(str::to_owned), email: email.map(str::to_owned) };
        self.conversations.visitors.insert(id, visitor);
        id
    }
}

/// Properties HubSpot works out: whether a deal is closed, and won.
pub fn calculate(kind: Kind, record: &mut Record) {
    if kind == Kind::Deal {
        let stage = record.properties.get("dealstage").map_or("", String::as_str);
        let (closed, won) = ([schema::WON, schema::LOST].contains(&stage), stage == schema::WON);
        record.properties.insert("hs_is_closed".to_owned(), closed.to_string());
        record.properties.insert("hs_is_closed_won".to_owned(), won.to_string());
    }
}
