//! An operator's word about one event: replay it, or skip it.

use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value};

use super::core::Tx;
use super::event::{self, select_events};
use super::fault::Fault;
use super::mailbox::Mailbox;
use super::{session, turn};
use crate::domain::{Ending, Event, EventId, EventKind, Object, Outcome, Reason, Session, State, Timestamp};
use crate::limits::{REPLAY_PACE, REPLAY_WAIT, REPLAYS_DUE};
use crate::store::{Error, Operation, SessionKey};

const TOLD: &str = "has reached the agent's side, or may have; a replay would tell it twice";

/// Does it, or says why not.
pub(super) fn operate(tx: &mut Tx<'_>, operation: Operation) -> Result<(), Fault> {
    match operation {
        Operation::Replay { event, force } => replay(tx, event, force),
        Operation::Skip { event } => skip(tx, event),
    }
}

fn replay(tx: &mut Tx<'_>, id: EventId, force: bool) -> Result<(), Fault> {
    let (event, mailbox) = find(tx, id)?;
    if let Some(why) = hopeless(&event) {
        return Err(Error::Refused(format!("{id} {why}")).into());
    }
    if relay_may_stand(tx, &event)? {
        return Err(Error::Refused(format!("{id} {TOLD}")).into());
    }
    let Some(mut mailbox) = mailbox else {
        return Err(
            Error::Refused(format!("{id} names no thread and no ticket, so there is nothing to work on")).into()
        );
    };
    let answered = answered(tx, &event)?;
    if answered && !force {
        return Err(Error::AlreadyAnswered.into());
    }
    remember(tx, &event)?;
    let due_at = paced(tx);
    // As `append` stores what is due now, and what is due later.
    let timing = if due_at > tx.now { 2 } else { 0 };
    let data = if answered { Some(forced(event.data.as_deref())) } else { event.data };
    tx.conn
        .prepare_cached(
            "UPDATE events SET state = 'pending', timing = ?4, due_at = ?2, data = ?3, attempts = 0, outcome = NULL, \
             reason = NULL, detail = NULL, finished_at = NULL WHERE id = ?1",
        )?
        .execute(params![id.0, due_at.0, data, timing])?;
    tx.memory.tally.open += 1;
    if mailbox.turn.is_none() {
        // An operator's word is a fresh start: what failed before in this mailbox is tried at once, too.
        mailbox.attempts = 0;
        mailbox.why = None;
        mailbox.times.not_before = None;
    }
    mailbox.reschedule(tx)?;
    mailbox.save(tx)?;
    tx.memory.effects.wake = true;
    Ok(())
}

/// When the next replay is due: a few at once, many one after the other.
fn paced(tx: &mut Tx<'_>) -> Timestamp {
    let now = tx.now;
    // Where the clock was set back, what was planned by the old one counts no longer than the longest wait.
    let planned = tx.memory.replays_until.max(now).min(now.after(REPLAY_WAIT));
    tx.memory.replays_until = planned.after(REPLAY_PACE);
    planned.before(REPLAY_PACE * REPLAYS_DUE).max(now)
}

/// Why working on it again could come to nothing good.
fn hopeless(event: &Event) -> Option<&'static str> {
    match (event.state, event.outcome, event.reason) {
        (State::Pending, _, _) => Some("waits already; it is worked on when it is due"),
        (State::Running, _, _) => Some("is being worked on; wait until its turn has ended"),
        (_, Some(Outcome::Relayed | Outcome::NoteMirrored), _) => Some(TOLD),
        (_, _, Some(Reason::UnknownPortal)) => {
            Some("is of a portal that no connection has; nothing of that portal can be read")
        }
        (State::Done, _, _) if is_request(event.kind) => {
            Some("is a request that was done; ask for it anew, a replay would do it a second time")
        }
        _ if event.kind == EventKind::Unreadable => {
            Some("could not be read when it came in, and nothing of it was kept")
        }
        _ => None,
    }
}

/// Asks for something to be done, rather than telling what happened.
fn is_request(kind: EventKind) -> bool {
    matches!(kind, EventKind::Action | EventKind::HandoffRequest | EventKind::DeliveryCheck | EventKind::TicketWrite)
}

/// Did its turn carry the words to the agent's side, or may it have, though it ended otherwise?
fn relay_may_stand(tx: &Tx<'_>, event: &Event) -> Result<bool, Fault> {
    let id = match (&event.message_id, &event.object) {
        (Some(message), _) => message.as_str(),
        (None, Some(Object::Note(note))) => note.as_str(),
        (None, _) => return Ok(false),
    };
    let mut statement = tx.conn.prepare_cached(
        "SELECT 1 FROM steps WHERE turn_id = ?1 AND status IN ('intended', 'done') \
         AND substr(name, 1, length(?2)) = ?2",
    )?;
    Ok(statement.exists(params![event.turn.map(|turn| turn.0), format!("relay/{id}/")])?)
}

/// Keeps its end and the runs so far: the event's next turn is another one. Of a turn that retention took nothing is left
/// to keep.
fn remember(tx: &Tx<'_>, event: &Event) -> Result<(), Fault> {
    tx.conn
        .prepare_cached(
            "INSERT INTO past_ends (event_id, finished_at, outcome, reason, detail, replayed_at) \
             SELECT id, finished_at, outcome, reason, detail, ?2 FROM events \
             WHERE id = ?1 AND finished_at IS NOT NULL AND outcome IS NOT NULL",
        )?
        .execute(params![event.id.0, tx.now.0])?;
    if let (Some(turn), 1..) = (event.turn, event.attempts) {
        tx.conn
            .prepare_cached(
                "INSERT INTO replayed (event_id, turn_id, attempts) \
                 SELECT ?1, id, ?3 FROM turns WHERE id = ?2 \
                 ON CONFLICT DO UPDATE SET attempts = attempts + excluded.attempts",
            )?
            .execute(params![event.id.0, turn.0, event.attempts])?;
    }
    Ok(())
}

fn skip(tx: &mut Tx<'_>, id: EventId) -> Result<(), Fault> {
    let (event, mailbox) = find(tx, id)?;
    let (State::Pending, Some(mut mailbox)) = (event.state, mailbox) else {
        let state = if event.state == State::Running { "being worked on" } else { event.state.as_str() };
        return Err(
            Error::Refused(format!("{id} does not wait, it is {state}; only a waiting event can be skipped")).into()
        );
    };
    event::end(tx, mailbox.connection, &Ending::skipped(id, Reason::SkippedByOperator))?;
    forget_turn(tx, &mut mailbox, &event)?;
    mailbox.reschedule(tx)?;
    if mailbox.turn.is_none() && mailbox.due_at.is_none() {
        // Nothing waits any more: the failures were the skipped event's.
        mailbox.attempts = 0;
        mailbox.why = None;
        mailbox.times.not_before = None;
    }
    mailbox.save(tx)
}

/// The turn that was put off was the skipped event's alone: what comes next has runs of its own.
fn forget_turn(tx: &Tx<'_>, mailbox: &mut Mailbox, event: &Event) -> Result<(), Fault> {
    let Some(dissolved) = mailbox.dissolved.filter(|turn| event.turn.map(|turn| turn.0) == Some(*turn)) else {
        return Ok(());
    };
    let others = tx
        .conn
        .prepare_cached("SELECT 1 FROM events WHERE mailbox_id = ?1 AND state = 'pending' AND turn_id = ?2 LIMIT 1")?
        .exists([mailbox.id, dissolved])?;
    if !others {
        turn::end(tx, dissolved, "skipped")?;
        mailbox.dissolved = None;
    }
    Ok(())
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

/// Would a replay lead to a second answer? Every customer's message at or before `answered_through` is settled, however
/// its event ended; so is one whose turn ended in whatever way when its reply stood in the thread, or may have.
fn answered(tx: &Tx<'_>, event: &Event) -> Result<bool, Fault> {
    if !event.kind.announces_message() || event.reason.is_some_and(is_no_question) {
        return Ok(false);
    }
    if event.reason == Some(Reason::AlreadyAnswered) || reply_may_stand(tx, event)? {
        return Ok(true);
    }
    let through = session_of(tx, event)?.and_then(|session| session.answered_through);
    Ok(through.is_some_and(|through| {
        through.at >= event.happened_at() || Some(&through.message) == event.message_id.as_ref()
    }))
}

/// Was it found to be nothing that a customer wrote and waits for?
fn is_no_question(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::InternalComment
            | Reason::NotAMessage
            | Reason::OwnMessage
            | Reason::AiMarker
            | Reason::SenderIsBot
            | Reason::SenderIsAgent
            | Reason::SenderIsInternal
            | Reason::OutgoingMessage
            | Reason::AutoReply
    )
}

/// The words of `post::Record`: what became of the post was never found out.
fn reply_may_stand(tx: &Tx<'_>, event: &Event) -> Result<bool, Fault> {
    let mut statement = tx.conn.prepare_cached(
        "SELECT 1 FROM steps WHERE turn_id = ?1 AND name = 'post_reply' AND (status IN ('intended', 'done') \
         OR (status = 'skipped' AND json_valid(result) AND json_extract(result, '$.ended') = 'unknown'))",
    )?;
    Ok(statement.exists([event.turn.map(|turn| turn.0)])?)
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
