//! The scopes the bridge's calls need, each with what it is for: the one list behind the doctor's lines, the app that
//! `app-template` writes, and the sandbox's token.

use crate::config::Connection;

/// One scope of the app whose token the bridge uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// HubSpot's name.
    pub name: &'static str,
    /// What does not work without it; completes "needed for …".
    pub needed_for: &'static str,
    /// Without it the bridge cannot do what it is for. Without one of the others that part fails alone, and says so.
    pub required: bool,
}

/// Every scope, the most important first; nothing else is ever needed.
pub const SCOPES: [Scope; 8] = [
    Scope {
        name: "conversations.read",
        needed_for: "reading messages and threads, and being told of them",
        required: true,
    },
    Scope { name: "conversations.write", needed_for: "replies, internal comments and assignment", required: true },
    Scope {
        name: "tickets",
        needed_for: "tickets on handoff, their properties, and being told of their changes",
        required: true,
    },
    Scope {
        name: "crm.objects.contacts.read",
        needed_for: "finding the customer's contact, and reading notes",
        required: false,
    },
    Scope {
        name: "crm.objects.contacts.write",
        needed_for: "making the customer's contact on handoff, and notes with the transcript on tickets",
        required: false,
    },
    Scope {
        name: "crm.objects.owners.read",
        needed_for: "recognising your own reps by their addresses, and a ticket's owner",
        required: false,
    },
    Scope {
        name: "crm.objects.companies.read",
        needed_for: "the customer's company in what the CRM knows of them",
        required: false,
    },
    Scope {
        name: "crm.objects.deals.read",
        needed_for: "the customer's deals in what the CRM knows of them",
        required: false,
    },
];

/// Only the CRM's panel reads them, which may have a token of its own.
const PANEL: [&str; 2] = ["crm.objects.companies.read", "crm.objects.deals.read"];

/// Those the connection's own token needs.
pub fn needed_by(connection: &Connection) -> impl Iterator<Item = &'static Scope> {
    needed(connection.crm.access_token.is_some())
}

/// Those a connection's token needs, where the CRM's panel has a token of its own or not.
pub fn needed(panel_has_a_token: bool) -> impl Iterator<Item = &'static Scope> {
    SCOPES.iter().filter(move |scope| !(panel_has_a_token && PANEL.contains(&scope.name)))
}

/// Those a token of the CRM panel's own needs.
pub fn needed_by_panel() -> impl Iterator<Item = &'static Scope> {
    let read = ["tickets", "crm.objects.contacts.read", "crm.objects.owners.read"];
    SCOPES.iter().filter(move |scope| read.contains(&scope.name) || PANEL.contains(&scope.name))
}
