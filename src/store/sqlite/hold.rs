//! Connections that are left alone for now, and when the next work is due.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::Columns;
use super::core::Tx;
use super::fault::Fault;
use super::mailbox;
use super::schedule::earlier;
use crate::domain::{ConnectionName, Lane, Timestamp};
use crate::store::Hold;

pub(super) const SOONEST: &str = "SELECT due_at FROM mailboxes INDEXED BY mailboxes_due WHERE lane = ?1 AND connection_id = ?2 \
     AND lease_until IS NULL AND due_at IS NOT NULL ORDER BY due_at LIMIT 1";

pub(super) const LEASE_ENDS: &str =
    "SELECT min(lease_until) FROM mailboxes INDEXED BY mailboxes_leased WHERE lease_until IS NOT NULL";

const LEASED_OF: &str = "SELECT 1 FROM mailboxes INDEXED BY mailboxes_leased \
     WHERE lease_until IS NOT NULL AND connection_id = ?1 AND lane <= ?2";

/// Holds a connection.
pub(super) fn hold(tx: &mut Tx<'_>, connection: &ConnectionName, until: Timestamp, cause: &str) -> Result<(), Fault> {
    let id = tx.memory.names.id_or_create(tx.conn, connection)?;
    tx.memory.effects.wake = true;
    tx.memory.full = Default::default();
    let before = tx
        .conn
        .prepare_cached("SELECT since, cause FROM holds WHERE connection_id = ?1")?
        .query_row([id], |row| {
            let mut columns = Columns::of(row);
            Ok((columns.time()?, columns.get::<String>()?))
        })
        .optional()?;
    // A hold that is renewed when its probe failed is still the same one, whichever call it was.
    let word = |cause: &str| cause.split(':').next().map(str::to_owned);
    let since = before.filter(|(_, known)| word(known) == word(cause)).map_or(tx.now, |(since, _)| since);
    tx.conn
        .prepare_cached(
            "INSERT INTO holds (connection_id, until, since, cause) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE \
             SET until = excluded.until, since = excluded.since, cause = excluded.cause",
        )?
        .execute(params![id, until.0, since.0, cause])?;
    Ok(())
}

/// Ends a connection's hold.
pub(super) fn release(tx: &mut Tx<'_>, connection: &ConnectionName) -> Result<(), Fault> {
    let Some(id) = tx.memory.names.id(connection) else { return Ok(()) };
    tx.conn.prepare_cached("DELETE FROM holds WHERE connection_id = ?1")?.execute([id])?;
    tx.memory.effects.wake = true;
    tx.memory.full = Default::default();
    Ok(())
}

/// The connections that are held and not released, by name.
pub(super) fn holds(conn: &Connection) -> Result<Vec<Hold>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT c.name, h.until, h.since, h.cause FROM holds h JOIN connections c ON c.id = h.connection_id \
         ORDER BY c.name",
    )?;
    let rows = statement.query_map([], |row| {
        let mut columns = Columns::of(row);
        Ok(Hold {
            connection: ConnectionName(columns.get()?),
            until: columns.time()?,
            since: columns.time()?,
            cause: columns.get()?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When a claim may find something next, seen from now: a free mailbox falls due, or a lease runs out.
pub(super) fn next_due(tx: &Tx<'_>, lanes: &[Lane]) -> Result<(Timestamp, Option<Timestamp>), Fault> {
    let mut next = tx.conn.prepare_cached(LEASE_ENDS)?.query_row([], |row| Columns::of(row).maybe_time())?;
    for connection in tx.memory.names.ids() {
        let open: Vec<Lane> = lanes.iter().copied().filter(|lane| !is_full(tx, *lane, connection)).collect();
        next = earlier(next, soonest(tx.conn, connection, &open, tx.now)?);
    }
    Ok((tx.now, next))
}

fn is_full(tx: &Tx<'_>, lane: Lane, connection: i64) -> bool {
    let [conversations, tickets] = &tx.memory.full;
    if mailbox::lane(lane) == 0 { conversations } else { tickets }.contains(&connection)
}

/// How a claim treats a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// As many as there are places.
    All,
    /// Its hold has run out and it is not known to be well: one mailbox finds out.
    One,
    /// One mailbox is finding out.
    Busy,
    /// Held.
    None,
}

/// Is the connection held, for this lane?
pub(super) fn admission(tx: &Tx<'_>, connection: i64, lane: Lane) -> Result<Admission, Fault> {
    Ok(match held(tx.conn, connection)? {
        Some((until, cause)) if Hold::stops(&cause, lane) => {
            // While tickets go on, only a conversation finds out how conversations are.
            let lanes =
                if Hold::stops(&cause, Lane::Ticket) { mailbox::lane(Lane::Ticket) } else { mailbox::lane(lane) };
            let busy = || tx.conn.prepare_cached(LEASED_OF)?.exists([connection, lanes]);
            if until > tx.now {
                Admission::None
            } else if busy()? {
                Admission::Busy
            } else {
                Admission::One
            }
        }
        Some(_) | None => Admission::All,
    })
}

fn held(conn: &Connection, connection: i64) -> rusqlite::Result<Option<(Timestamp, String)>> {
    conn.prepare_cached("SELECT until, cause FROM holds WHERE connection_id = ?1")?
        .query_row([connection], |row| {
            let mut columns = Columns::of(row);
            Ok((columns.time()?, columns.get::<String>()?))
        })
        .optional()
}

/// When a connection's next free mailbox can be claimed. What was due before a hold that is over keeps its time.
pub(super) fn soonest(
    conn: &Connection,
    connection: i64,
    lanes: &[Lane],
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    let held = held(conn, connection)?.filter(|(until, _)| *until > now);
    let mut next = None;
    for lane in lanes {
        let mut statement = conn.prepare_cached(SOONEST)?;
        let due = statement.query_row([mailbox::lane(*lane), connection], |row| Columns::of(row).time()).optional()?;
        let until = held.as_ref().filter(|(_, cause)| Hold::stops(cause, *lane)).map(|(until, _)| *until);
        next = earlier(next, due.map(|due| until.map_or(due, |until| due.max(until))));
    }
    Ok(next)
}
