//! Small memories: what is known, what was posted, what was written, how far something has come.

use rusqlite::{Connection, OptionalExtension, params};

use super::core::Tx;
use super::event;
use super::fault::Fault;
use crate::domain::{ConnectionName, DedupKey, MailboxKey, MessageId, TicketId, Timestamp};

/// For each key: is there an event with it?
pub(super) fn known(tx: &Tx<'_>, keys: &[DedupKey]) -> Result<Vec<bool>, Fault> {
    let mut statement = tx.conn.prepare_cached("SELECT 1 FROM events WHERE dedup = ?1")?;
    Ok(keys.iter().map(|key| statement.exists([event::dedup(key)])).collect::<Result<_, _>>()?)
}

/// Is a turn of the mailbox open?
pub(super) fn has_open_turn(tx: &Tx<'_>, mailbox: &MailboxKey) -> Result<bool, Fault> {
    let Some(connection) = tx.memory.names.id(&mailbox.connection) else { return Ok(false) };
    let mut statement = tx.conn.prepare_cached(
        "SELECT 1 FROM mailboxes WHERE object_id = ?1 AND kind = ?2 AND connection_id = ?3 AND turn_id IS NOT NULL",
    )?;
    Ok(statement.exists(params![mailbox.object.id(), mailbox.object.kind(), connection])?)
}

/// Which of the messages are ours.
pub(super) fn posted(
    tx: &Tx<'_>,
    connection: &ConnectionName,
    messages: &[MessageId],
) -> Result<Vec<MessageId>, Fault> {
    let Some(connection) = tx.memory.names.id(connection) else { return Ok(Vec::new()) };
    let mut statement = tx.conn.prepare_cached("SELECT 1 FROM posted WHERE message_id = ?1 AND connection_id = ?2")?;
    let mut ours = Vec::new();
    for message in messages {
        if statement.exists(params![message.as_str(), connection])? {
            ours.push(message.clone());
        }
    }
    Ok(ours)
}

/// The last value we wrote to each property of a ticket, hashed.
pub(super) fn own_writes(
    tx: &Tx<'_>,
    connection: &ConnectionName,
    ticket: &TicketId,
) -> Result<Vec<(String, String)>, Fault> {
    let Some(connection) = tx.memory.names.id(connection) else { return Ok(Vec::new()) };
    let mut statement = tx.conn.prepare_cached(
        "SELECT property, value_hash FROM own_writes WHERE ticket_id = ?1 AND connection_id = ?2 ORDER BY property",
    )?;
    let rows = statement.query_map(params![ticket.as_str(), connection], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When a ticket was last updated by us.
pub(super) fn ticket_updated_at(
    tx: &Tx<'_>,
    connection: &ConnectionName,
    ticket: &TicketId,
) -> Result<Option<Timestamp>, Fault> {
    let Some(connection) = tx.memory.names.id(connection) else { return Ok(None) };
    let mut statement =
        tx.conn.prepare_cached("SELECT at FROM ticket_updates WHERE ticket_id = ?1 AND connection_id = ?2")?;
    let at = statement.query_row(params![ticket.as_str(), connection], |row| row.get(0)).optional()?;
    Ok(at.map(Timestamp))
}

/// A named position.
pub(super) fn cursor(tx: &Tx<'_>, name: &str) -> Result<Option<String>, Fault> {
    let mut statement = tx.conn.prepare_cached("SELECT value FROM cursors WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// The named positions that begin so.
pub(super) fn positions(conn: &Connection, prefix: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT name, value FROM cursors WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name")?;
    let rows = statement.query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Moves a named position.
pub(super) fn set_cursor(tx: &Tx<'_>, name: &str, value: &str) -> Result<(), Fault> {
    tx.conn
        .prepare_cached(
            "INSERT INTO cursors (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
        )?
        .execute([name, value])?;
    Ok(())
}

/// Writes something, to see that it can.
pub(super) fn check(tx: &Tx<'_>) -> Result<(), Fault> {
    tx.conn.prepare_cached("UPDATE meta SET value = ?1 WHERE name = 'checked_at'")?.execute([tx.now.0])?;
    Ok(())
}
