//! What was told already, as it is kept in the store between looks and between processes. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::alert::Kind;
use crate::domain::{ConnectionName, EventId, Timestamp};

const VERSION: u32 = 1;
/// Events told that are remembered by their ids. About 12 KB.
const TOLD_MAX: usize = 500;
/// How far back is looked for events that died at, or just before, the end of the last one told.
const LOOK_BACK: Duration = Duration::from_mins(1);

/// What one receiver knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    /// What died before is nobody's business.
    since: i64,
    /// End and id of the last dead events told; the greatest is the position.
    dead: BTreeSet<(i64, i64)>,
    /// When each hold began that was told and whose end was not.
    held: BTreeMap<String, i64>,
    /// When an alert of a kind was taken last.
    last: BTreeMap<Kind, i64>,
}

impl State {
    /// Nothing was told, and nothing before now will be.
    #[must_use]
    pub fn beginning(now: Timestamp) -> Self {
        let (held, last) = (BTreeMap::new(), BTreeMap::new());
        Self { version: VERSION, since: now.0, dead: BTreeSet::new(), held, last }
    }

    /// Reads what was stored; none when a newer version wrote it, or nobody did.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|state: &Self| state.version == VERSION)
    }

    /// For the store.
    #[must_use]
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Where to begin reading dead events: a little before the last one told, so that none is passed over that ended in
    /// the same moment; further back when the clock was set back.
    #[must_use]
    pub fn read_from(&self, now: Timestamp) -> (Timestamp, EventId) {
        let beginning = if now.0 < self.since { now.before(LOOK_BACK).0 } else { self.since };
        let Some((last, _)) = self.dead.last() else { return (Timestamp(beginning), EventId(0)) };
        let back = (Timestamp(*last).min(now).before(LOOK_BACK).0.max(beginning), 0);
        // Earlier ones may have been told and forgotten.
        let known_from = self.dead.first().filter(|_| self.dead.len() >= TOLD_MAX && *last <= now.0);
        let (at, id) = known_from.map_or(back, |first| back.max(*first));
        (Timestamp(at), EventId(id))
    }

    /// Was it told?
    #[must_use]
    pub fn knows(&self, ended: Timestamp, event: EventId) -> bool {
        self.dead.contains(&(ended.0, event.0))
    }

    /// When the hold began that was told of a connection.
    #[must_use]
    pub fn held_since(&self, connection: &ConnectionName) -> Option<Timestamp> {
        self.held.get(connection.as_str()).map(|since| Timestamp(*since))
    }

    /// The connections told to be held.
    pub fn held(&self) -> impl Iterator<Item = (ConnectionName, Timestamp)> {
        self.held.iter().map(|(name, since)| (ConnectionName::from(name.as_str()), Timestamp(*since)))
    }

    /// May an alert of this kind be sent?
    #[must_use]
    pub fn may_tell(&self, kind: Kind, every: Duration, now: Timestamp) -> bool {
        // A time to come was written before the clock was set back.
        self.last.get(&kind).is_none_or(|last| now.0 < *last || now.since(Timestamp(*last)) >= every)
    }

    /// An alert of this kind was taken.
    pub(super) fn told(&mut self, kind: Kind, now: Timestamp) {
        self.last.insert(kind, now.0);
    }

    pub(super) fn told_dead(&mut self, ended: Timestamp, event: EventId) {
        self.dead.insert((ended.0, event.0));
        if self.dead.len() > TOLD_MAX {
            self.dead.pop_first();
        }
    }

    pub(super) fn told_held(&mut self, connection: &ConnectionName, since: Timestamp) {
        self.held.insert(connection.to_string(), since.0);
    }

    pub(super) fn told_released(&mut self, connection: &ConnectionName) {
        self.held.remove(connection.as_str());
    }
}
