//! The definitions every portal begins with: properties of each kind of record, pipelines and their stages. Pure data.

use super::kind::Kind;
use super::model::Property;

/// One row of a property table: name, label, type, field type, options; a leading `!` on the name means read-only.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

/// One pipeline: id, label, and per stage id, label, and whether it closes.
pub struct Pipeline {
    /// Internal id.
    pub id: &'static str,
    /// For people.
    pub label: &'static str,
    /// In order.
    pub stages: &'static [(&'static str, &'static str, bool)],
}

/// The stock pipeline, and one a team added: HubSpot's ids of those are long numbers.
const TICKET_PIPELINES: &[Pipeline] = &[
    Pipeline {
        id: "0",
        label: "Support Pipeline",
        stages: &[
            ("1", "New", false),
            ("2", "Waiting on contact", false),
            ("3", "Waiting on us", false),
            ("4", "Closed", true),
        ],
    },
    Pipeline {
        id: "650123001",
        label: "Escalations",
        stages: &[
            ("990100001", "Received", false),
            ("990100002", "With engineering", false),
            ("990100003", "Done", true),
        ],
    },
];

const DEAL_PIPELINES: &[Pipeline] = &[Pipeline {
    id: "default",
    label: "Sales Pipeline",
    stages: &[
        ("appointmentscheduled", "Appointment scheduled", false),
        ("contractsent", "Contract sent", false),
        (WON, "Closed won", true),
        (LOST, "Closed lost", true),
    ],
}];

/// The stage of a deal that was won.
pub const WON: &str = "closedwon";
/// The stage of a deal that was lost.
pub const LOST: &str = "closedlost";

const TAGS: &[&str] = &["opencx", "opencx_handedoff", "opencx_autopilot", "opencx_assist", "vip"];
const LIFECYCLE: &[&str] = &["lead", "customer", "other"];

const TICKET: &[Row] = &[
    ("subject", "Ticket name", "string", "text", &[]),
    ("content", "Ticket description", "string", "textarea", &[]),
    ("hs_pipeline", "Pipeline", "enumeration", "select", &["0", "650123001"]),
    (
        "hs_pipeline_stage",
        "Ticket status",
        "enumeration",
        "radio",
        &["1", "2", "3", "4", "990100001", "990100002", "990100003"],
    ),
    ("hs_ticket_priority", "Priority", "enumeration", "select", &["LOW", "MEDIUM", "HIGH", "URGENT"]),
    (
        "hs_ticket_category",
        "Category",
        "enumeration",
        "checkbox",
        &["PRODUCT_ISSUE", "BILLING_ISSUE", "GENERAL_INQUIRY"],
    ),
    ("hubspot_owner_id", "Ticket owner", "enumeration", "select", &[]),
    ("opencx_tags", "OpenCX tags", "enumeration", "checkbox", TAGS),
    ("order_number", "Order number", "string", "text", &[]),
    ("plan", "Plan", "enumeration", "select", &["free", "team", "enterprise"]),
    ("ai_summary", "AI summary", "string", "textarea", &[]),
    ("ai_sentiment", "AI sentiment", "string", "text", &[]),
    ("!source_type", "Source", "enumeration", "select", &["CHAT", "EMAIL", "FORM"]),
    ("!createdate", "Create date", "datetime", "date", &[]),
    ("!hs_lastmodifieddate", "Last modified date", "datetime", "date", &[]),
    ("!hs_conversations_originating_thread_id", "Originating thread", "number", "number", &[]),
];

const CONTACT: &[Row] = &[
    ("email", "Email", "string", "text", &[]),
    ("firstname", "First name", "string", "text", &[]),
    ("lastname", "Last name", "string", "text", &[]),
    ("phone", "Phone number", "string", "phonenumber", &[]),
    ("company", "Company name", "string", "text", &[]),
    ("lifecyclestage", "Lifecycle stage", "enumeration", "radio", LIFECYCLE),
    ("hubspot_owner_id", "Contact owner", "enumeration", "select", &[]),
    ("hs_additional_emails", "Additional email addresses", "enumeration", "checkbox", &[]),
    ("!createdate", "Create date", "datetime", "date", &[]),
    ("!lastmodifieddate", "Last modified date", "datetime", "date", &[]),
];

const COMPANY: &[Row] = &[
    ("name", "Company name", "string", "text", &[]),
    ("domain", "Company domain name", "string", "text", &[]),
    ("industry", "Industry", "enumeration", "select", &["COMPUTER_SOFTWARE", "RETAIL", "WHOLESALE"]),
    ("numberofemployees", "Number of employees", "number", "number", &[]),
    ("phone", "Phone number", "string", "phonenumber", &[]),
    ("city", "City", "string", "text", &[]),
    ("country", "Country/Region", "string", "text", &[]),
    ("hubspot_owner_id", "Company owner", "enumeration", "select", &[]),
    ("!createdate", "Create date", "datetime", "date", &[]),
    ("!hs_lastmodifieddate", "Last modified date", "datetime", "date", &[]),
];

const DEAL: &[Row] = &[
    ("dealname", "Deal name", "string", "text", &[]),
    ("pipeline", "Pipeline", "enumeration", "select", &["default"]),
    ("dealstage", "Deal stage", "enumeration", "radio", &["appointmentscheduled", "contractsent", WON, LOST]),
    ("amount", "Amount", "number", "number", &[]),
    ("deal_currency_code", "Currency", "enumeration", "select", &["EUR", "USD"]),
    ("closedate", "Close date", "datetime", "date", &[]),
    ("hubspot_owner_id", "Deal owner", "enumeration", "select", &[]),
    ("!hs_is_closed", "Is deal closed?", "bool", "calculation_read_time", &[]),
    ("!hs_is_closed_won", "Is closed won", "bool", "calculation_read_time", &[]),
    ("!createdate", "Create date", "datetime", "date", &[]),
    ("!hs_lastmodifieddate", "Last modified date", "datetime", "date", &[]),
];

const NOTE: &[Row] = &[
    ("hs_note_body", "Note body", "string", "html", &[]),
    ("hs_timestamp", "Activity date", "datetime", "date", &[]),
    ("hubspot_owner_id", "Activity assigned to", "enumeration", "select", &[]),
    ("hs_attachment_ids", "Attached files", "enumeration", "checkbox", &[]),
    ("!hs_createdate", "Create date", "datetime", "date", &[]),
    ("!hs_lastmodifieddate", "Last modified date", "datetime", "date", &[]),
];

/// What HubSpot sets on records of every kind.
const COMMON: &[Row] = &[
    ("!hs_object_id", "Record ID", "number", "number", &[]),
    ("!hs_object_source", "Record creation source", "string", "text", &[]),
    ("!hs_object_source_id", "Record creation source ID", "string", "text", &[]),
];

/// The property definitions of a kind.
#[must_use]
pub fn properties(kind: Kind) -> Vec<Property> {
    let (group, own) = match kind {
        Kind::Contact => ("contactinformation", CONTACT),
        Kind::Company => ("companyinformation", COMPANY),
        Kind::Deal => ("dealinformation", DEAL),
        Kind::Ticket => ("ticketinformation", TICKET),
        Kind::Note => ("engagement", NOTE),
    };
    let property = |(name, label, kind, field, options): &Row| Property {
        name: name.trim_start_matches('!').to_owned(),
        label: (*label).to_owned(),
        kind: (*kind).to_owned(),
        field: (*field).to_owned(),
        group: group.to_owned(),
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        read_only: name.starts_with('!'),
    };
    own.iter().chain(COMMON).map(property).collect()
}

/// What HubSpot shows when no properties are asked for.
#[must_use]
pub const fn shown_unasked(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Contact => &["email", "firstname", "lastname"],
        Kind::Company => &["name", "domain"],
        Kind::Deal => &["dealname", "amount", "closedate", "pipeline", "dealstage"],
        Kind::Ticket => {
            &["subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "hs_ticket_category"]
        }
        Kind::Note => &[],
    }
}

/// The pipelines of a kind, with the properties that hold a record's pipeline and stage.
#[must_use]
pub const fn pipelines(kind: Kind) -> Option<(&'static [Pipeline], [&'static str; 2])> {
    match kind {
        Kind::Ticket => Some((TICKET_PIPELINES, ["hs_pipeline", "hs_pipeline_stage"])),
        Kind::Deal => Some((DEAL_PIPELINES, ["pipeline", "dealstage"])),
        Kind::Contact | Kind::Company | Kind::Note => None,
    }
}
