//! The events about a message. Only those that ended have an index by it: message ids are random, and each event would
//! cost intake one more random page. One that has not ended is found by the key that tells it from its duplicates.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::event;
use super::fault::Fault;
use crate::domain::{DedupKey, MessageId, PortalId};

pub(super) const ENDED: &str = "SELECT id FROM events INDEXED BY events_message \
     WHERE message_id = ?1 AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 200";

pub(super) const BY_KEY: &str = "SELECT id FROM events WHERE dedup = ?1 AND message_id = ?2";

/// What has another key, as of an account that is not in the settings any more, is found while it is among the newest.
pub(super) const RECENT: &str = "SELECT id FROM (SELECT id, message_id FROM events ORDER BY id DESC LIMIT 5000) \
     WHERE message_id = ?1";

/// Their ids, oldest first.
pub(super) fn events(conn: &Connection, portals: &[PortalId], message: &MessageId) -> Result<BTreeSet<i64>, Fault> {
    let mut found = BTreeSet::new();
    for sql in [ENDED, RECENT] {
        let mut statement = conn.prepare_cached(sql)?;
        for id in statement.query_map([message.as_str()], |row| row.get(0))? {
            found.insert(id?);
        }
    }
    for portal in portals {
        let key = DedupKey::of_message(*portal, message);
        let mut statement = conn.prepare_cached(BY_KEY)?;
        for id in statement.query_map(params![event::dedup(&key), message.as_str()], |row| row.get(0))? {
            found.insert(id?);
        }
    }
    Ok(found)
}
