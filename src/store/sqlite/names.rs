//! Connections by number: the few names every event would otherwise repeat.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use super::fault::{Fault, unreadable};
use crate::domain::ConnectionName;

/// The table `connections`, in memory.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_name: HashMap<ConnectionName, i64>,
    by_id: BTreeMap<i64, ConnectionName>,
}

impl Names {
    /// Reads the table; again after a rollback, which may have taken a new name with it.
    pub(super) fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let mut names = Self::default();
        let mut statement = conn.prepare_cached("SELECT id, name FROM connections")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            names.insert(row.get(0)?, ConnectionName(row.get(1)?));
        }
        Ok(names)
    }

    /// The number of a name, made when it is new.
    pub(super) fn id_or_create(&mut self, conn: &Connection, name: &ConnectionName) -> Result<i64, Fault> {
        if let Some(id) = self.by_name.get(name) {
            return Ok(*id);
        }
        let id = conn.prepare_cached("INSERT INTO connections (name) VALUES (?1)")?.insert([name.as_str()])?;
        self.insert(id, name.clone());
        Ok(id)
    }

    /// The number of a name, if it was ever stored.
    pub(super) fn id(&self, name: &ConnectionName) -> Option<i64> {
        self.by_name.get(name).copied()
    }

    /// The name of a number.
    pub(super) fn name(&self, id: i64) -> Result<ConnectionName, Fault> {
        self.by_id.get(&id).cloned().ok_or_else(|| unreadable("connection", &id.to_string()))
    }

    /// Every number, ascending.
    pub(super) fn ids(&self) -> Vec<i64> {
        self.by_id.keys().copied().collect()
    }

    fn insert(&mut self, id: i64, name: ConnectionName) {
        self.by_name.insert(name.clone(), id);
        self.by_id.insert(id, name);
    }
}
