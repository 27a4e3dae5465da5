//! What makes two elements the same event: within one delivery, and across deliveries.
//!
//! HubSpot does not promise unique event ids, so a message is known by its id and a property change by everything that
//! tells it apart. The keys across deliveries are stored: their form is a stored format.

use super::envelope::Fields;
use crate::domain::{DedupKey, EventKind, MessageId, PortalId, Timestamp};

/// The key within one delivery: exactly `{objectId}-{messageId ?? eventId}`; none when the element has neither id, then
/// only its bytes can tell it apart. Portals are kept apart by the caller.
#[must_use]
pub fn key_in_delivery(fields: &Fields<'_>) -> Option<String> {
    let second = fields.message_id.id().or_else(|| fields.event_id.id())?;
    Some(format!("{}-{second}", fields.object_id.id()?))
}

/// The key of an event across deliveries: by message for messages, by record for what was created, else by everything that tells one change from
/// another, or by the element's bytes when HubSpot stamped it with neither id nor time.
#[must_use]
pub fn event_key(message: Option<&MessageId>, change: &Change<'_>, raw: &str) -> DedupKey {
    match message {
        Some(message) if change.subscription == EventKind::NewMessage => DedupKey::of_message(change.portal, message),
        // A record is created once, whatever the event ids of its announcements.
        _ if change.subscription == EventKind::NoteCreated => {
            DedupKey::of(&["created", &change.portal.0.to_string(), change.subscription.as_str(), change.object])
        }
        _ if change.event.is_empty() && change.occurred_at.is_none() => element_key(change.portal, raw),
        _ => change_key(change),
    }
}

/// What tells one change from another across deliveries. Not its value, nor HubSpot's `attemptNumber`.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Whose.
    pub portal: PortalId,
    /// The subscription it came by.
    pub subscription: EventKind,
    /// HubSpot's id of the thread or ticket.
    pub object: &'a str,
    /// Empty when the event names none.
    pub property: &'a str,
    /// HubSpot's id of the event; empty when it has none.
    pub event: &'a str,
    /// HubSpot's time of the event.
    pub occurred_at: Option<Timestamp>,
}

fn change_key(change: &Change<'_>) -> DedupKey {
    let portal = change.portal.0.to_string();
    let occurred_at = change.occurred_at.map(|at| at.0.to_string()).unwrap_or_default();
    DedupKey::of(&[
        "change",
        &portal,
        change.subscription.as_str(),
        change.object,
        change.property,
        change.event,
        &occurred_at,
    ])
}

/// The key of an element that could not be read, or has nothing to tell it by: its bytes.
#[must_use]
pub fn element_key(portal: PortalId, raw: &str) -> DedupKey {
    DedupKey::of(&["element", &portal.0.to_string(), raw])
}
