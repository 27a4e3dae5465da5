//! Combinations that are dangerous or senseless although each value is fine alone.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::problems::{Notes, Problem};
use super::quantities::{in_words, is_loopback};
use super::{
    AgentKind, Connection, Delivery, SignatureMode, admin::Admin, hubspot::Hubspot, server::Server, store::Store,
};
use crate::domain::ConnectionName;

/// HubSpot redelivers for 24 hours; the ledger recognises duplicates for three times that, after the last wait.
const DEDUP: Duration = Duration::from_hours(72);

/// What could be read of the settings.
pub(super) struct Parts<'a> {
    pub(super) server: Option<&'a Server>,
    pub(super) admin: Option<&'a Admin>,
    pub(super) store: Option<&'a Store>,
    pub(super) delivery: Option<&'a Delivery>,
    pub(super) hubspot: Option<&'a Hubspot>,
    pub(super) connections: &'a BTreeMap<ConnectionName, Connection>,
}

pub(super) fn check(parts: &Parts<'_>, notes: &Notes) {
    if let Some(delivery) = parts.delivery {
        check_delivery(delivery, notes);
        if let Some(store) = parts.store {
            check_retention(store, delivery, notes);
        }
        for connection in parts.connections.values() {
            check_patience(connection, delivery, notes);
        }
    }
    if let (Some(server), Some(admin)) = (parts.server, parts.admin) {
        check_listeners(server.listen, admin.listen, notes);
    }
    if let Some(hubspot) = parts.hubspot {
        check_encrypted("hubspot.api_url", &hubspot.api_url, notes);
    }
    for connection in parts.connections.values() {
        check_encrypted(&format!("connections.{}.agent.base_url", connection.name), &connection.agent.base_url, notes);
        check_handoff(connection, notes);
        check_mapping(connection, notes);
        if let Some(server) = parts.server {
            check_signature(connection, server, notes);
        }
    }
    check_portals(parts.connections, notes);
}

fn check_delivery(delivery: &Delivery, notes: &Notes) {
    let error = |key: &str, what: String, fix: &str| notes.error(Problem::new(format!("delivery.{key}"), what, fix));
    if delivery.quiet_period > delivery.quiet_period_max {
        let what = "is longer than `delivery.quiet_period_max`, which then decides alone";
        notes.warning(Problem::new("delivery.quiet_period", what, "make it the shorter of the two"));
    }
    if delivery.quiet_period_max >= delivery.max_reply_age_chat {
        let what =
            "is not shorter than `delivery.max_reply_age.chat`: a long burst would be stale before it is answered";
        error("quiet_period_max", what.to_owned(), "shorten it or raise the age");
    }
    if delivery.email_delay >= delivery.max_reply_age_email {
        let what =
            "is not shorter than `delivery.max_reply_age.email`: every e-mail would be stale before it is answered";
        error("email_delay", what.to_owned(), "shorten it or raise the age");
    }
    let oldest = delivery.max_reply_age_chat.max(delivery.max_reply_age_email);
    if delivery.max_event_age < oldest {
        let what = format!(
            "is shorter than `delivery.max_reply_age` ({}): late messages would die instead of reaching a human",
            in_words(oldest)
        );
        error("max_event_age", what, "raise it");
    }
    if delivery.max_event_age <= delivery.settle {
        error(
            "max_event_age",
            "is not longer than `delivery.settle`: an unclear post could never be looked up".into(),
            "raise it",
        );
    }
}

fn check_retention(store: &Store, delivery: &Delivery, notes: &Notes) {
    let least = DEDUP.saturating_add(delivery.max_event_age);
    if store.retention < least {
        let what = format!(
            "is too short: duplicates must be recognised for {} after `delivery.max_event_age`",
            in_words(DEDUP)
        );
        notes.error(Problem::new("store.retention", what, format!("give at least {}", in_words(least))));
    }
}

fn check_patience(connection: &Connection, delivery: &Delivery, notes: &Notes) {
    let longest = connection.agent.timeout.saturating_mul(connection.agent.attempts);
    if longest >= delivery.max_reply_age_chat {
        let what = format!(
            "may take {} over all attempts: chat messages would be stale before the last one ends",
            in_words(longest)
        );
        let fix = "shorten it, lower `attempts`, or raise `delivery.max_reply_age.chat`";
        notes.error(Problem::new(format!("connections.{}.agent.timeout", connection.name), what, fix));
    }
}

fn check_listeners(public: SocketAddr, admin: SocketAddr, notes: &Notes) {
    let overlap = public.ip() == admin.ip() || public.ip().is_unspecified() || admin.ip().is_unspecified();
    if public.port() != 0 && public.port() == admin.port() && overlap {
        let what = "is the port of `server.listen` too";
        notes.error(Problem::new("admin.listen", what, "give it a port of its own, e.g. 8081"));
    }
}

fn check_handoff(connection: &Connection, notes: &Notes) {
    if connection.default_user_id.as_ref() == Some(&connection.ai_user_id) {
        let path = format!("connections.{}.default_user_id", connection.name);
        let what = "is the AI's own user: a handed-off conversation is left unassigned";
        notes.warning(Problem::new(path, what, "name a human, or leave it empty"));
    }
    for (index, route) in connection.routing.iter().enumerate() {
        if route.assign_to == connection.ai_user_id {
            let path = format!("connections.{}.routing[{index}].assign_to", connection.name);
            let what = "is the AI's own user: such a conversation is handed to nobody";
            notes.warning(Problem::new(path, what, "name a human"));
        }
    }
    // OpenCX's public API has no call for internal notes, and the other two keep no conversation to note anything in.
    let takes_notes = connection.agent.kind == AgentKind::Http;
    if connection.mirror_notes && !takes_notes {
        let path = format!("connections.{}.mirror_notes", connection.name);
        let what = format!("has no effect: the agent `{}` cannot take internal notes", connection.agent.kind.as_str());
        notes.warning(Problem::new(path, what, "turn it off, or use an agent of kind \"http\""));
    }
}

/// Tokens and customers' words go there.
fn check_encrypted(path: &str, url: &str, notes: &Notes) {
    let Some(uri) = url.parse::<http::Uri>().ok().filter(|uri| uri.scheme_str() == Some("http")) else { return };
    if is_loopback(uri.host().unwrap_or_default()) {
        return;
    }
    let what = "is plain http to another machine: whoever is on the way reads the key and customers' words";
    notes.warning(Problem::new(path, what, "use https, or make sure that nobody else is on that network"));
}

/// What the session's custom data is written to should be one property for each key, and nobody else's.
fn check_mapping(connection: &Connection, notes: &Notes) {
    let ticketing = &connection.ticketing;
    let warn = |key: &str, what: String, fix: &str| {
        let path = format!("connections.{}.ticketing.custom_data.{key}", connection.name);
        notes.warning(Problem::new(path, what, fix));
    };
    for (key, property) in &ticketing.custom_data {
        let twin = ticketing.custom_data.iter().find(|(_, other)| *other == property).map(|(twin, _)| twin);
        if let Some(twin) = twin.filter(|twin| *twin != key) {
            let what = format!("is written to the property of `{twin}` too: each overwrites the other");
            warn(key, what, "give each key a property of its own");
        }
        if *property == ticketing.tag_property {
            let what = "is written to `ticketing.tag_property`: it overwrites the ticket's tags".to_owned();
            warn(key, what, "choose another property");
        }
        // A change of the property comes back under the key it is mapped to, never under its own name.
        let origin = ticketing.custom_data.iter().find(|(other, named)| *other != key && *named == key);
        if let Some((origin, _)) = origin.filter(|_| ticketing.syncs(key)) {
            let what = format!(
                "is the name of the synced property that `{origin}` is written to: that property's changes land in `{origin}`"
            );
            warn(key, what, "rename the key, or add the property to `ticketing.sync_exclude`");
        }
    }
}

fn check_signature(connection: &Connection, server: &Server, notes: &Notes) {
    let path = format!("connections.{}.signature", connection.name);
    let url_fix = "set `server.public_url` to what HubSpot calls, e.g. \"https://bridge.example.com\"";
    match connection.signature {
        SignatureMode::None if !server.listen.ip().is_loopback() => {
            let what = "\"none\" lets anybody who reaches `server.listen` post events";
            notes.error(Problem::new(path, what, "choose \"auto\", or listen on loopback"));
        }
        SignatureMode::V3 if server.public_url.is_empty() => {
            notes.error(Problem::new("server.public_url", format!("is required by `{path} = \"v3\"`"), url_fix));
        }
        SignatureMode::Auto if server.public_url.is_empty() => {
            let what = "is empty: v3 signatures cannot be checked and such deliveries are refused";
            notes.warning(Problem::new("server.public_url", what, url_fix));
        }
        SignatureMode::None | SignatureMode::V3 | SignatureMode::Auto => {}
    }
}

fn check_portals(connections: &BTreeMap<ConnectionName, Connection>, notes: &Notes) {
    if connections.is_empty() {
        let what = "there is none: every delivery will be answered 404";
        notes.warning(Problem::new("connections", what, "add [connections.NAME] with its required keys"));
    }
    let mut seen: Vec<&Connection> = Vec::new();
    for connection in connections.values() {
        let twin = seen.iter().find(|other| {
            let secrets = (other.client_secret.reveal().ok(), connection.client_secret.reveal().ok());
            other.portal_id == connection.portal_id && secrets.0.is_some() && secrets.0 == secrets.1
        });
        if let Some(twin) = twin {
            let what = format!("is the portal of `connections.{}` too, with the same client secret", twin.name);
            let path = format!("connections.{}.portal_id", connection.name);
            notes.error(Problem::new(path, what, "one portal and app need one connection: remove one of them"));
        }
        seen.push(connection);
    }
}
