//! Retention: removes what ended long ago, in small portions, and never the newest row of a table, so that no id is
//! given twice.

use std::collections::BTreeSet;

use super::columns::Columns;
use super::core::Tx;
use super::event::HOUR_MS;
use super::fault::Fault;
use super::mailbox::Mailbox;
use super::series::COUNTED_HOURS;
use crate::domain::Timestamp;

const OLD: &str = "SELECT id, turn_id, mailbox_id FROM events INDEXED BY events_finished \
     WHERE finished_at < ?1 AND id < (SELECT max(id) FROM events) ORDER BY finished_at LIMIT ?2";

/// Nothing waits, nothing ended is kept, nothing runs, and no session could speak through it.
const EMPTY: &str = "DELETE FROM mailboxes WHERE id = ?1 AND id < (SELECT max(id) FROM mailboxes) \
     AND lease_until IS NULL AND turn_id IS NULL \
     AND NOT EXISTS (SELECT 1 FROM events INDEXED BY events_waiting \
       WHERE mailbox_id = ?1 AND state = 'pending' AND timing < 2) \
     AND NOT EXISTS (SELECT 1 FROM events INDEXED BY events_later \
       WHERE mailbox_id = ?1 AND state = 'pending' AND timing = 2) \
     AND NOT EXISTS (SELECT 1 FROM events INDEXED BY events_ended WHERE mailbox_id = ?1 AND finished_at IS NOT NULL) \
     AND NOT EXISTS (SELECT 1 FROM dirty WHERE mailbox_id = ?1) \
     AND NOT EXISTS (SELECT 1 FROM sessions s WHERE kind = 'thread' \
       AND s.thread_id = object_id AND s.connection_id = mailboxes.connection_id) \
     AND NOT EXISTS (SELECT 1 FROM sessions s WHERE kind = 'ticket' \
       AND s.ticket_id = object_id AND s.connection_id = mailboxes.connection_id)";

/// Removes at most `limit` events that ended before `older_than`, and what hung on them. How many events went.
pub(super) fn prune(tx: &mut Tx<'_>, older_than: Timestamp, limit: u32) -> Result<u32, Fault> {
    let old: Vec<(i64, Option<i64>, Option<i64>)> = {
        let mut statement = tx.conn.prepare_cached(OLD)?;
        let rows = statement.query_map([older_than.0, i64::from(limit)], |row| {
            let mut columns = Columns::of(row);
            Ok((columns.get()?, columns.get()?, columns.get()?))
        })?;
        rows.collect::<Result<_, _>>()?
    };
    let mut turns: BTreeSet<i64> = old.iter().filter_map(|(_, turn, _)| *turn).collect();
    for (event, _, _) in &old {
        let mut replayed = tx.conn.prepare_cached("DELETE FROM replayed WHERE event_id = ?1 RETURNING turn_id")?;
        turns.extend(replayed.query_map([event], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?);
        tx.conn.prepare_cached("DELETE FROM events WHERE id = ?1")?.execute([event])?;
    }
    for turn in turns {
        remove_turn(tx, turn, "ended_at IS NOT NULL")?;
    }
    for mailbox in old.iter().filter_map(|(_, _, mailbox)| *mailbox).collect::<BTreeSet<_>>() {
        remove_mailbox(tx, mailbox)?;
    }
    remove_marks(tx, older_than, limit)?;
    let gone = u32::try_from(old.len()).unwrap_or(u32::MAX);
    tx.memory.tally.events -= i64::from(gone);
    Ok(gone)
}

/// Its runs and steps go with it.
fn remove_turn(tx: &Tx<'_>, turn: i64, condition: &str) -> Result<(), Fault> {
    let sql = format!("DELETE FROM turns WHERE id = ?1 AND id < (SELECT max(id) FROM turns) AND {condition}");
    tx.conn.prepare_cached(&sql)?.execute([turn])?;
    Ok(())
}

fn remove_mailbox(tx: &mut Tx<'_>, id: i64) -> Result<(), Fault> {
    let Some(mailbox) = Mailbox::load(tx, id)? else { return Ok(()) };
    let gone = tx.conn.prepare_cached(EMPTY)?.execute([id])? > 0;
    if gone {
        mailbox.removed(tx);
    }
    match mailbox.dissolved {
        Some(turn) if gone => remove_turn(tx, turn, "true"),
        _ => Ok(()),
    }
}

/// Posted messages and own writes are stored in the order of their time: the oldest rows are the first.
fn remove_marks(tx: &Tx<'_>, older_than: Timestamp, limit: u32) -> Result<(), Fault> {
    for sql in [
        "DELETE FROM posted WHERE at < ?1 AND id < (SELECT max(id) FROM posted) \
         AND id IN (SELECT id FROM posted ORDER BY id LIMIT ?2)",
        "DELETE FROM own_writes WHERE at < ?1 AND id IN (SELECT id FROM own_writes ORDER BY id LIMIT ?2)",
        "DELETE FROM audits WHERE at < ?1 AND id < (SELECT max(id) FROM audits) \
         AND id IN (SELECT id FROM audits ORDER BY id LIMIT ?2)",
        "DELETE FROM ticket_updates WHERE at < ?1 AND id IN (SELECT id FROM ticket_updates ORDER BY id LIMIT ?2)",
    ] {
        tx.conn.prepare_cached(sql)?.execute([older_than.0, i64::from(limit)])?;
    }
    tx.conn
        .prepare_cached("DELETE FROM finished WHERE hour < ?1")?
        .execute([tx.now.0.div_euclid(HOUR_MS) - COUNTED_HOURS])?;
    Ok(())
}
