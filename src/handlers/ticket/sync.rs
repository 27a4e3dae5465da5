//! Ticket changes into the custom data of every linked session. A thousand changes of one ticket fold into one read.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::Values;
use crate::domain::{Ending, Event, Outcome, Reason, Session, SessionPatch, TicketId};
use crate::handlers::{Context, Stop};
use crate::store::{SessionChange, SessionKey};

/// What the turn's changes ask for.
pub(super) struct Sync<'a> {
    changes: &'a [Event],
    sessions: Vec<Session>,
    properties: Vec<String>,
    ours: Ours,
}

impl<'a> Sync<'a> {
    /// Reads what the bridge knows of the changes; `sessions` are the ticket's.
    pub(super) async fn of(
        cx: &Context,
        ticket: &TicketId,
        changes: &'a [Event],
        dirty: &[String],
        sessions: Vec<Session>,
    ) -> Result<Self, Stop> {
        let mut sync = Self { changes, sessions, properties: Vec::new(), ours: Ours::default() };
        if sync.sessions.is_empty() {
            return Ok(sync);
        }
        sync.properties = wanted(cx, changes, dirty).await?;
        if !sync.properties.is_empty() {
            let writes = cx.store.own_writes(&cx.settings.name, ticket).await?;
            sync.ours = Ours { apps: own_apps(cx).await, writes };
        }
        Ok(sync)
    }

    /// The properties to read.
    pub(super) fn properties(&self) -> &[String] {
        &self.properties
    }

    /// How the changes end, by the values read. `kept`: properties of which the sessions keep their own newer value.
    pub(super) fn endings(&self, values: &Values, kept: &[String]) -> Vec<Ending> {
        let all = |reason| self.changes.iter().map(|event| Ending::skipped(event.id, reason)).collect();
        if self.sessions.is_empty() {
            return all(Reason::NoLinkedSession);
        }
        if self.properties.is_empty() {
            return all(Reason::PropertyNotSynced);
        }
        let lost = |event: &Event| event.property.as_ref().is_some_and(|name| kept.contains(name));
        let ends = self.changes.iter().map(|event| {
            let ending = ending(event, values, &self.ours);
            if ending.outcome == Outcome::PropertySynced && lost(event) {
                ending.detail("the session's own newer value was kept and written to the ticket")
            } else {
                ending
            }
        });
        ends.collect()
    }

    /// What changes for the sessions. `written`: properties this turn wrote, which every session of the ticket gets.
    pub(super) fn sessions(&self, cx: &Context, values: &Values, written: &[String]) -> Vec<SessionChange> {
        let synced = !self.properties.is_empty();
        let is_news = |(name, value): &(&String, &Option<String>)| {
            written.contains(name) || (synced && !self.is_echo(name, value.as_deref()))
        };
        let news: Values = values.iter().filter(is_news).map(owned).collect();
        self.sessions.iter().filter_map(|session| change(cx, session, &news)).collect()
    }

    /// Does a property show nothing but what the bridge wrote last? A session may be ahead of it by now, with its own
    /// write on the way.
    fn is_echo(&self, name: &str, value: Option<&str>) -> bool {
        let mut about = self.changes.iter().filter(|event| event.property.as_deref() == Some(name)).peekable();
        about.peek().is_some()
            && about.all(|event| self.ours.sent(event))
            && value.is_some_and(|value| self.ours.last_wrote(name, value))
    }
}

/// The hash by which the echo of a written value is recognised.
#[must_use]
pub fn value_hash(value: &str) -> String {
    hex::encode(Sha256::digest(value))
}

/// The properties to read; `*` in the marks means all that are synced.
async fn wanted(cx: &Context, changes: &[Event], dirty: &[String]) -> Result<Vec<String>, Stop> {
    let ticketing = &cx.settings.ticketing;
    let mut names: BTreeSet<String> = changes.iter().filter_map(|event| event.property.clone()).collect();
    names.extend(dirty.iter().filter(|name| *name != "*").cloned());
    if dirty.iter().any(|name| name == "*") {
        names.extend(cx.hubspot.ticket_property_names().await?);
    }
    Ok(names.into_iter().filter(|name| ticketing.syncs(name)).collect())
}

async fn own_apps(cx: &Context) -> Vec<String> {
    let known = cx.directory.known(&cx.hubspot).await;
    known.app.map(|app| app.to_string()).into_iter().collect()
}

/// How the bridge recognises the echo of its own writes.
#[derive(Default)]
struct Ours {
    /// Our app, as HubSpot names it in the source of a change.
    apps: Vec<String>,
    /// Property and hash of the value written last.
    writes: Vec<(String, String)>,
}

impl Ours {
    fn wrote(&self, event: &Event, value: &str) -> bool {
        let by_hand = event.source.as_deref().is_some_and(|source| source.starts_with("CRM_UI"));
        let named = || event.property.as_deref().is_some_and(|name| self.last_wrote(name, value));
        self.sent(event) || (!by_hand && named())
    }

    /// HubSpot names our app as the source of the change.
    fn sent(&self, event: &Event) -> bool {
        let source = event.source.as_deref().and_then(|source| source.split_once(':'));
        source.is_some_and(|(_, id)| self.apps.iter().any(|app| app == id))
    }

    /// Is this what the bridge wrote last?
    fn last_wrote(&self, property: &str, value: &str) -> bool {
        let hash = value_hash(value);
        self.writes.iter().any(|(name, written)| name == property && *written == hash)
    }
}

fn owned((name, value): (&String, &Option<String>)) -> (String, Option<String>) {
    (name.clone(), value.clone())
}

fn ending(event: &Event, values: &Values, ours: &Ours) -> Ending {
    let value =
        event.property.as_ref().and_then(|name| values.get(name)).and_then(Option::as_deref).unwrap_or_default();
    if ours.wrote(event, value) {
        Ending::skipped(event.id, Reason::OwnWrite)
    } else if value.is_empty() {
        Ending::skipped(event.id, Reason::EmptyValue)
    } else {
        Ending::done(event.id, Outcome::PropertySynced)
    }
}

/// What changes for one session; none when it has these values already.
fn change(cx: &Context, session: &Session, values: &Values) -> Option<SessionChange> {
    let mapped = &cx.settings.ticketing.custom_data;
    let mut patch = SessionPatch::default();
    // HubSpot answers more than it was asked for.
    for (property, value) in values.iter().filter(|(property, _)| cx.settings.ticketing.syncs(property)) {
        let Some(value) = value.as_ref().filter(|value| !value.is_empty()) else { continue };
        // A mapped property lands under the session's own key, so that the two ways of the mapping agree.
        let key = mapped.iter().find(|(_, name)| *name == property).map_or(property, |(key, _)| key);
        if session.custom_data.get(key) != Some(value) {
            patch.custom_data.insert(key.clone(), value.clone());
        }
    }
    if patch.is_empty() {
        return None;
    }
    patch.custom_data_pending = Some(true);
    Some(SessionChange { key: SessionKey::Id(session.id), version: session.version, patch, followups: Vec::new() })
}
