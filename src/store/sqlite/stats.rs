//! Numbers for health and metrics, without a look at the events themselves.

use rusqlite::Connection;

use super::columns::Columns;
use super::event::HOUR_MS;
use super::fault::Fault;
use super::hold;
use super::schedule::earlier;
use crate::domain::{ConnectionName, Lane, Outcome, Reason, Timestamp};
use crate::store::types::Stats;

const FREE: &str = "SELECT count(*) FROM mailboxes INDEXED BY mailboxes_due WHERE lane = ?1 AND connection_id = ?2 \
     AND lease_until IS NULL AND due_at IS NOT NULL AND due_at BETWEEN ?3 AND ?4";

const LEASED: &str = "SELECT count(*) FROM mailboxes INDEXED BY mailboxes_leased WHERE lease_until IS NOT NULL";

const FINISHED: &str = "SELECT c.name, f.outcome, f.reason, sum(f.n) FROM finished f \
     JOIN connections c ON c.id = f.connection_id WHERE f.hour > ?1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";

const DAY_HOURS: i64 = 24;

/// Counts.
pub(super) fn stats(conn: &Connection, now: Timestamp) -> Result<Stats, Fault> {
    let mut stats = Stats {
        leased: conn.prepare_cached(LEASED)?.query_row([], |row| Columns::of(row).count())?,
        open_events: meta(conn, "open_events")?,
        events: meta(conn, "events")?,
        finished: finished(conn, now)?,
        bytes: bytes(conn)?,
        ..Stats::default()
    };
    let ids: Vec<i64> = {
        let mut statement = conn.prepare_cached("SELECT id FROM connections")?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    for connection in ids {
        for lane in [0, 1] {
            stats.due += free(conn, lane, connection, i64::MIN, now.0)?;
            stats.waiting += free(conn, lane, connection, now.0.saturating_add(1), i64::MAX)?;
        }
        let soonest = hold::soonest(conn, connection, &[Lane::Conversation, Lane::Ticket], now)?;
        stats.oldest_due = earlier(stats.oldest_due, soonest.filter(|due| *due <= now));
    }
    Ok(stats)
}

fn free(conn: &Connection, lane: i64, connection: i64, from: i64, to: i64) -> Result<u64, Fault> {
    Ok(conn.prepare_cached(FREE)?.query_row([lane, connection, from, to], |row| Columns::of(row).count())?)
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
