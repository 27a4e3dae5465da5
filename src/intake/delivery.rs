//! From the elements of one delivery to one batch for the store: judged, deduplicated, tallied. Pure; called by the
//! routes.

use std::collections::HashMap;

use super::dedup;
use super::envelope::Element;
use super::judge::Judge;
use crate::domain::{ConnectionName, EventKind, MailboxKey, NewEvent, PortalId};
use crate::store::Batch;

/// The metrics label of the types the bridge does not act on.
pub const OTHER: &str = "other";

/// A delivery, ready to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// What the store gets.
    pub batch: Batch,
    /// How many elements came in, duplicates too, by connection and type.
    pub received: Vec<(ConnectionName, &'static str, u64)>,
}

/// Judges every element and folds those that are the same event.
///
/// Elements that are not acted on take no part in the folding: their event ids are not unique either, and must not hide
/// an event that is acted on. Nor do the portals of one delivery hide each other's.
#[must_use]
pub fn assemble(elements: &[Element<'_>], judge: &Judge<'_>) -> Delivery {
    let mut delivery = Delivery::default();
    let mut firsts: HashMap<Same<'_>, usize> = HashMap::with_capacity(elements.len());
    for element in elements {
        let Some(event) = judge.judge(element) else {
            delivery.count(&judge.path.name, OTHER);
            continue;
        };
        delivery.count(&event.connection, event.kind.as_str());
        let place = delivery.batch.events.len();
        let first = *firsts.entry(Same::of(element, &event, judge)).or_insert(place);
        match delivery.batch.events.get_mut(first) {
            Some(first) => {
                first.seen = first.seen.saturating_add(1);
                delivery.batch.dirty.extend(dirtied(first, event));
            }
            None => delivery.batch.events.push(event),
        }
    }
    delivery
}

/// What the elements of one delivery have in common when they are the same event.
#[derive(PartialEq, Eq, Hash)]
enum Same<'a> {
    Key(Option<PortalId>, String),
    Bytes(&'a str),
}

impl<'a> Same<'a> {
    /// An unreadable element is only ever the same as its own bytes: it must not hide a neighbour.
    fn of(element: &Element<'a>, event: &NewEvent, judge: &Judge<'_>) -> Self {
        let fields = element.fields.as_ref().filter(|_| event.kind != EventKind::Unreadable);
        let key = fields.and_then(|fields| Some(Self::Key(judge.portal(fields).ok(), dedup::key_in_delivery(fields)?)));
        key.unwrap_or(Self::Bytes(element.raw))
    }
}

/// The ticket property that a folded event leaves to be read, unless the first event is about it too.
fn dirtied(first: &NewEvent, folded: NewEvent) -> Option<(MailboxKey, String)> {
    let to_read = folded.kind == EventKind::TicketProperty && folded.ended.is_none();
    let covered = first.ended.is_none() && first.kind == folded.kind && first.property == folded.property;
    if !to_read || covered {
        return None;
    }
    Some((MailboxKey { connection: folded.connection, object: folded.object? }, folded.property?))
}

impl Delivery {
    fn count(&mut self, connection: &ConnectionName, kind: &'static str) {
        match self.received.iter_mut().find(|(name, of, _)| *of == kind && name == connection) {
            Some((.., count)) => *count += 1,
            None => self.received.push((connection.clone(), kind, 1)),
        }
    }
}
