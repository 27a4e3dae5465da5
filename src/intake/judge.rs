//! What the envelope alone settles about one element: whose it is, which mailbox it belongs to, when that becomes due,
//! or that nothing is to be done. Pure; called by [`super::delivery`].

use std::borrow::Cow;

use super::dedup::{self, Change};
use super::envelope::{Element, Fields, Scalar};
use crate::config::{Connection, Delivery};
use crate::domain::{
    AppId, EventKind, MessageId, NewEvent, NoteId, Object, PortalId, Reason, Schedule, State, ThreadId, TicketId,
    Timestamp,
};
use crate::limits::{NAME_BYTES, VALUE_BYTES};

/// What an element is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// The connection named in the path: its secret signed the delivery.
    pub path: &'a Connection,
    /// Other connections with that secret: one app has one URL for all its portals.
    pub peers: &'a [&'a Connection],
    /// For the quiet period.
    pub delivery: &'a Delivery,
}

/// HubSpot's `objectTypeId` of notes.
const NOTE_TYPE: &str = "0-46";

/// Why an element cannot be read; fixed words, never contents.
type Unreadable = &'static str;

impl<'a> Judge<'a> {
    /// The event to be stored; none when the element's type is not acted on: that is answered and counted only.
    #[must_use]
    pub fn judge(&self, element: &Element<'_>) -> Option<NewEvent> {
        let Some(fields) = &element.fields else {
            return Some(self.unreadable(element, None, "the element is not an object with single fields"));
        };
        match self.read(element, fields) {
            Ok(event) => event,
            Err(detail) => Some(self.unreadable(element, Some(fields), detail)),
        }
    }

    fn read(&self, element: &Element<'_>, fields: &Fields<'_>) -> Result<Option<NewEvent>, Unreadable> {
        let Some(kind) = kind(fields)? else { return Ok(None) };
        let portal = self.portal(fields)?;
        let object = object(kind, fields)?;
        let connection = self.connection_of(portal);
        let message_id = name(&fields.message_id, "messageId is too long")?.map(MessageId);
        let message_type = name(&fields.message_type, "messageType is too long")?;
        let property = name(&fields.property_name, "propertyName is too long")?;
        let hubspot_event_id = name(&fields.event_id, "eventId is too long")?;
        if kind == EventKind::TicketProperty && property.is_none() {
            return Err("propertyName is missing");
        }
        let occurred_at = fields.occurred_at.integer().map(Timestamp);
        let change = Change {
            portal,
            subscription: kind,
            object: object.id(),
            property: property.as_deref().unwrap_or_default(),
            event: hubspot_event_id.as_deref().unwrap_or_default(),
            occurred_at,
        };
        let dedup = dedup::event_key(message_id.as_ref(), &change, element.raw);
        let comment = message_type.as_deref() == Some("COMMENT");
        let mut event = NewEvent {
            connection: connection.unwrap_or(self.path).name.clone(),
            object: Some(object),
            kind,
            message_id,
            message_type,
            property,
            value: value(kind, fields)?,
            hubspot_event_id,
            app_id: fields.app_id.integer().map(AppId),
            source: source(fields),
            occurred_at,
            data: None,
            dedup,
            seen: 1,
            schedule: self.schedule(kind, comment),
            interrupt: !matches!(kind, EventKind::TicketProperty | EventKind::NoteCreated) && !comment,
            ended: None,
            detail: None,
        };
        let skipped = match connection {
            None => Some(Reason::UnknownPortal),
            Some(connection) if kind == EventKind::TicketProperty => ticket_skip(connection, fields, &event),
            Some(connection) if kind == EventKind::NoteCreated && !connection.mirror_notes => {
                Some(Reason::InternalComment)
            }
            Some(_) => None,
        };
        if let Some(reason) = skipped {
            event.ended = Some((State::Skipped, reason));
            event.interrupt = false;
        }
        Ok(Some(event))
    }

    /// The element's own portal; the path's when it names none.
    pub(super) fn portal(&self, fields: &Fields<'_>) -> Result<PortalId, Unreadable> {
        match fields.portal_id.integer() {
            Some(portal) => Ok(PortalId(portal)),
            None if fields.portal_id.is_empty() => Ok(self.path.portal_id),
            None => Err("portalId is not a number"),
        }
    }

    fn connection_of(&self, portal: PortalId) -> Option<&'a Connection> {
        let peers = self.peers.iter().copied();
        std::iter::once(self.path).chain(peers).find(|connection| connection.portal_id == portal)
    }

    /// Only what may be a customer's message waits for the end of a burst. A comment is a rep's or our own.
    fn schedule(&self, kind: EventKind, comment: bool) -> Schedule {
        if kind == EventKind::NewMessage && !comment {
            Schedule::Quiet { quiet: self.delivery.quiet_period, max: self.delivery.quiet_period_max }
        } else {
            Schedule::Now
        }
    }

    fn unreadable(&self, element: &Element<'_>, fields: Option<&Fields<'_>>, detail: Unreadable) -> NewEvent {
        let portal = fields.and_then(|fields| self.portal(fields).ok());
        NewEvent {
            connection: portal.and_then(|portal| self.connection_of(portal)).unwrap_or(self.path).name.clone(),
            object: None,
            kind: EventKind::Unreadable,
            message_id: None,
            message_type: None,
            property: None,
            value: None,
            hubspot_event_id: None,
            app_id: None,
            source: None,
            occurred_at: None,
            data: None,
            dedup: dedup::element_key(portal.unwrap_or(self.path.portal_id), element.raw),
            seen: 1,
            schedule: Schedule::Now,
            interrupt: false,
            ended: Some((State::Dead, Reason::PayloadUnreadable)),
            detail: Some(detail.to_owned()),
        }
    }
}

/// The kind of a subscription type the bridge acts on.
fn kind(fields: &Fields<'_>) -> Result<Option<EventKind>, Unreadable> {
    let subscription = fields.subscription_type.id().or_else(|| fields.event_type.id());
    match subscription.as_deref() {
        None => Err("subscriptionType is missing"),
        // `messageCreated` is not in HubSpot's list, but the original documents it.
        Some("conversation.newMessage" | "conversation.messageCreated") => Ok(Some(EventKind::NewMessage)),
        // Put in the trash, or gone for good: a change of the thread's status like its closing. Taking it out of the
        // trash is announced as a property.
        Some("conversation.propertyChange" | "conversation.deletion" | "conversation.privacyDeletion") => {
            Ok(Some(EventKind::ThreadProperty))
        }
        Some("ticket.propertyChange") => Ok(Some(EventKind::TicketProperty)),
        // One subscription type for records of every kind; only notes are acted on.
        Some("object.creation") if fields.object_type_id.id().as_deref() == Some(NOTE_TYPE) => {
            Ok(Some(EventKind::NoteCreated))
        }
        Some(_) => Ok(None),
    }
}

fn object(kind: EventKind, fields: &Fields<'_>) -> Result<Object, Unreadable> {
    let id = name(&fields.object_id, "objectId is too long")?.ok_or("objectId is missing")?;
    Ok(match kind {
        EventKind::TicketProperty => Object::Ticket(TicketId(id)),
        EventKind::NoteCreated => Object::Note(NoteId(id)),
        EventKind::NewMessage
        | EventKind::ThreadProperty
        | EventKind::Swept
        | EventKind::TicketWrite
        | EventKind::HandoffRequest
        | EventKind::Action
        | EventKind::DeliveryCheck
        | EventKind::Unreadable => Object::Thread(ThreadId(id)),
    })
}

/// The value of a conversation's property. A ticket's is never stored.
fn value(kind: EventKind, fields: &Fields<'_>) -> Result<Option<String>, Unreadable> {
    if kind != EventKind::ThreadProperty {
        return Ok(None);
    }
    match fields.property_value.text() {
        None if fields.property_value.is_empty() => Ok(None),
        None => Err("propertyValue is neither text nor a number nor a boolean"),
        Some(value) if value.len() > VALUE_BYTES => Err("propertyValue is too long"),
        Some(value) => Ok(Some(value.into_owned())),
    }
}

fn ticket_skip(connection: &Connection, fields: &Fields<'_>, event: &NewEvent) -> Option<Reason> {
    if !connection.ticketing.enabled {
        Some(Reason::TicketingDisabled)
    } else if fields.property_value.is_empty() {
        Some(Reason::EmptyValue)
    } else if !connection.ticketing.syncs(event.property.as_deref().unwrap_or_default()) {
        Some(Reason::PropertyNotSynced)
    } else {
        None
    }
}

/// `changeSource:sourceId`; a hint, so one too long to be HubSpot's is left out.
fn source(fields: &Fields<'_>) -> Option<String> {
    let joined = match (fields.change_source.id(), fields.source_id.id()) {
        (Some(source), Some(id)) => format!("{source}:{id}"),
        (one, other) => one.or(other)?.into_owned(),
    };
    (joined.len() <= NAME_BYTES).then_some(joined)
}

fn name(scalar: &Scalar<'_>, too_long: Unreadable) -> Result<Option<String>, Unreadable> {
    match scalar.id() {
        Some(text) if text.len() > NAME_BYTES => Err(too_long),
        text => Ok(text.map(Cow::into_owned)),
    }
}
