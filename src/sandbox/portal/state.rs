//! Everything a portal knows, behind its one lock. Changes go through [`super::change`], so that each raises its events.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::budget::Budget;
use super::chance::Chance;
use super::event::Subscriptions;
use super::fault::{Faults, Visibility};
use super::model::{Conversations, Crm, Property, Thread};
use super::outbox::Outbox;
use super::seed::Seed;
use crate::domain::Timestamp;

/// Calls the log keeps.
const CALLS_MAX: usize = 2_000;

/// One API call, for tests to judge by.
#[derive(Clone, Debug, Serialize)]
pub struct CallLine {
    /// Epoch milliseconds.
    pub at: i64,
    /// `GET`, ….
    pub method: String,
    /// Without the query: e-mail addresses may be in it, but this is a sandbox.
    pub path: String,
    /// None when the connection was cut or no answer came.
    pub status: Option<u16>,
}

/// The next id of each kind; HubSpot's rise with gaps.
#[derive(Debug)]
pub struct NextIds {
    /// Threads.
    pub thread: u64,
    /// Tickets.
    pub ticket: u64,
    /// Contacts and visitors.
    pub contact: u64,
    /// Order of items within the portal.
    pub seq: u64,
}

/// The portal's whole state.
#[derive(Debug)]
pub struct State {
    /// Account, people, credentials.
    pub seed: Seed,
    /// Draws.
    pub chance: Chance,
    /// Which events leave.
    pub subscriptions: Subscriptions,
    /// Threads.
    pub conversations: Conversations,
    /// Tickets, contacts, links.
    pub crm: Crm,
    /// Rate limits.
    pub budget: Budget,
    /// API faults.
    pub faults: Faults,
    /// Eventual consistency.
    pub visibility: Visibility,
    /// Pages may be short or empty and still name a next one.
    pub short_pages: bool,
    /// Webhooks.
    pub outbox: Outbox,
    /// Id counters.
    pub next: NextIds,
    /// The last event id given, and its object: ids repeat now and then across objects.
    pub last_event: Option<(u64, u64)>,
    /// API calls, newest last.
    pub calls: VecDeque<CallLine>,
}

impl State {
    /// A fresh portal.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        let chance = Chance::new(seed.rng);
        Self {
            chance,
            seed,
            subscriptions: Subscriptions::default(),
            conversations: Conversations::default(),
            crm: Crm {
                ticket_properties: ticket_properties(),
                contact_properties: contact_properties(),
                ..Crm::default()
            },
            budget: Budget::default(),
            faults: Faults::default(),
            visibility: Visibility::default(),
            short_pages: true,
            outbox: Outbox::default(),
            next: NextIds { thread: 6_065_362_089, ticket: 9_598_272_090, contact: 10_145_801_000, seq: 0 },
            last_event: None,
            calls: VecDeque::new(),
        }
    }

    /// A thread that GETs show at `now`.
    #[must_use]
    pub fn visible_thread(&self, id: &str, now: Timestamp) -> Option<&Thread> {
        let id: u64 = id.parse().ok()?;
        self.conversations.threads.get(&id).filter(|thread| thread.visible_at <= now)
    }

    /// When an object made now becomes visible.
    pub fn object_visible_at(&mut self, now: Timestamp) -> Timestamp {
        now.after(self.visibility.delay(self.visibility.object_ms, &mut self.chance.shapes))
    }

    /// Logs one API call.
    pub fn log_call(&mut self, line: CallLine) {
        if self.calls.len() >= CALLS_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back(line);
    }

    /// The property definitions of `tickets` or `contacts`.
    #[must_use]
    pub fn properties(&self, object_type: &str) -> &[Property] {
        if object_type == "tickets" { &self.crm.ticket_properties } else { &self.crm.contact_properties }
    }

    /// The records of `tickets` or `contacts`.
    pub fn records(&mut self, object_type: &str) -> &mut BTreeMap<u64, super::model::Record> {
        if object_type == "tickets" { &mut self.crm.tickets } else { &mut self.crm.contacts }
    }
}

/// One row of a property table: name, label, type, field type, options; a leading `!` on the name means read-only.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

fn properties(group: &str, rows: &[Row]) -> Vec<Property> {
    rows.iter()
        .map(|(name, label, kind, field, options)| Property {
            name: name.trim_start_matches('!').to_owned(),
            label: (*label).to_owned(),
            kind: (*kind).to_owned(),
            field: (*field).to_owned(),
            group: group.to_owned(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            read_only: name.starts_with('!'),
        })
        .collect()
}

fn ticket_properties() -> Vec<Property> {
    let tags: &[&str] = &["opencx", "opencx_handedoff", "opencx_autopilot", "opencx_assist", "vip"];
    properties(
        "ticketinformation",
        &[
            ("subject", "Ticket name", "string", "text", &[]),
            ("content", "Ticket description", "string", "textarea", &[]),
            ("hs_pipeline", "Pipeline", "enumeration", "select", &["0"]),
            ("hs_pipeline_stage", "Ticket status", "enumeration", "radio", &["1", "2", "3", "4"]),
            ("hs_ticket_priority", "Priority", "enumeration", "select", &["LOW", "MEDIUM", "HIGH", "URGENT"]),
            (
                "hs_ticket_category",
                "Category",
                "enumeration",
                "checkbox",
                &["PRODUCT_ISSUE", "BILLING_ISSUE", "GENERAL_INQUIRY"],
            ),
            ("hubspot_owner_id", "Ticket owner", "enumeration", "select", &[]),
            ("opencx_tags", "OpenCX tags", "enumeration", "checkbox", tags),
            ("order_number", "Order number", "string", "text", &[]),
            ("plan", "Plan", "enumeration", "select", &["free", "team", "enterprise"]),
            ("ai_summary", "AI summary", "string", "textarea", &[]),
            ("ai_sentiment", "AI sentiment", "string", "text", &[]),
            ("!source_type", "Source", "enumeration", "select", &["CHAT", "EMAIL", "FORM"]),
            ("!createdate", "Create date", "datetime", "date", &[]),
            ("!hs_lastmodifieddate", "Last modified date", "datetime", "date", &[]),
            ("!hs_object_id", "Record ID", "number", "number", &[]),
            ("!hs_conversations_originating_thread_id", "Originating thread", "number", "number", &[]),
        ],
    )
}

fn contact_properties() -> Vec<Property> {
    properties(
        "contactinformation",
        &[
            ("email", "Email", "string", "text", &[]),
            ("firstname", "First name", "string", "text", &[]),
            ("lastname", "Last name", "string", "text", &[]),
            ("phone", "Phone number", "string", "phonenumber", &[]),
            ("company", "Company name", "string", "text", &[]),
            ("lifecyclestage", "Lifecycle stage", "enumeration", "radio", &["lead", "customer", "other"]),
            ("hs_additional_emails", "Additional email addresses", "enumeration", "checkbox", &[]),
            ("!createdate", "Create date", "datetime", "date", &[]),
            ("!lastmodifieddate", "Last modified date", "datetime", "date", &[]),
            ("!hs_object_id", "Record ID", "number", "number", &[]),
        ],
    )
}
