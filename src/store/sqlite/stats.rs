//! Numbers for health and metrics, without a look at the events themselves.

use rusqlite::Connection;

use super::columns::Columns;
use super::event::HOUR_MS;
use super::fault::Fault;
use super::hold;
use super::schedule::earlier;
use crate::domain::{ConnectionName, Lane, Outcome, Reason, Timestamp};
use crate::store::types::{Lags, Stats};

/// Counts to a limit and no further.
pub(super) const FREE: &str = "SELECT count(*) FROM (SELECT 1 FROM mailboxes INDEXED BY mailboxes_due \
     WHERE lane = ?1 AND connection_id = ?2 AND lease_until IS NULL AND due_at IS NOT NULL AND due_at BETWEEN ?3 AND ?4 \
     LIMIT ?5)";

/// How far is counted one by one: about a millisecond's work.
const COUNTED: u64 = Lags::MOST;

pub(super) const LEASED: &str =
    "SELECT count(*) FROM mailboxes INDEXED BY mailboxes_leased WHERE lease_until IS NOT NULL";

pub(super) const FINISHED: &str = "SELECT c.name, f.outcome, f.reason, sum(f.n) FROM finished f \
     JOIN connections c ON c.id = f.connection_id WHERE f.hour > ?1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";

const DAY_HOURS: i64 = 24;

/// Counts. `queued`: the mailboxes that are due or wait for a later time, which are told apart here.
pub(super) fn stats(conn: &Connection, now: Timestamp, queued: u64) -> Result<Stats, Fault> {
    let mut stats = Stats {
        leased: conn.prepare_cached(LEASED)?.query_row([], |row| Columns::of(row).count())?,
        open_events: meta(conn, "open_events")?,
        events: meta(conn, "events")?,
        finished: finished(conn, now)?,
        bytes: bytes(conn)?,
        ..Stats::default()
    };
    let ids = connections(conn)?;
    (stats.due, stats.waiting) = split(conn, &ids, now, queued)?;
    for connection in ids {
        let soonest = hold::soonest(conn, connection, &[Lane::Conversation, Lane::Ticket], now)?;
        stats.oldest_due = earlier(stats.oldest_due, soonest.filter(|due| *due <= now));
    }
    Ok(stats)
}

/// Of `queued` mailboxes, those that are due and those that wait for a later time. Few of a large backlog are one or the
/// other: the small part is counted and the large one is the rest. When both are large, only their sum is right.
fn split(conn: &Connection, connections: &[i64], now: Timestamp, queued: u64) -> Result<(u64, u64), Fault> {
    let waiting = free(conn, connections, now.0.saturating_add(1), i64::MAX)?;
    if waiting == COUNTED {
        let due = free(conn, connections, i64::MIN, now.0)?;
        if due < COUNTED {
            return Ok((due, queued.saturating_sub(due)));
        }
    }
    Ok((queued.saturating_sub(waiting), waiting))
}

/// Free mailboxes due between two times, at most [`COUNTED`].
fn free(conn: &Connection, connections: &[i64], from: i64, to: i64) -> Result<u64, Fault> {
    let mut found = 0;
    let lanes = connections.iter().flat_map(|connection| [(0, *connection), (1, *connection)]);
    for (lane, connection) in lanes {
        let left = i64::try_from(COUNTED - found).unwrap_or(i64::MAX);
        let mut statement = conn.prepare_cached(FREE)?;
        found += statement.query_row([lane, connection, from, to, left], |row| Columns::of(row).count())?;
    }
    Ok(found)
}

/// Free mailboxes by how long they are due, or will wait.
pub(super) fn lags(conn: &Connection, now: Timestamp) -> Result<Lags, Fault> {
    let (connections, mut lags) = (connections(conn)?, Lags::default());
    let mut to = now.0;
    for (found, below) in lags.due.iter_mut().zip(Lags::DUE_BELOW.map(Some).into_iter().chain([None])) {
        let before = below.map_or(i64::MIN, |below| now.before(below).0);
        *found = free(conn, &connections, before.saturating_add(1), to)?;
        to = before;
    }
    let mut from = now.0.saturating_add(1);
    for (found, below) in lags.waiting.iter_mut().zip(Lags::WAITING_BELOW.map(Some).into_iter().chain([None])) {
        let end = below.map_or(i64::MAX, |below| now.after(below).0);
        *found = free(conn, &connections, from, end.saturating_sub(1))?;
        from = end;
    }
    Ok(lags)
}

fn connections(conn: &Connection) -> Result<Vec<i64>, Fault> {
    let mut statement = conn.prepare_cached("SELECT id FROM connections")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn meta(conn: &Connection, name: &str) -> Result<u64, Fault> {
    Ok(conn
        .prepare_cached("SELECT max(value, 0) FROM meta WHERE name = ?1")?
        .query_row([name], |row| Columns::of(row).count())?)
}

/// By connection, outcome and reason.
type Finished = Vec<(ConnectionName, Outcome, Option<Reason>, u64)>;

fn finished(conn: &Connection, now: Timestamp) -> Result<Finished, Fault> {
    let mut statement = conn.prepare_cached(FINISHED)?;
    let mut rows = statement.query([now.0.div_euclid(HOUR_MS) - DAY_HOURS])?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        let mut columns = Columns::of(row);
        let (name, outcome, reason) = (columns.get()?, columns.get::<String>()?, columns.get::<String>()?);
        // A word of a newer release has no place in this one's metrics.
        if let Some(outcome) = Outcome::from_name(&outcome) {
            counts.push((ConnectionName(name), outcome, Reason::from_name(&reason), columns.count()?));
        }
    }
    Ok(counts)
}

fn bytes(conn: &Connection) -> Result<u64, Fault> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| Columns::of(row).count())?)
}
