//! `append`: the hot path. Inserts the events of a delivery, then writes each mailbox they touched once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rusqlite::{OptionalExtension, params};

use super::core::Tx;
use super::event;
use super::fault::Fault;
use super::mailbox::{Mailbox, Mark};
use crate::domain::{
    ConnectionName, EventId, EventKind, MailboxKey, MessageId, NewEvent, Object, Outcome, Schedule, State, Timestamp,
};
use crate::store::{Appended, Batch, Error};

const INSERT: &str = "INSERT INTO events (connection_id, mailbox_id, kind, state, timing, due_at, dedup, seen, \
     received_at, occurred_at, finished_at, message_id, message_type, property, value, hubspot_event_id, app_id, \
     source, data, outcome, reason, detail) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22) \
     ON CONFLICT (dedup) DO NOTHING";

/// `seen` is shown as an unsigned 32-bit number.
const SEEN: &str = "UPDATE events SET seen = min(seen + ?2, 4294967295) WHERE dedup = ?1 RETURNING id";

/// Mailboxes touched by a batch, written once at its end.
#[derive(Default)]
struct Touched<'b> {
    mailboxes: BTreeMap<(&'b ConnectionName, &'b Object), (Mailbox, bool)>,
}

impl<'b> Touched<'b> {
    fn mailbox(
        &mut self,
        tx: &mut Tx<'_>,
        connection: &'b ConnectionName,
        object: &'b Object,
    ) -> Result<&mut (Mailbox, bool), Fault> {
        match self.mailboxes.entry((connection, object)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(vacant) => {
                let id = tx.memory.names.id_or_create(tx.conn, connection)?;
                Ok(vacant.insert((Mailbox::find_or_create(tx, id, object)?, false)))
            }
        }
    }

    fn save(self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        for (mut mailbox, changed) in self.mailboxes.into_values() {
            if changed {
                mailbox.derive_due(tx.now);
                mailbox.save(tx)?;
                tx.memory.effects.wake = true;
            }
        }
        Ok(())
    }
}

/// Refuses what can never be stored, before anything is written: from then on only the disk can fail.
pub(super) fn check(events: &[NewEvent]) -> Result<(), Error> {
    let mut ended = events.iter().filter_map(|event| event.ended);
    match ended.find(|(state, _)| outcome(*state).is_none()) {
        Some((state, _)) => Err(Error::Refused(format!("an event cannot be stored as {}", state.as_str()))),
        None => Ok(()),
    }
}

/// Stores the events of a batch that passed [`check`].
pub(super) fn append(tx: &mut Tx<'_>, batch: &Batch) -> Result<Appended, Fault> {
    let mut touched = Touched::default();
    let mut appended =
        Appended { ids: Vec::with_capacity(batch.events.len()), fresh: Vec::with_capacity(batch.events.len()) };
    for new in &batch.events {
        let (id, fresh) = store(tx, &mut touched, new)?;
        appended.ids.push(id);
        appended.fresh.push(fresh);
    }
    for (key, property) in &batch.dirty {
        let (mailbox, changed) = touched.mailbox(tx, &key.connection, &key.object)?;
        mailbox.mark_dirty(tx, property)?;
        *changed = true;
    }
    touched.save(tx)?;
    Ok(appended)
}

fn store<'b>(tx: &mut Tx<'_>, touched: &mut Touched<'b>, new: &'b NewEvent) -> Result<(EventId, bool), Fault> {
    let mut slot = match &new.object {
        Some(object) => Some(touched.mailbox(tx, &new.connection, object)?),
        None => None,
    };
    let mailbox = slot.as_deref_mut().map(|(mailbox, _)| mailbox);
    if let Some(id) = insert(tx, mailbox.as_deref(), new)? {
        if let (Some((mailbox, changed)), None) = (slot, new.ended) {
            enqueue(tx, mailbox, new);
            *changed = true;
        }
        return Ok((id, true));
    }
    let id = tx
        .conn
        .prepare_cached(SEEN)?
        .query_row(params![event::dedup(&new.dedup), new.seen], |row| row.get(0).map(EventId))
        .optional()?
        .ok_or_else(|| Error::NotFound { what: "event with this dedup key".to_owned() })?;
    // HubSpot's ids of property changes are not unique: a dropped duplicate may be a change of its own.
    if let (EventKind::TicketProperty, None, Some(property), Some((mailbox, changed))) =
        (new.kind, new.ended, &new.property, slot)
    {
        mailbox.mark_dirty(tx, property)?;
        *changed = true;
    }
    Ok((id, false))
}

/// Inserts the row; none when there is one with its dedup key.
fn insert(tx: &mut Tx<'_>, mailbox: Option<&Mailbox>, new: &NewEvent) -> Result<Option<EventId>, Fault> {
    let connection = match mailbox {
        Some(mailbox) => mailbox.connection,
        None => tx.memory.names.id_or_create(tx.conn, &new.connection)?,
    };
    let ended = new.ended.and_then(|(state, reason)| Some((outcome(state)?, reason)));
    let state = ended.map_or(State::Pending, |(outcome, _)| outcome.state());
    let rows = tx.conn.prepare_cached(INSERT)?.execute(params![
        connection,
        mailbox.map(|mailbox| mailbox.id),
        new.kind.as_str(),
        state.as_str(),
        timing(new.schedule),
        ended.is_none().then(|| due(mailbox, new.schedule, tx.now)).map(|at| at.0),
        event::dedup(&new.dedup),
        new.seen,
        tx.now.0,
        new.occurred_at.map(|at| at.0),
        ended.map(|_| tx.now.0),
        new.message_id.as_ref().map(MessageId::as_str),
        new.message_type,
        new.property,
        new.value,
        new.hubspot_event_id,
        new.app_id.map(|id| id.0),
        new.source,
        new.data,
        ended.map(|(outcome, _)| outcome.as_str()),
        ended.map(|(_, reason)| reason.as_str()),
        new.detail,
    ])?;
    if rows == 0 {
        return Ok(None);
    }
    let id = EventId(tx.conn.last_insert_rowid());
    tx.memory.tally.events += 1;
    match ended {
        Some((outcome, reason)) => event::count(tx, connection, outcome, Some(reason))?,
        None => tx.memory.tally.open += 1,
    }
    Ok(Some(id))
}

/// The mailbox has one more event to work on.
fn enqueue(tx: &mut Tx<'_>, mailbox: &mut Mailbox, new: &NewEvent) {
    mailbox.times.add(new.schedule, tx.now);
    if !new.interrupt {
        return;
    }
    // Who has the conversation does not wait, whether HubSpot or a person says it.
    let urgent = matches!(new.kind, EventKind::ThreadProperty | EventKind::Action | EventKind::HandoffRequest);
    mailbox.mark = mailbox.mark.max(if urgent { Mark::Urgent } else { Mark::Raised });
    if urgent && mailbox.lease_until.is_none() {
        mailbox.times.pull(tx.now);
    }
    let key = MailboxKey { connection: new.connection.clone(), object: mailbox.object.clone() };
    tx.memory.effects.raise.push(key);
}

fn due(mailbox: Option<&Mailbox>, schedule: Schedule, now: Timestamp) -> Timestamp {
    let mut times = mailbox.map_or_else(Default::default, |mailbox| mailbox.times);
    times.add(schedule, now)
}

/// How an event waits, as `events.timing`.
fn timing(schedule: Schedule) -> i64 {
    match schedule {
        Schedule::Now => 0,
        Schedule::Quiet { .. } => 1,
        Schedule::At(_) => 2,
    }
}

/// How an event that the envelope settled ended.
fn outcome(state: State) -> Option<Outcome> {
    match state {
        State::Skipped => Some(Outcome::Skipped),
        State::Dead => Some(Outcome::Dead),
        State::Pending | State::Running | State::Done => None,
    }
}
