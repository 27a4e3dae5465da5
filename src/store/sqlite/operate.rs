//! An operator's word about one event: replay it, or skip it.

use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value};

use super::core::Tx;
use super::event::{self, select_events};
use super::fault::Fault;
use super::mailbox::Mailbox;
use super::session;
use crate::domain::{Ending, Event, EventId, Object, Outcome, Reason, Session, State};
use crate::store::{Error, Operation, SessionKey};

/// Does it, or says why not.
pub(super) fn operate(tx: &mut Tx<'_>, operation: Operation) -> Result<(), Fault> {
    match operation {
        Operation::Replay { event, force } => replay(tx, event, force),
        Operation::Skip { event } => skip(tx, event),
    }
}

fn replay(tx: &mut Tx<'_>, id: EventId, force: bool) -> Result<(), Fault> {
    let (event, mailbox) = find(tx, id)?;
    let Some(mut mailbox) = mailbox else {
        return Err(
            Error::Refused(format!("{id} names no thread and no ticket, so there is nothing to work on")).into()
        );
    };
    if !event.state.is_final() {
        return Err(Error::Refused(format!("{id} has not ended yet, it is {}", event.state.as_str())).into());
    }
    if !force && answered(tx, &event)? {
        return Err(Error::AlreadyAnswered.into());
    }
    let data = if force { Some(forced(event.data.as_deref())) } else { event.data };
    tx.conn
        .prepare_cached(
            "UPDATE events SET state = 'pending', timing = 0, due_at = ?2, data = ?3, outcome = NULL, reason = NULL, \
             detail = NULL, finished_at = NULL WHERE id = ?1",
        )?
        .execute(params![id.0, tx.now.0, data])?;
    tx.memory.tally.open += 1;
    mailbox.reschedule(tx)?;
    mailbox.save(tx)?;
    tx.memory.effects.wake = true;
    Ok(())
}

fn skip(tx: &mut Tx<'_>, id: EventId) -> Result<(), Fault> {
    let (event, mailbox) = find(tx, id)?;
    let (State::Pending, Some(mut mailbox)) = (event.state, mailbox) else {
        let state = event.state.as_str();
        return Err(
            Error::Refused(format!("{id} does not wait, it is {state}; only a waiting event can be skipped")).into()
        );
    };
    event::end(tx, mailbox.connection, &Ending::skipped(id, Reason::SkippedByOperator))?;
    mailbox.reschedule(tx)?;
    if mailbox.turn.is_none() && mailbox.due_at.is_none() {
        // Nothing waits any more: the failures were the skipped event's.
        mailbox.attempts = 0;
        mailbox.why = None;
        mailbox.times.not_before = None;
    }
    mailbox.save(tx)
}

fn find(tx: &Tx<'_>, id: EventId) -> Result<(Event, Option<Mailbox>), Fault> {
    let found = event::collect(tx.conn, select_events!("WHERE e.id = ?1"), [id.0])?;
    let stored = found.into_iter().next().ok_or_else(|| Error::NotFound { what: format!("event {id}") })?;
    if let Some(kind) = stored.unknown {
        return Err(Error::Refused(format!("{id} is of the type `{kind}`, which this release does not know")).into());
    }
    let mailbox: Option<i64> = tx
        .conn
        .prepare_cached("SELECT mailbox_id FROM events WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?
        .flatten();
    let mailbox = mailbox.map(|mailbox| Mailbox::load(tx, mailbox)).transpose()?.flatten();
    Ok((stored.event, mailbox))
}

/// Would a replay lead to a second answer? Everything at or before `answered_through` is settled.
fn answered(tx: &Tx<'_>, event: &Event) -> Result<bool, Fault> {
    if matches!(event.outcome, Some(Outcome::Relayed | Outcome::NoteMirrored)) {
        return Ok(true); // It would reach the agent's side twice.
    }
    // An interrupted turn's post may stand: the session counts its messages as answered then.
    let settled =
        matches!(event.outcome, Some(Outcome::Replied | Outcome::Drafted | Outcome::Merged | Outcome::HandedOff))
            || event.reason == Some(Reason::Interrupted);
    let through = session_of(tx, event)?.and_then(|session| session.answered_through);
    Ok(settled
        && through.is_some_and(|through| {
            through.at >= event.happened_at() || Some(&through.message) == event.message_id.as_ref()
        }))
}

fn session_of(tx: &Tx<'_>, event: &Event) -> Result<Option<Session>, Fault> {
    match (event.session, &event.object) {
        (Some(id), _) => session::find(tx.conn, &SessionKey::Id(id)),
        (None, Some(Object::Thread(thread))) => {
            session::find(tx.conn, &SessionKey::Thread(event.connection.clone(), thread.clone()))
        }
        (None, _) => Ok(None),
    }
}

/// The event's parameters, with the word that its answer becomes a draft.
fn forced(data: Option<&str>) -> String {
    let known = data.and_then(|data| serde_json::from_str::<Map<String, Value>>(data).ok());
    let mut data = known.unwrap_or_else(|| Map::from_iter([("v".to_owned(), Value::from(1))]));
    data.insert("replay".to_owned(), Value::from("draft"));
    Value::Object(data).to_string()
}
