//! How many events ended how, hour by hour.

use rusqlite::Connection;

use super::columns::Columns;
use super::event::HOUR_MS;
use super::fault::Fault;
use crate::domain::{ConnectionName, Outcome, Timestamp};

pub(super) const SERIES: &str = "SELECT f.hour, c.name, f.outcome, sum(f.n) FROM finished f \
     JOIN connections c ON c.id = f.connection_id WHERE f.hour > ?1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";

/// Hours that are counted: eight days, and the hours they begin and end in.
pub(super) const COUNTED_HOURS: i64 = 8 * 24 + 2;

/// The last `hours` hours, the present one among them, oldest first.
pub(super) fn series(
    conn: &Connection,
    now: Timestamp,
    hours: u32,
) -> Result<Vec<(Timestamp, ConnectionName, Outcome, u64)>, Fault> {
    let mut statement = conn.prepare_cached(SERIES)?;
    let mut rows = statement.query([now.0.div_euclid(HOUR_MS) - i64::from(hours)])?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        let mut columns = Columns::of(row);
        let (hour, name, outcome): (i64, _, String) = (columns.get()?, columns.get()?, columns.get()?);
        // A word of a newer release has no place in this one's charts.
        if let Some(outcome) = Outcome::from_name(&outcome) {
            counts.push((Timestamp(hour.saturating_mul(HOUR_MS)), ConnectionName(name), outcome, columns.count()?));
        }
    }
    Ok(counts)
}
