//! A ticket's turn: its changes reach the sessions, the sessions' data reaches the ticket, and what somebody asked of the
//! ticket's conversations is carried on to them.

mod carry;
mod sync;
mod write;

pub use sync::value_hash;

use std::collections::BTreeSet;
use std::time::Duration;

use super::conversation::pause_after;
use super::journal::Journal;
use super::{Context, Run, Stop};
use crate::domain::{Ending, Event, EventKind, Lane, Reason, TicketId};
use crate::hubspot::Class;
use crate::store::{Batch, Finish};

/// The turn's events, by what they ask for.
#[derive(Debug, Default)]
struct Bound {
    changes: Vec<Event>,
    writes: Vec<Event>,
    requests: Vec<Event>,
    others: Vec<Event>,
    /// Properties marked as changed without an event of their own.
    dirty: Vec<String>,
}

impl Bound {
    fn of(events: Vec<Event>, dirty: Vec<String>) -> Self {
        let mut bound = Self { dirty, ..Self::default() };
        for event in events {
            let list = match event.kind {
                EventKind::TicketProperty => &mut bound.changes,
                EventKind::TicketWrite => &mut bound.writes,
                EventKind::Action | EventKind::HandoffRequest => &mut bound.requests,
                EventKind::NewMessage
                | EventKind::ThreadProperty
                | EventKind::NoteCreated
                | EventKind::Swept
                | EventKind::DeliveryCheck
                | EventKind::Unreadable => &mut bound.others,
            };
            list.push(event);
        }
        bound
    }

    /// May a session change by it?
    fn touches_sessions(&self) -> bool {
        !(self.changes.is_empty() && self.dirty.is_empty() && self.writes.is_empty())
    }

    /// HubSpot may not show a ticket that it or the bridge just made: that is waited for, a little.
    fn wait_for_ticket(&self, cx: &Context) -> Result<(), Stop> {
        let youngest = self.changes.iter().chain(&self.writes).map(|event| event.received_at).max();
        let waited = youngest.map_or(Duration::MAX, |received_at| cx.now().since(received_at));
        if waited >= cx.delivery.settle {
            return Ok(());
        }
        let until = cx.now().after(pause_after(waited));
        Err(Stop::Defer { until, why: "HubSpot does not show the ticket yet".to_owned(), counts: false })
    }

    /// Ends changes and writes alike.
    fn end(&self, ending: impl Fn(&Event) -> Ending) -> Finish {
        Finish { endings: self.changes.iter().chain(&self.writes).map(ending).collect(), ..Finish::default() }
    }
}

/// Runs the turn.
pub async fn run(cx: &Context, run: Run<'_>, ticket: TicketId) -> Result<Finish, Stop> {
    let turn = run.turn.id;
    let bound = Bound::of(run.turn.events, run.turn.dirty);
    let carried = carry::on(cx, &ticket, turn, &bound.requests).await?;
    let mut journal = Journal::new(cx.store.as_ref(), run.lease, run.watch, cx.clock.as_ref(), run.turn.steps);
    let mut finish = match keep_in_step(cx, &ticket, &bound, &mut journal).await {
        Ok(finish) => finish,
        Err(Stop::Refused { reason, detail }) => {
            bound.end(|event| Ending::dead(event.id, reason).detail(detail.clone()))
        }
        Err(stop) => {
            // What people ask for does not wait until the ticket may be written; carried on twice it counts once.
            if !carried.events.is_empty() {
                let batch = Batch { events: carried.events, dirty: Vec::new() };
                if let Err(error) = cx.store.append_own(batch).await {
                    // The requests stay bound, so the next run carries them on; why this one ends matters more.
                    tracing::error!(ticket.id = %ticket, %error, "requests could not be carried on");
                }
            }
            return Err(stop);
        }
    };
    finish.endings.extend(carried.endings);
    finish.followups.extend(carried.events);
    let others = bound.others.iter();
    let strange = |event| super::unknown_kind(event).unwrap_or_else(|| Ending::skipped(event.id, Reason::NotAMessage));
    finish.endings.extend(others.map(strange));
    Ok(finish)
}

/// Brings the ticket and its sessions to the same values. One read serves both ways.
async fn keep_in_step(
    cx: &Context,
    ticket: &TicketId,
    bound: &Bound,
    journal: &mut Journal<'_>,
) -> Result<Finish, Stop> {
    if !cx.settings.ticketing.enabled {
        return Ok(bound.end(|event| Ending::skipped(event.id, Reason::TicketingDisabled)));
    }
    // Before the values to be written: a session that changes in between then has another version, and what this turn
    // knows of it cannot undo its newer value.
    let sessions = if bound.touches_sessions() {
        cx.store.sessions_of_ticket(&cx.settings.name, ticket).await?
    } else {
        Vec::new()
    };
    let wish = write::Wish::of(cx, ticket, &bound.writes).await?;
    write::wait(cx, ticket, &wish, journal).await?;
    let sync = sync::Sync::of(cx, ticket, &bound.changes, &bound.dirty, sessions).await?;
    let names: BTreeSet<&String> = sync.properties().iter().chain(wish.properties()).collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    if names.is_empty() {
        let mut finish = Finish::default();
        finish.endings.extend(sync.endings(&Values::new(), &[]));
        finish.endings.extend(wish.endings(&write::Written::default()));
        return Ok(finish);
    }
    let client = cx.hubspot.on_lane(Lane::Ticket);
    // Current values are read, whatever the events said: their order is not promised.
    let mut values = match client.ticket(ticket, &names).await {
        Ok(values) => values,
        Err(error) if error.class == Class::NotFound => {
            bound.wait_for_ticket(cx)?;
            return Ok(bound.end(|event| Ending::dead(event.id, Reason::ObjectNotFound)));
        }
        Err(error) => return Err(error.into()),
    };
    let wanted = wish.wanted(&values);
    let mut finish = Finish::default();
    let written = match write::run(cx, ticket, &wanted, &values, journal).await {
        Ok(written) => {
            finish.endings.extend(wish.endings(&written));
            written
        }
        Err(Stop::Refused { reason, detail }) => {
            finish.endings.extend(wish.refused(reason, &detail));
            write::Written::default()
        }
        Err(stop) => return Err(stop),
    };
    // Both sides changed it: what the session wants wins for the properties being written, so the value just read is no
    // news for any session. Other sessions of the ticket get the written value instead; a refused one stays where it is.
    let ours: Vec<String> = wanted.keys().cloned().collect();
    finish.endings.extend(sync.endings(&values, &ours));
    let mut stand = Vec::new();
    for (name, value) in wanted {
        if written.stands(&name) {
            stand.push(name.clone());
            values.insert(name, Some(value));
        } else {
            values.remove(&name);
        }
    }
    finish.sessions = sync.sessions(cx, &values, &stand);
    if written.acted() {
        finish.updated_tickets.push(ticket.clone());
    }
    finish.own_writes = written.hashes(ticket);
    Ok(finish)
}

/// Current values of a ticket, as far as they were asked for.
type Values = std::collections::BTreeMap<String, Option<String>>;
