//! Ticket changes into the custom data of every linked session. A thousand changes of one ticket fold into one read.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::{Context, Run, Stop};
use crate::domain::{Ending, Event, EventKind, Outcome, Reason, Session, SessionPatch, TicketId};
use crate::hubspot::Class;
use crate::store::{Finish, SessionChange, SessionKey};

/// Current values of a ticket, as far as they were asked for.
type Values = BTreeMap<String, Option<String>>;

/// Runs the turn.
pub async fn run(cx: &Context, run: Run<'_>, ticket: TicketId) -> Result<Finish, Stop> {
    let (changes, others): (Vec<Event>, Vec<Event>) =
        run.turn.events.into_iter().partition(|event| event.kind == EventKind::TicketProperty);
    let mut finish = Finish {
        endings: others
            .iter()
            .map(|event| super::unknown_kind(event).unwrap_or_else(|| Ending::skipped(event.id, Reason::NotAMessage)))
            .collect(),
        ..Finish::default()
    };
    if !cx.settings.ticketing.enabled {
        finish.endings.extend(changes.iter().map(|event| Ending::skipped(event.id, Reason::TicketingDisabled)));
        return Ok(finish);
    }
    let sessions = cx.store.sessions_of_ticket(&cx.settings.name, &ticket).await?;
    if sessions.is_empty() {
        finish.endings.extend(changes.iter().map(|event| Ending::skipped(event.id, Reason::NoLinkedSession)));
        return Ok(finish);
    }
    let properties = wanted(cx, &changes, &run.turn.dirty).await?;
    if properties.is_empty() {
        finish.endings.extend(changes.iter().map(|event| Ending::skipped(event.id, Reason::PropertyNotSynced)));
        return Ok(finish);
    }
    let client = cx.hubspot.on_lane(crate::domain::Lane::Ticket);
    // Current values are read, whatever the events said: their order is not promised.
    let values = match client.ticket(&ticket, &properties).await {
        Ok(values) => values,
        Err(error) if matches!(error.class, Class::NotFound) => {
            finish.endings.extend(changes.iter().map(|event| Ending::dead(event.id, Reason::ObjectNotFound)));
            return Ok(finish);
        }
        Err(error) => return Err(error.into()),
    };
    let ours = Ours { apps: own_apps(cx).await, writes: cx.store.own_writes(&cx.settings.name, &ticket).await? };
    finish.endings.extend(changes.iter().map(|event| ending(event, &values, &ours)));
    finish.sessions = sessions.iter().filter_map(|session| change(cx, session, &values)).collect();
    Ok(finish)
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
struct Ours {
    /// Our app, as HubSpot names it in the source of a change.
    apps: Vec<String>,
    /// Property and hash of the value written last.
    writes: Vec<(String, String)>,
}

impl Ours {
    fn wrote(&self, event: &Event, value: &str) -> bool {
        let source = event.source.as_deref().and_then(|source| source.split_once(':'));
        source.is_some_and(|(_, id)| self.apps.iter().any(|app| app == id)) || {
            let hash = hex::encode(Sha256::digest(value));
            self.writes.iter().any(|(name, written)| event.property.as_ref() == Some(name) && *written == hash)
        }
    }
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
    for (property, value) in values {
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
    Some(SessionChange { key: SessionKey::Id(session.id), version: session.version, patch })
}
