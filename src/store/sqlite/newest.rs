//! The newest rows of several streams, each read from its own index, newest first, and no further than its rows can still
//! be among those wanted. However many rows there are in all, few are looked at.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::fault::Fault;
use crate::store::types::Page;

/// The longest page.
pub(super) const PAGE_MAX: u32 = 200;

/// Gathers the places of the newest rows: `id` of events, `changed` of sessions.
pub(super) struct Newest<'c> {
    conn: &'c Connection,
    place: &'static str,
    from: i64,
    before: i64,
    limit: usize,
    conditions: String,
    values: Vec<Value>,
    found: BTreeSet<i64>,
}

impl<'c> Newest<'c> {
    /// For one page of at most `limit` rows.
    pub(super) fn page(conn: &'c Connection, place: &'static str, cursor: Option<i64>, limit: u32) -> Self {
        let limit = usize::try_from(limit.clamp(1, PAGE_MAX)).unwrap_or(1);
        let (before, found) = (cursor.unwrap_or(i64::MAX), BTreeSet::new());
        Self { conn, place, from: i64::MIN, before, limit, conditions: String::new(), values: Vec::new(), found }
    }

    /// Nothing before this place.
    pub(super) fn from(&mut self, place: i64) {
        self.from = self.from.max(place);
    }

    /// A condition on every row, with one parameter. The `+` keeps it from choosing an index: the stream has its own.
    pub(super) fn only(&mut self, condition: &str, value: Value) {
        self.conditions.push_str(" AND +");
        self.conditions.push_str(condition);
        self.values.push(value);
    }

    /// Takes the newest of a stream, which is a SELECT of the place, down to the last of its own conditions.
    pub(super) fn take(&mut self, stream: &str, key: &[Value]) -> Result<(), Fault> {
        // One row too many says that there are more.
        let most = self.limit + 1;
        let enough = self.found.len() >= most;
        let from = self.found.first().filter(|_| enough).map_or(self.from, |least| least.saturating_add(1));
        let bounds = [Value::Integer(from), Value::Integer(self.before)];
        let end = Value::Integer(i64::try_from(most).unwrap_or(i64::MAX));
        let values = key.iter().cloned().chain(bounds).chain(self.values.iter().cloned()).chain([end]);
        let mut statement = self.conn.prepare_cached(&complete(stream, self.place, &self.conditions))?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            self.found.insert(row.get(0)?);
            if self.found.len() > most {
                self.found.pop_first();
            }
        }
        Ok(())
    }

    /// The page: `read` gives the rows of a place.
    pub(super) fn finish<T>(self, mut read: impl FnMut(i64) -> Result<Vec<T>, Fault>) -> Result<Page<T>, Fault> {
        let mut page = Page { items: Vec::new(), next: None };
        let mut last = None;
        for (nth, place) in self.found.into_iter().rev().enumerate() {
            if nth == self.limit {
                page.next = last;
                break;
            }
            page.items.extend(read(place)?);
            last = Some(place);
        }
        Ok(page)
    }
}

/// The whole statement of a stream.
pub(super) fn complete(stream: &str, place: &str, conditions: &str) -> String {
    format!("{stream} AND {place} >= ? AND {place} < ?{conditions} ORDER BY {place} DESC LIMIT ?")
}

/// A parameter.
pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
