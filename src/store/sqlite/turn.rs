//! Turns: opened or resumed, extended once, put off.

use rusqlite::params;

use super::bind;
use super::core::Tx;
use super::fault::Fault;
use super::mailbox::{Mailbox, Mark};
use super::step;
use crate::domain::{Event, Timestamp, TurnId};
use crate::store::{Lease, Turn};

/// Opens a turn over what is due, or resumes the open one.
pub(super) fn open(tx: &mut Tx<'_>, lease: &Lease) -> Result<Option<Turn>, Fault> {
    let mut mailbox = Mailbox::leased(tx, lease)?;
    let resumed = mailbox.turn.is_some();
    let dirty = dirty(tx, &mailbox)?;
    if resumed {
        count_attempt(tx, &mailbox)?;
    } else {
        let due = bind::due(tx, &mailbox)?;
        if !due.is_empty() || !dirty.is_empty() {
            let turn = begin(tx, &mut mailbox)?;
            bind::bind(tx, turn, &due)?;
        }
    }
    let Some(id) = mailbox.turn else { return nothing(tx, mailbox) };
    let events = bind::bound(tx, &mailbox, id)?;
    if events.is_empty() && dirty.is_empty() {
        end(tx, id, "nothing to do")?;
        mailbox.turn = None;
        return nothing(tx, mailbox);
    }
    tx.conn
        .prepare_cached("UPDATE turns SET dirty_through = ?2 WHERE id = ?1")?
        .execute([id, mailbox.dirty_generation])?;
    let (run, crashed) = start_run(tx, id)?;
    mailbox.mark = Mark::None;
    mailbox.reschedule(tx)?;
    mailbox.save(tx)?;
    let (opened_at, extended) = tx
        .conn
        .prepare_cached("SELECT opened_at, extended FROM turns WHERE id = ?1")?
        .query_row([id], |row| Ok((Timestamp(row.get(0)?), row.get(1)?)))?;
    let steps = step::all(tx.conn, id)?;
    Ok(Some(Turn { id: TurnId(id), opened_at, run, crashed, events, dirty, steps, extended }))
}

/// Binds the messages that arrived since, once in a turn's life.
pub(super) fn extend(tx: &mut Tx<'_>, lease: &Lease) -> Result<Vec<Event>, Fault> {
    let mut mailbox = Mailbox::leased(tx, lease)?;
    let turn = bind::open(&mailbox)?;
    let first =
        tx.conn.prepare_cached("UPDATE turns SET extended = 1 WHERE id = ?1 AND extended = 0")?.execute([turn])?;
    if first == 0 {
        return Ok(Vec::new());
    }
    let late = bind::messages(tx, &mailbox)?;
    bind::bind(tx, turn, &late)?;
    mailbox.reschedule(tx)?;
    mailbox.save(tx)?;
    let bound = bind::bound(tx, &mailbox, turn)?;
    Ok(bound.into_iter().filter(|event| late.contains(&event.id.0)).collect())
}

/// Ends the run and leaves the mailbox alone until `until`.
pub(super) fn defer(tx: &mut Tx<'_>, lease: &Lease, until: Timestamp, why: &str, counts: bool) -> Result<(), Fault> {
    let mut mailbox = Mailbox::leased(tx, lease)?;
    if let Some(turn) = mailbox.turn {
        end_run(tx, turn, why)?;
        if !step::any(tx, turn)? {
            unbind(tx, &mut mailbox, turn)?;
            mailbox.turn = None;
            mailbox.dissolved = Some(turn);
        }
    }
    // Ownership changed after the turn last looked: that never waits.
    let until = if mailbox.mark == Mark::Urgent { until.min(tx.now) } else { until };
    mailbox.times.not_before = Some(until);
    mailbox.attempts = mailbox.attempts.saturating_add(u32::from(counts));
    mailbox.why = Some(why.to_owned());
    mailbox.release(tx)
}

/// Ends a turn and its run.
pub(super) fn end(tx: &Tx<'_>, turn: i64, note: &str) -> Result<(), Fault> {
    end_run(tx, turn, note)?;
    tx.conn.prepare_cached("UPDATE turns SET ended_at = ?2 WHERE id = ?1")?.execute([turn, tx.now.0])?;
    Ok(())
}

/// The last run of a turn.
pub(super) fn last_run(tx: &Tx<'_>, turn: i64) -> Result<u32, Fault> {
    let mut statement = tx.conn.prepare_cached("SELECT coalesce(max(run), 0) FROM runs WHERE turn_id = ?1")?;
    Ok(statement.query_row([turn], |row| row.get(0))?)
}

/// Nothing is due: gives the lease back.
fn nothing(tx: &mut Tx<'_>, mut mailbox: Mailbox) -> Result<Option<Turn>, Fault> {
    mailbox.mark = Mark::None;
    mailbox.times.not_before = None;
    mailbox.release(tx)?;
    Ok(None)
}

/// A new turn, or the dissolved one again: its runs tell why the events waited.
fn begin(tx: &Tx<'_>, mailbox: &mut Mailbox) -> Result<i64, Fault> {
    let reopened = mailbox.dissolved.take();
    let turn = match reopened {
        Some(turn) => {
            tx.conn
                .prepare_cached("UPDATE turns SET opened_at = ?2, extended = 0 WHERE id = ?1")?
                .execute([turn, tx.now.0])?;
            turn
        }
        None => tx
            .conn
            .prepare_cached("INSERT INTO turns (mailbox_id, opened_at) VALUES (?1, ?2)")?
            .insert([mailbox.id, tx.now.0])?,
    };
    mailbox.turn = Some(turn);
    Ok(turn)
}

/// Puts the bound events back into the queue, keeping their ids and order.
pub(super) fn unbind(tx: &Tx<'_>, mailbox: &mut Mailbox, turn: i64) -> Result<(), Fault> {
    let burst: Vec<bool> = {
        let mut statement = tx.conn.prepare_cached(
            "UPDATE events SET state = 'pending' WHERE turn_id = ?1 AND state = 'running' RETURNING timing = 1",
        )?;
        statement.query_map([turn], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    if burst.contains(&true) {
        mailbox.times.quiet_first.get_or_insert(tx.now);
        mailbox.times.quiet_at = Some(tx.now);
    }
    Ok(())
}

fn start_run(tx: &Tx<'_>, turn: i64) -> Result<(u32, bool), Fault> {
    let last = last_run(tx, turn)?;
    let crashed = tx
        .conn
        .prepare_cached("SELECT 1 FROM runs WHERE turn_id = ?1 AND run = ?2 AND ended_at IS NULL")?
        .exists(params![turn, last])?;
    if crashed {
        tx.conn
            .prepare_cached("UPDATE runs SET note = coalesce(note, 'crashed') WHERE turn_id = ?1 AND run = ?2")?
            .execute(params![turn, last])?;
    }
    let run = last.saturating_add(1);
    tx.conn
        .prepare_cached("INSERT INTO runs (turn_id, run, epoch, started_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![turn, run, tx.memory.epoch, tx.now.0])?;
    Ok((run, crashed))
}

fn end_run(tx: &Tx<'_>, turn: i64, note: &str) -> Result<(), Fault> {
    tx.conn
        .prepare_cached(
            "UPDATE runs SET ended_at = ?2, note = ?3 WHERE turn_id = ?1 AND ended_at IS NULL AND note IS NULL",
        )?
        .execute(params![turn, tx.now.0, note])?;
    Ok(())
}

fn count_attempt(tx: &Tx<'_>, mailbox: &Mailbox) -> Result<(), Fault> {
    tx.conn
        .prepare_cached("UPDATE events SET attempts = attempts + 1 WHERE turn_id = ?1 AND state = 'running'")?
        .execute([mailbox.turn])?;
    Ok(())
}

fn dirty(tx: &Tx<'_>, mailbox: &Mailbox) -> Result<Vec<String>, Fault> {
    let mut statement = tx.conn.prepare_cached("SELECT property FROM dirty WHERE mailbox_id = ?1 ORDER BY property")?;
    let rows = statement.query_map([mailbox.id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
