//! Which waiting events a turn takes, and taking them.

use rusqlite::{Params, params};

use super::columns::Columns;
use super::core::Tx;
use super::event::{self, select_events};
use super::fault::Fault;
use super::mailbox::Mailbox;
use crate::domain::{Event, EventId, EventKind, Lane};
use crate::store::{Error, Lease};

/// Waiting events of one mailbox, oldest first: three ways to wait, each read in order from its own index.
/// `?2`: at most so many, `?3`: those of a burst too, `?4`: those due by then.
pub(super) const DUE: &str = "SELECT id, kind FROM ( \
     SELECT * FROM (SELECT id, kind FROM events INDEXED BY events_waiting WHERE mailbox_id = ?1 \
       AND state = 'pending' AND timing < 2 AND timing = 0 ORDER BY id LIMIT ?2) \
     UNION ALL SELECT * FROM (SELECT id, kind FROM events INDEXED BY events_waiting WHERE ?3 AND mailbox_id = ?1 \
       AND state = 'pending' AND timing < 2 AND timing = 1 ORDER BY id LIMIT ?2) \
     UNION ALL SELECT * FROM (SELECT id, kind FROM events INDEXED BY events_later WHERE mailbox_id = ?1 \
       AND state = 'pending' AND timing = 2 AND due_at <= ?4 ORDER BY due_at LIMIT ?2) \
     ) ORDER BY id LIMIT ?2";

const RUNNING: &str = select_events!(
    "WHERE e.id IN (SELECT id FROM events INDEXED BY events_running WHERE turn_id = ?1 AND state = 'running') ORDER BY e.id"
);

/// How far a look for late messages reaches into what waits.
const LOOK: i64 = 1_000;

/// How many events one turn binds: a burst of messages, or the thousand changes of a ticket.
pub(super) fn most(lane: Lane) -> i64 {
    match lane {
        Lane::Conversation => 100,
        Lane::Ticket => 1_000,
    }
}

/// The events due in a mailbox. Those this release cannot read end here.
pub(super) fn due(tx: &mut Tx<'_>, mailbox: &Mailbox) -> Result<Vec<i64>, Fault> {
    let limit = most(mailbox.object.lane());
    let quiet = mailbox.times.quiet_over(tx.now);
    let found = select(tx, params![mailbox.id, limit, quiet, tx.now.0])?;
    let mut ids = Vec::with_capacity(found.len());
    for (id, kind) in found {
        if EventKind::from_name(&kind).is_some() {
            ids.push(id);
        } else {
            event::bury(tx, mailbox.connection, EventId(id), &kind)?;
        }
    }
    Ok(ids)
}

/// The message events that wait, due or not.
pub(super) fn messages(tx: &Tx<'_>, mailbox: &Mailbox) -> Result<Vec<i64>, Fault> {
    let found = select(tx, params![mailbox.id, LOOK, true, i64::MAX])?;
    let announces = |kind: &str| EventKind::from_name(kind).is_some_and(EventKind::announces_message);
    let most = usize::try_from(most(mailbox.object.lane())).unwrap_or(usize::MAX);
    Ok(found.into_iter().filter(|(_, kind)| announces(kind)).map(|(id, _)| id).take(most).collect())
}

/// Binds events to a turn.
pub(super) fn bind(tx: &Tx<'_>, turn: i64, ids: &[i64]) -> Result<(), Fault> {
    let mut statement = tx
        .conn
        .prepare_cached("UPDATE events SET state = 'running', turn_id = ?2, attempts = attempts + 1 WHERE id = ?1")?;
    for id in ids {
        statement.execute([*id, turn])?;
    }
    Ok(())
}

/// The events bound to a turn, oldest first. Those this release cannot read end here.
pub(super) fn bound(tx: &mut Tx<'_>, mailbox: &Mailbox, turn: i64) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    for stored in event::collect(tx.conn, RUNNING, [turn])? {
        match stored.unknown {
            None => events.push(stored.event),
            Some(kind) => event::bury(tx, mailbox.connection, stored.event.id, &kind)?,
        }
    }
    Ok(events)
}

/// The oldest events that wait unbound, at most 50.
pub(super) fn waiting(tx: &Tx<'_>, lease: &Lease) -> Result<Vec<Event>, Fault> {
    let mailbox = Mailbox::leased(tx, lease)?;
    let mut events = Vec::new();
    for (id, _) in select(tx, params![mailbox.id, 50, true, i64::MAX])? {
        let found = event::collect(tx.conn, select_events!("WHERE e.id = ?1"), [id])?;
        events.extend(found.into_iter().map(|stored| stored.event));
    }
    Ok(events)
}

/// The turn of a leased mailbox.
pub(super) fn open(mailbox: &Mailbox) -> Result<i64, Fault> {
    mailbox.turn.ok_or_else(|| Error::Refused(format!("mailbox {} has no open turn", mailbox.id)).into())
}

fn select(tx: &Tx<'_>, params: impl Params) -> Result<Vec<(i64, String)>, Fault> {
    let mut statement = tx.conn.prepare_cached(DUE)?;
    let rows = statement.query_map(params, |row| {
        let mut columns = Columns::of(row);
        Ok((columns.get()?, columns.get()?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
