//! `finish`: the end of a turn, in one transaction.

use std::collections::BTreeSet;

use rusqlite::params;

use super::append;
use super::bind;
use super::core::Tx;
use super::event;
use super::fault::Fault;
use super::mailbox::Mailbox;
use super::session;
use super::step;
use super::turn;
use crate::domain::{Ending, EventId, Object, SessionId};
use crate::store::{Batch, Error, Finish, Lease};

/// Ends the turn of a leased mailbox.
pub(super) fn finish(tx: &mut Tx<'_>, lease: &Lease, finish: Finish) -> Result<(), Fault> {
    let mailbox = Mailbox::leased(tx, lease)?;
    let turn = bind::open(&mailbox)?;
    check(tx, turn, &finish.endings, &finish.returned)?;
    for change in &finish.sessions {
        session::change(tx, change)?;
    }
    end_events(tx, &mailbox, finish.endings)?;
    tx.conn
        .prepare_cached(
            "DELETE FROM dirty WHERE mailbox_id = ?1 \
             AND generation <= (SELECT dirty_through FROM turns WHERE id = ?2)",
        )?
        .execute([mailbox.id, turn])?;
    for (ticket, property, hash) in &finish.own_writes {
        own_write(tx, mailbox.connection, ticket.as_str(), property, hash)?;
    }
    for ticket in &finish.updated_tickets {
        ticket_update(tx, mailbox.connection, ticket.as_str())?;
    }
    append::check(&finish.followups)?;
    append::append(tx, &Batch { events: finish.followups, dirty: finish.mark_dirty })?;
    step::erase(tx, turn)?;
    turn::end(tx, turn, "finished")?;
    close(tx, lease, turn)
}

/// Exactly one ending for each bound event that is not returned.
fn check(tx: &Tx<'_>, turn: i64, endings: &[Ending], returned: &[EventId]) -> Result<(), Fault> {
    let bound: BTreeSet<EventId> = {
        let mut statement = tx.conn.prepare_cached(
            "SELECT id FROM events INDEXED BY events_running WHERE turn_id = ?1 AND state = 'running'",
        )?;
        statement.query_map([turn], |row| row.get(0).map(EventId))?.collect::<Result<_, _>>()?
    };
    let settled = endings.iter().map(|ending| ending.event).chain(returned.iter().copied());
    let ended: BTreeSet<EventId> = settled.collect();
    if ended.len() != endings.len() + returned.len() {
        return Err(Error::Refused("an event of the turn was ended twice, or ended and returned".to_owned()).into());
    }
    if let Some(missing) = bound.difference(&ended).next() {
        return Err(Error::Refused(format!("{missing} is bound to the turn but was not ended")).into());
    }
    if let Some(stranger) = ended.difference(&bound).next() {
        return Err(Error::Refused(format!("{stranger} was ended but is not bound to the turn")).into());
    }
    Ok(())
}

fn end_events(tx: &mut Tx<'_>, mailbox: &Mailbox, endings: Vec<Ending>) -> Result<(), Fault> {
    let session = session_of(tx, mailbox)?;
    for mut ending in endings {
        ending.session = ending.session.or(session);
        event::end(tx, mailbox.connection, &ending)?;
    }
    Ok(())
}

/// The session of the mailbox's thread, also one that this very turn began.
fn session_of(tx: &Tx<'_>, mailbox: &Mailbox) -> Result<Option<SessionId>, Fault> {
    match &mailbox.object {
        Object::Thread(thread) => session::id_of_thread(tx, mailbox.connection, thread),
        Object::Outside(id) => session::id_of_agent(tx, mailbox.connection, id),
        Object::Ticket(_) | Object::Note(_) => Ok(None),
    }
}

fn own_write(tx: &Tx<'_>, connection: i64, ticket: &str, property: &str, hash: &str) -> Result<(), Fault> {
    tx.conn
        .prepare_cached(
            // Replaced rather than updated: the rows stay in the order of their time, for retention.
            "INSERT OR REPLACE INTO own_writes (connection_id, ticket_id, property, value_hash, at) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![connection, ticket, property, hash, tx.now.0])?;
    Ok(())
}

fn ticket_update(tx: &Tx<'_>, connection: i64, ticket: &str) -> Result<(), Fault> {
    tx.conn
        .prepare_cached("INSERT OR REPLACE INTO ticket_updates (connection_id, ticket_id, at) VALUES (?1, ?2, ?3)")?
        .execute(params![connection, ticket, tx.now.0])?;
    Ok(())
}

/// Loads the mailbox again, because follow-ups may have touched it, and lets it go. What did not end waits again.
fn close(tx: &mut Tx<'_>, lease: &Lease, turn: i64) -> Result<(), Fault> {
    let mut mailbox = Mailbox::leased(tx, lease)?;
    turn::unbind(tx, &mut mailbox, turn)?;
    mailbox.turn = None;
    mailbox.attempts = 0;
    mailbox.why = None;
    mailbox.times.not_before = None;
    mailbox.release(tx)
}
