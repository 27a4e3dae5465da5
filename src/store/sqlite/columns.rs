//! Reading a row column by column, in the order of its SELECT.

use rusqlite::Row;
use rusqlite::types::FromSql;

use crate::domain::Timestamp;

/// A row and the column to read next.
pub(super) struct Columns<'row, 'stmt> {
    row: &'row Row<'stmt>,
    next: usize,
}

impl<'row, 'stmt> Columns<'row, 'stmt> {
    /// From the first column.
    pub(super) fn of(row: &'row Row<'stmt>) -> Self {
        Self { row, next: 0 }
    }

    /// The next column.
    pub(super) fn get<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let column = self.next;
        self.next += 1;
        self.row.get(column)
    }

    /// The next column, a count.
    pub(super) fn count(&mut self) -> rusqlite::Result<u64> {
        Ok(u64::try_from(self.get::<i64>()?).unwrap_or(0))
    }

    /// The next column, a time.
    pub(super) fn time(&mut self) -> rusqlite::Result<Timestamp> {
        self.get().map(Timestamp)
    }

    /// The next column, a time or null.
    pub(super) fn maybe_time(&mut self) -> rusqlite::Result<Option<Timestamp>> {
        Ok(self.get::<Option<i64>>()?.map(Timestamp))
    }

    /// The next column, an id or null.
    pub(super) fn maybe_id<T: From<String>>(&mut self) -> rusqlite::Result<Option<T>> {
        Ok(self.get::<Option<String>>()?.map(T::from))
    }
}
