//! The journal of a turn's outside effects: what it is about to do, and what became of it.

use rusqlite::{Connection, OptionalExtension, params};

use super::bind;
use super::columns::Columns;
use super::core::Tx;
use super::fault::{Fault, unreadable};
use super::mailbox::Mailbox;
use super::turn;
use crate::domain::MessageId;
use crate::store::{Error, Lease, StepIntent, StepRecord, StepResult, StepStatus};

pub(super) const SELECT: &str = "SELECT name, status, act_deadline, anchor, text_hash, text, result, intended_at, settled_at, run \
     FROM steps WHERE turn_id = ?1 ORDER BY id";

const INTEND: &str = "INSERT INTO steps (turn_id, name, status, run, act_deadline, intended_at, anchor, text_hash, text) \
     VALUES (?1, ?2, 'intended', ?3, ?4, ?5, ?6, ?7, ?8) \
     ON CONFLICT (turn_id, name) DO UPDATE SET status = 'intended', run = excluded.run, \
     act_deadline = excluded.act_deadline, anchor = excluded.anchor, text_hash = excluded.text_hash, \
     text = excluded.text, result = NULL, settled_at = NULL";

const SETTLE: &str = "INSERT INTO steps (turn_id, name, status, run, act_deadline, intended_at, settled_at, result, text) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5, ?6, ?7) \
     ON CONFLICT (turn_id, name) DO UPDATE SET status = excluded.status, run = excluded.run, \
     settled_at = excluded.settled_at, result = excluded.result, text = coalesce(excluded.text, text)";

/// A step is about to act. One that acted is not intended again.
pub(super) fn intend(tx: &mut Tx<'_>, lease: &Lease, intent: &StepIntent) -> Result<(), Fault> {
    let mailbox = Mailbox::leased(tx, lease)?;
    let turn = bind::open(&mailbox)?;
    let status: Option<String> = tx
        .conn
        .prepare_cached("SELECT status FROM steps WHERE turn_id = ?1 AND name = ?2")?
        .query_row(params![turn, intent.name], |row| row.get(0))
        .optional()?;
    if status.as_deref() == Some(StepStatus::Done.as_str()) {
        return Err(Error::Refused(format!("step {} of this turn acted already", intent.name)).into());
    }
    let run = turn::last_run(tx, turn)?;
    tx.conn.prepare_cached(INTEND)?.execute(params![
        turn,
        intent.name,
        run,
        intent.act_deadline.0,
        tx.now.0,
        intent.anchor.as_ref().map(MessageId::as_str),
        intent.text_hash,
        intent.text,
    ])?;
    Ok(())
}

/// What became of a step. A step that was left out needs no intent before it.
pub(super) fn settle(tx: &mut Tx<'_>, lease: &Lease, step: &str, result: &StepResult) -> Result<(), Fault> {
    let mailbox = Mailbox::leased(tx, lease)?;
    let turn = bind::open(&mailbox)?;
    let run = turn::last_run(tx, turn)?;
    tx.conn.prepare_cached(SETTLE)?.execute(params![
        turn,
        step,
        result.status.as_str(),
        run,
        tx.now.0,
        result.result,
        result.text,
    ])?;
    if let Some(message) = &result.posted {
        tx.conn
            .prepare_cached(
                "INSERT INTO posted (connection_id, message_id, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![mailbox.connection, message.as_str(), tx.now.0])?;
    }
    Ok(())
}

/// Everything a turn journalled, oldest first.
pub(super) fn all(conn: &Connection, turn: i64) -> Result<Vec<StepRecord>, Fault> {
    let mut statement = conn.prepare_cached(SELECT)?;
    let mut rows = statement.query([turn])?;
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(read(&mut Columns::of(row))?);
    }
    Ok(steps)
}

/// All steps of the open turn of a leased mailbox.
pub(super) fn of_lease(tx: &Tx<'_>, lease: &Lease) -> Result<Vec<StepRecord>, Fault> {
    all(tx.conn, bind::open(&Mailbox::leased(tx, lease)?)?)
}

/// Did the turn journal anything?
pub(super) fn any(tx: &Tx<'_>, turn: i64) -> Result<bool, Fault> {
    Ok(tx.conn.prepare_cached("SELECT 1 FROM steps WHERE turn_id = ?1")?.exists([turn])?)
}

/// Erases the text a turn held.
pub(super) fn erase(tx: &Tx<'_>, turn: i64) -> Result<(), Fault> {
    tx.conn.prepare_cached("UPDATE steps SET text = NULL WHERE turn_id = ?1 AND text IS NOT NULL")?.execute([turn])?;
    Ok(())
}

fn read(columns: &mut Columns<'_, '_>) -> Result<StepRecord, Fault> {
    let (name, status) = (columns.get()?, columns.get::<String>()?);
    Ok(StepRecord {
        name,
        status: StepStatus::from_name(&status).ok_or_else(|| unreadable("step", &status))?,
        act_deadline: columns.time()?,
        anchor: columns.maybe_id()?,
        text_hash: columns.get()?,
        text: columns.get()?,
        result: columns.get()?,
        intended_at: columns.time()?,
        settled_at: columns.maybe_time()?,
        run: columns.get()?,
    })
}
