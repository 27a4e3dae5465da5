//! What people asked for: noted, listed.

use rusqlite::{Connection, params};

use super::columns::Columns;
use super::core::Tx;
use super::fault::Fault;
use crate::store::types::{Audit, AuditRecord, Page};

/// The longest page.
const PAGE_MAX: u32 = 200;

pub(super) const ALL: &str = "SELECT id, at, who, action, subject, detail FROM audits \
     WHERE ?1 IS NULL AND id < ?2 ORDER BY id DESC LIMIT ?3";
pub(super) const OF_SUBJECT: &str = "SELECT id, at, who, action, subject, detail FROM audits \
     WHERE subject = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

pub(super) fn note(tx: &Tx<'_>, audit: &Audit) -> Result<(), Fault> {
    tx.conn
        .prepare_cached("INSERT INTO audits (at, who, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![tx.now.0, audit.who, audit.action, audit.subject, audit.detail])?;
    Ok(())
}

/// Newest first.
pub(super) fn list(
    conn: &Connection,
    subject: Option<&str>,
    cursor: Option<i64>,
    limit: u32,
) -> Result<Page<AuditRecord>, Fault> {
    let limit = limit.clamp(1, PAGE_MAX);
    let mut statement = conn.prepare_cached(if subject.is_some() { OF_SUBJECT } else { ALL })?;
    let mut rows = statement.query(params![subject, cursor.unwrap_or(i64::MAX), limit + 1])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let mut columns = Columns::of(row);
        items.push(AuditRecord {
            id: columns.get()?,
            at: columns.time()?,
            audit: Audit {
                who: columns.get()?,
                action: columns.get()?,
                subject: columns.get()?,
                detail: columns.get()?,
            },
        });
    }
    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = items.last().filter(|_| more).map(|record| record.id);
    Ok(Page { items, next })
}

/// Rises with every commit, of this connection or of another.
pub(super) fn revision(conn: &Connection) -> Result<i64, Fault> {
    let others: i64 = conn.pragma_query_value(None, "data_version", |row| row.get(0))?;
    let own = i64::try_from(conn.total_changes()).unwrap_or(i64::MAX);
    Ok(others.wrapping_mul(1 << 32).wrapping_add(own))
}
