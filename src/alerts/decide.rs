//! Whom to tell what, now: a pure function of what was told, what is so, the settings and the time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::alert::{Alert, Count, Kind, Listed};
use super::state::State;
use crate::domain::{ConnectionName, EventId, Reason, Timestamp};
use crate::store::Hold;

/// Events listed in one alert.
const LISTED: usize = 20;

/// An event that died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    /// Which.
    pub id: EventId,
    /// Whose.
    pub connection: ConnectionName,
    /// Why; none when a newer version wrote it.
    pub reason: Option<Reason>,
    /// When.
    pub ended: Timestamp,
}

/// What is so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Events that died after [`State::read_from`], in the order of their ends; some may have been told.
    pub dead: Vec<Dead>,
    /// There are more of them than were read.
    pub more: bool,
    /// Connections that are held.
    pub holds: Vec<Hold>,
}

/// How to tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// At most one alert of a kind in this time.
    pub every: Duration,
    /// A shorter hold is not told.
    pub hold_after: Duration,
    /// `admin.public_url`, for links; may be empty.
    pub console: String,
    /// The connections of the settings: nothing is told of a hold of others.
    pub connections: BTreeSet<ConnectionName>,
}

/// The next alert, and what is known once it was taken; none when there is nothing to tell now. To be asked again with
/// that state until then.
#[must_use]
pub fn decide(state: &State, facts: &Facts, terms: &Terms, now: Timestamp) -> Option<(Alert, State)> {
    let (kind, (alert, mut after)) = [Kind::DeadEvents, Kind::ConnectionHeld, Kind::ConnectionReleased]
        .into_iter()
        .filter(|kind| state.may_tell(*kind, terms.every, now))
        .find_map(|kind| Some((kind, news(kind, state, facts, terms, now)?)))?;
    after.told(kind, now);
    Some((alert, after))
}

fn news(kind: Kind, state: &State, facts: &Facts, terms: &Terms, now: Timestamp) -> Option<(Alert, State)> {
    match kind {
        Kind::DeadEvents => died(state, facts, terms, now),
        Kind::ConnectionHeld => held(state, facts, terms, now),
        Kind::ConnectionReleased => released(state, facts, terms, now),
    }
}

fn died(state: &State, facts: &Facts, terms: &Terms, now: Timestamp) -> Option<(Alert, State)> {
    let fresh: Vec<&Dead> = facts.dead.iter().filter(|dead| !state.knows(dead.ended, dead.id)).collect();
    let (first, last) = (fresh.first()?.id, fresh.last()?.id);
    let mut counts = BTreeMap::<(ConnectionName, Option<Reason>), usize>::new();
    let mut after = state.clone();
    for dead in &fresh {
        *counts.entry((dead.connection.clone(), dead.reason)).or_default() += 1;
        after.told_dead(dead.ended, dead.id);
    }
    let mut counts: Vec<Count> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shown = fresh.iter().take(LISTED);
    let shown = shown.map(|dead| Listed::of(dead.id, &dead.connection, dead.ended, &terms.console)).collect();
    Some((Alert::dead(now, &counts, shown, (first, last), facts.more), after))
}

fn held(state: &State, facts: &Facts, terms: &Terms, now: Timestamp) -> Option<(Alert, State)> {
    let long = |hold: &&Hold| now.since(hold.since) >= terms.hold_after;
    let fresh = |hold: &&Hold| state.held_since(&hold.connection) != Some(hold.since);
    let ours = |hold: &&Hold| terms.connections.contains(&hold.connection);
    let holds: Vec<&Hold> = facts.holds.iter().filter(ours).filter(long).filter(fresh).collect();
    if holds.is_empty() {
        return None;
    }
    let mut after = state.clone();
    for hold in &holds {
        after.told_held(&hold.connection, hold.since);
    }
    Some((Alert::held(now, &holds, &terms.console), after))
}

fn released(state: &State, facts: &Facts, terms: &Terms, now: Timestamp) -> Option<(Alert, State)> {
    let is_held = |name: &ConnectionName| facts.holds.iter().any(|hold| hold.connection == *name);
    let freed: Vec<_> = state.held().filter(|(name, _)| !is_held(name) && terms.connections.contains(name)).collect();
    if freed.is_empty() {
        return None;
    }
    let mut after = state.clone();
    for (name, _) in &freed {
        after.told_released(name);
    }
    Some((Alert::released(now, &freed, &terms.console), after))
}
