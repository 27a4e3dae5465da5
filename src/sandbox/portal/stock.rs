//! What a fresh portal's CRM holds already: one customer with a company, deals and an earlier ticket, so that there is a
//! context to show. Fixed ids and times: nothing of it is drawn, and nothing of it is announced.

use std::collections::BTreeMap;

use super::kind::{End, Kind};
use super::model::{Crm, Record};
use super::record::calculate;
use super::seed::{KNOWN_COMPANY, KNOWN_CONTACT, KNOWN_CUSTOMER, KNOWN_DEALS, KNOWN_TICKET};
use crate::domain::Timestamp;

/// 2026-03-02T09:00:00Z: before anything a test or a tour does.
const LONG_AGO: Timestamp = Timestamp(1_772_442_000_000);
/// The owner id of the first rep.
const OWNER: &str = "81000002";

/// The CRM of a fresh portal.
#[must_use]
pub fn crm() -> Crm {
    let mut crm = Crm::default();
    let [active, won] = KNOWN_DEALS;
    let contact = [
        ("email", KNOWN_CUSTOMER),
        ("firstname", "Nora"),
        ("lastname", "Weiss"),
        ("phone", "+49 30 5550102"),
        ("lifecyclestage", "customer"),
        ("hubspot_owner_id", OWNER),
    ];
    put(&mut crm, Kind::Contact, KNOWN_CONTACT, &contact);
    let company = [
        ("name", "Northwind Outdoor"),
        ("domain", "northwind.example"),
        ("industry", "RETAIL"),
        ("numberofemployees", "120"),
        ("hubspot_owner_id", OWNER),
    ];
    put(&mut crm, Kind::Company, KNOWN_COMPANY, &company);
    let deal = |name, stage, amount, closes| {
        [
            ("dealname", name),
            ("pipeline", "default"),
            ("dealstage", stage),
            ("amount", amount),
            ("deal_currency_code", "EUR"),
            ("closedate", closes),
            ("hubspot_owner_id", OWNER),
        ]
    };
    put(&mut crm, Kind::Deal, active, &deal("Second warehouse", "contractsent", "48000", "2027-01-29T00:00:00.000Z"));
    put(&mut crm, Kind::Deal, won, &deal("First year", "closedwon", "12500", "2026-02-16T00:00:00.000Z"));
    let ticket = [
        ("subject", "Invoice shows the old address"),
        ("content", "The February invoice still has our former address."),
        ("hs_pipeline", "0"),
        ("hs_pipeline_stage", "4"),
        ("hs_ticket_priority", "LOW"),
    ];
    put(&mut crm, Kind::Ticket, KNOWN_TICKET, &ticket);
    let contact = End::Record(Kind::Contact);
    let company = End::Record(Kind::Company);
    crm.link(contact, KNOWN_CONTACT, company, KNOWN_COMPANY);
    for deal in KNOWN_DEALS {
        crm.link(contact, KNOWN_CONTACT, End::Record(Kind::Deal), deal);
        crm.link(company, KNOWN_COMPANY, End::Record(Kind::Deal), deal);
    }
    crm.link(contact, KNOWN_CONTACT, End::Record(Kind::Ticket), KNOWN_TICKET);
    crm
}

fn put(crm: &mut Crm, kind: Kind, id: u64, values: &[(&str, &str)]) {
    let mut properties: BTreeMap<String, String> =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (created, _) = kind.stamps();
    for (name, value) in [
        (created, LONG_AGO.to_string()),
        ("hs_object_id", id.to_string()),
        ("hs_object_source", "CRM_UI".to_owned()),
        ("hs_object_source_id", "userId:70000002".to_owned()),
    ] {
        properties.insert(name.to_owned(), value);
    }
    let at = LONG_AGO;
    let mut record = Record { id, properties, created_at: at, updated_at: at, visible_at: at, indexed_at: at };
    calculate(kind, &mut record);
    crm.table_mut(kind).records.insert(id, record);
}
