//! Lists of sessions, last changed first, page by page; see [`super::list`].

use rusqlite::Connection;
use rusqlite::types::Value;

use super::fault::Fault;
use super::list::connections;
use super::newest::{Newest, text};
use super::session::{self, select_sessions};
use crate::domain::{ConnectionName, Session, SessionState};
use crate::store::types::{Page, SessionFilter};

pub(super) const ALL: &str = "SELECT changed FROM sessions INDEXED BY sessions_changed WHERE true";
pub(super) const IN_STATE: &str =
    "SELECT changed FROM sessions INDEXED BY sessions_state WHERE connection_id = ? AND state = ?";
pub(super) const OF_THREAD: &str = "SELECT changed FROM sessions INDEXED BY sessions_thread WHERE thread_id = ?";
pub(super) const OF_TICKET: &str = "SELECT changed FROM sessions INDEXED BY sessions_ticket WHERE ticket_id = ?";
pub(super) const OF_CONTACT: &str = "SELECT changed FROM sessions INDEXED BY sessions_contact WHERE contact_id = ?";

/// Sessions, last changed first.
pub(super) fn sessions(
    conn: &Connection,
    filter: &SessionFilter,
    cursor: Option<i64>,
    limit: u32,
) -> Result<Page<Session>, Fault> {
    let connections = connections(conn, filter.connection.as_ref().map(ConnectionName::as_str))?;
    let mut newest = Newest::page(conn, "changed", cursor, limit);
    if filter.connection.is_some() {
        newest.only("connection_id = ?", connections.first().map_or(Value::Null, |id| Value::Integer(*id)));
    }
    let linked = [
        (OF_THREAD, "thread_id = ?", filter.thread.as_ref().map(|id| text(id.as_str()))),
        (OF_TICKET, "ticket_id = ?", filter.ticket.as_ref().map(|id| text(id.as_str()))),
        (OF_CONTACT, "contact_id = ?", filter.contact.as_ref().map(|id| text(id.as_str()))),
    ];
    for (_, condition, id) in &linked {
        if let Some(id) = id {
            newest.only(condition, id.clone());
        }
    }
    if let Some(state) = filter.state {
        newest.only("state = ?", text(state.as_str()));
    }
    let linked = linked.into_iter().find_map(|(stream, _, id)| Some((stream, id?)));
    match (linked, filter.connection.is_none() && filter.state.is_none()) {
        (Some((stream, id)), _) => newest.take(stream, &[id])?,
        (None, true) => newest.take(ALL, &[])?,
        (None, false) => {
            for connection in connections {
                for state in SessionState::ALL.into_iter().filter(|state| filter.state.is_none_or(|it| it == *state)) {
                    newest.take(IN_STATE, &[Value::Integer(connection), text(state.as_str())])?;
                }
            }
        }
    }
    newest.finish(|changed| {
        let found = session::collect(conn, select_sessions!("WHERE s.changed = ?1"), [changed])?;
        Ok(found.into_iter().map(|(session, _)| session).collect())
    })
}
