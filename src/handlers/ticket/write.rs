//! Session data, the handoff tag and the owner into a ticket: what differs is written, at most once in
//! `ticketing.update_interval`, with the values the sessions have when it is done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Values, sync};
use crate::config::Guarantee;
use crate::domain::{Ending, Event, EventId, Outcome, Reason, SessionId, ThreadId, TicketId};
use crate::handlers::handoff::ticket::HANDED_OFF_TAG;
use crate::handlers::journal::{self, Journal, outcome, step};
use crate::handlers::{Context, Stop, unreadable};
use crate::hubspot::Effect;
use crate::store::request::{self, TicketWrite};
use crate::store::{SessionKey, StepResult, StepStatus};

const OWNER: &str = "hubspot_owner_id";

/// What the turn's writes ask for, as things stand now.
#[derive(Debug, Default)]
pub(super) struct Wish {
    events: Vec<EventId>,
    /// Events that end without a write.
    ended: Vec<Ending>,
    values: BTreeMap<String, String>,
    /// The multi-select that gets the tag.
    tag: Option<String>,
    properties: Vec<String>,
    remarks: Vec<String>,
}

impl Wish {
    /// Reads the sessions; later events win.
    pub(super) async fn of(cx: &Context, ticket: &TicketId, events: &[Event]) -> Result<Self, Stop> {
        let mut wish = Self::default();
        for event in events {
            let Some(write) = request::decode::<TicketWrite>(event.data.as_deref()) else {
                wish.ended.push(unreadable(event));
                continue;
            };
            wish.events.push(event.id);
            wish.custom_data(cx, ticket, &write).await?;
            if write.tag && !cx.settings.ticketing.tag_property.is_empty() {
                wish.tag = Some(cx.settings.ticketing.tag_property.clone());
            }
            if let Some(user) = &write.owner {
                wish.owner(cx, user).await;
            }
        }
        wish.properties = wish.values.keys().chain(&wish.tag).cloned().collect();
        Ok(wish)
    }

    async fn custom_data(&mut self, cx: &Context, ticket: &TicketId, write: &TicketWrite) -> Result<(), Stop> {
        let mapped: Vec<(&String, &String)> =
            write.keys.iter().filter_map(|key| Some((key, cx.settings.ticketing.custom_data.get(key)?))).collect();
        let thread = || Some(SessionKey::Thread(cx.settings.name.clone(), ThreadId(write.thread.clone()?)));
        let key = write.session.map(|id| SessionKey::Id(SessionId(id))).or_else(thread);
        let (Some(key), false) = (key, mapped.is_empty()) else { return Ok(()) };
        let Some(session) = cx.store.session(&key).await? else { return Ok(()) };
        if session.ticket_id.as_ref().is_some_and(|linked| linked != ticket) {
            self.remarks.push(format!("{} is linked to another ticket by now", session.id));
            return Ok(());
        }
        let now =
            mapped.into_iter().filter_map(|(key, name)| Some((name.clone(), session.custom_data.get(key)?.clone())));
        self.values.extend(now);
        Ok(())
    }

    async fn owner(&mut self, cx: &Context, user: &str) {
        let known = cx.directory.known(&cx.hubspot).await;
        let id = user.strip_prefix("A-").unwrap_or(user);
        match known.owners.iter().find(|owner| owner.user_id.as_deref() == Some(id)) {
            Some(owner) => {
                self.values.insert(OWNER.to_owned(), owner.id.clone());
            }
            None => self.remarks.push(format!("HubSpot names no owner for the user {user}")),
        }
    }

    /// The properties it is about.
    pub(super) fn properties(&self) -> &[String] {
        &self.properties
    }

    /// The values the ticket should have, by those it has.
    pub(super) fn wanted(&self, values: &Values) -> BTreeMap<String, String> {
        let mut wanted = self.values.clone();
        if let Some(property) = &self.tag {
            let has = wanted.get(property).or_else(|| values.get(property)?.as_ref()).cloned().unwrap_or_default();
            wanted.insert(property.clone(), tagged(&has));
        }
        wanted
    }

    /// How the writes end.
    pub(super) fn endings(&self, written: &Written) -> Vec<Ending> {
        let mut remarks = self.remarks.clone();
        if !written.dropped.is_empty() {
            let names = written.dropped.join(", ");
            remarks.push(format!("left out, because HubSpot refuses property or value: {names}"));
        }
        let end = |event: &EventId| {
            let ending = Ending::done(*event, Outcome::PropertySynced);
            if remarks.is_empty() { ending } else { ending.detail(remarks.join("; ")) }
        };
        self.ended.iter().cloned().chain(self.events.iter().map(end)).collect()
    }

    /// HubSpot takes none of it.
    pub(super) fn refused(&self, reason: Reason, detail: &str) -> Vec<Ending> {
        let end = |event: &EventId| Ending::dead(*event, reason).detail(detail);
        self.ended.iter().cloned().chain(self.events.iter().map(end)).collect()
    }
}

/// The choices of a multi-select with the tag among them.
fn tagged(has: &str) -> String {
    let mut choices: Vec<&str> = has.split(';').map(str::trim).filter(|choice| !choice.is_empty()).collect();
    if choices.contains(&HANDED_OFF_TAG) {
        return has.to_owned();
    }
    choices.push(HANDED_OFF_TAG);
    choices.join(";")
}

/// What was written: the journal's record of the step, intended and done.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Written {
    v: u32,
    /// Property and hash of its value.
    values: BTreeMap<String, String>,
    /// Properties HubSpot refuses.
    dropped: Vec<String>,
}

impl Written {
    /// Did anything reach the ticket?
    pub(super) fn acted(&self) -> bool {
        !self.values.is_empty()
    }

    /// Has the ticket the wanted value?
    pub(super) fn stands(&self, property: &str) -> bool {
        self.v > 0 && !self.dropped.iter().any(|name| name == property)
    }

    /// For recognising the echoes.
    pub(super) fn hashes(&self, ticket: &TicketId) -> Vec<(TicketId, String, String)> {
        self.values.iter().map(|(name, hash)| (ticket.clone(), name.clone(), hash.clone())).collect()
    }
}

/// Puts the turn off while the ticket's last update is too young. Without journalled steps it is dissolved then, and
/// newer writes join it.
pub(super) async fn wait(cx: &Context, ticket: &TicketId, wish: &Wish, journal: &Journal<'_>) -> Result<(), Stop> {
    let step = journal.get(step::TICKET_WRITE);
    let over = step.is_some_and(|step| matches!(step.status, StepStatus::Done | StepStatus::Failed));
    if over || wish.properties.is_empty() {
        return Ok(());
    }
    // An interrupted update may have reached HubSpot: the next keeps its distance from it too.
    let maybe = step.filter(|step| step.status == StepStatus::Intended);
    let maybe = maybe.map(|step| step.act_deadline.before(cx.hubspot_timeout));
    let last = cx.store.ticket_updated_at(&cx.settings.name, ticket).await?.max(maybe);
    let until = last.map(|at| at.after(cx.settings.ticketing.update_interval));
    match until.filter(|until| *until > cx.now()) {
        Some(until) => {
            let why = "the ticket was updated less than `ticketing.update_interval` ago".to_owned();
            Err(Stop::Defer { until, why, counts: false })
        }
        None => Ok(()),
    }
}

/// Writes what differs, as a step.
pub(super) async fn run(
    cx: &Context,
    ticket: &TicketId,
    wanted: &BTreeMap<String, String>,
    values: &Values,
    journal: &mut Journal<'_>,
) -> Result<Written, Stop> {
    let step = journal.get(step::TICKET_WRITE);
    let status = step.map(|step| step.status);
    if let (Some(StepStatus::Done | StepStatus::Failed), Some(step)) = (status, step) {
        return Ok(journal::decode(step.result.as_deref()).unwrap_or_default());
    }
    // What an interrupted update may have written is ours as well.
    let maybe = step.filter(|step| step.status == StepStatus::Intended);
    let maybe: Option<Written> = maybe.and_then(|step| journal::decode(step.text.as_deref()));
    let interrupted = maybe.is_some();
    let mut written = Written { v: 1, dropped: Vec::new(), ..maybe.unwrap_or_default() };
    let has = |name: &String| values.get(name).and_then(Option::as_deref).unwrap_or_default();
    let mut left = wanted.clone();
    left.retain(|name, value| has(name) != value);
    if left.is_empty() {
        if interrupted {
            settle(journal, StepStatus::Done, &written).await?;
        }
        return Ok(written);
    }
    update(cx, ticket, left, &mut written, journal).await?;
    Ok(written)
}

/// The update. Refused properties are dropped, and the rest is written once more.
async fn update(
    cx: &Context,
    ticket: &TicketId,
    mut left: BTreeMap<String, String>,
    written: &mut Written,
    journal: &mut Journal<'_>,
) -> Result<(), Stop> {
    let client = cx.hubspot.on_lane(crate::domain::Lane::Ticket);
    let before = written.values.clone();
    loop {
        written.values.clone_from(&before);
        written.values.extend(left.iter().map(|(name, value)| (name.clone(), sync::value_hash(value))));
        // Room is taken beforehand: the pace is counted from the intent.
        let client = client.reserve(1).await?;
        journal.intend(step::TICKET_WRITE, cx.hubspot_timeout, None, None, written).await?;
        let error = match client.update_ticket(ticket, &left).await {
            Ok(()) => return settle(journal, StepStatus::Done, written).await,
            Err(error) => error,
        };
        if error.effect == Effect::Unclear {
            if cx.delivery.guarantee == Guarantee::AtMostOnce {
                let detail = format!("{error}; whether the ticket was updated is not known, and it is not done again");
                return Err(Stop::Refused { reason: Reason::AttemptsExhausted, detail });
            }
            return Err(error.into());
        }
        let refused: Vec<String> =
            error.bad_properties.iter().filter(|name| left.contains_key(*name)).cloned().collect();
        if refused.is_empty() || !written.dropped.is_empty() {
            journal.settle(step::TICKET_WRITE, outcome(StepStatus::NotSent)).await?;
            return Err(error.into());
        }
        left.retain(|name, _| !refused.contains(name));
        written.dropped = refused;
        if left.is_empty() {
            written.values = before;
            return settle(journal, StepStatus::Failed, written).await;
        }
        journal.settle(step::TICKET_WRITE, outcome(StepStatus::NotSent)).await?;
    }
}

async fn settle(journal: &mut Journal<'_>, status: StepStatus, written: &Written) -> Result<(), Stop> {
    let result = Some(journal::encode(written)?);
    journal.settle(step::TICKET_WRITE, StepResult { status, result, text: None, posted: None }).await
}
