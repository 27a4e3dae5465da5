//! Lists of events and sessions, newest first, page by page.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::event::{self, select_events};
use super::fault::Fault;
use super::session::{self, select_sessions};
use crate::domain::{
    ConnectionName, ContactId, Event, EventId, Outcome, Reason, Session, SessionState, State, ThreadId, TicketId,
    Timestamp,
};
use crate::store::types::{EventFilter, Page, SessionFilter};

/// The longest page.
const PAGE_MAX: u32 = 200;

/// The events of some mailboxes, each state from its own index.
const OF_OBJECT: &str = "e.id IN (WITH box AS (SELECT id FROM mailboxes WHERE object_id = ? AND kind = ?) \
     SELECT id FROM events INDEXED BY events_waiting \
       WHERE mailbox_id IN (SELECT id FROM box) AND state = 'pending' AND timing < 2 \
     UNION ALL SELECT id FROM events INDEXED BY events_later \
       WHERE mailbox_id IN (SELECT id FROM box) AND state = 'pending' AND timing = 2 \
     UNION ALL SELECT id FROM events INDEXED BY events_running \
       WHERE turn_id IN (SELECT turn_id FROM mailboxes WHERE id IN (SELECT id FROM box)) AND state = 'running' \
     UNION ALL SELECT id FROM events INDEXED BY events_ended \
       WHERE mailbox_id IN (SELECT id FROM box) AND finished_at IS NOT NULL)";

/// The events about a message. Only ended ones have an index: it would cost at intake, and few wait at a time.
pub(super) const OF_MESSAGE: &str = "e.id IN (SELECT id FROM events INDEXED BY events_message \
       WHERE message_id = ?1 AND finished_at IS NOT NULL \
     UNION ALL SELECT id FROM events INDEXED BY events_waiting \
       WHERE state = 'pending' AND timing < 2 AND message_id = ?1 \
     UNION ALL SELECT id FROM events INDEXED BY events_later WHERE state = 'pending' AND timing = 2 AND message_id = ?1 \
     UNION ALL SELECT id FROM events INDEXED BY events_running WHERE state = 'running' AND message_id = ?1)";

/// Conditions and their parameters, joined by AND.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn new() -> Self {
        Self { sql: "WHERE true".to_owned(), values: Vec::new() }
    }

    fn and<const N: usize>(&mut self, sql: &str, values: [Value; N]) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    fn and_text(&mut self, sql: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.and(sql, [text(value)]);
        }
    }
}

/// Events, newest first.
pub(super) fn events(
    conn: &Connection,
    filter: &EventFilter,
    cursor: Option<i64>,
    limit: u32,
) -> Result<Page<Event>, Fault> {
    let mut conditions = Conditions::new();
    conditions.and_text("c.name = ?", filter.connection.as_ref().map(ConnectionName::as_str));
    conditions.and_text("e.outcome = ?", filter.outcome.map(Outcome::as_str));
    conditions.and_text("e.reason = ?", filter.reason.map(Reason::as_str));
    if let Some(state) = filter.state {
        conditions.and(of_state(state), []);
    }
    if let Some(object) = &filter.object {
        conditions.and(OF_OBJECT, [text(object.id()), text(object.kind())]);
    }
    if let Some(message) = &filter.message {
        let id = text(message.as_str());
        conditions.and(&OF_MESSAGE.replace("?1", "?"), [id.clone(), id.clone(), id.clone(), id]);
    }
    if let Some(since) = filter.since {
        conditions.and("e.received_at >= ?", [Value::Integer(since.0)]);
    }
    if let Some(cursor) = cursor {
        conditions.and("e.id < ?", [Value::Integer(cursor)]);
    }
    let limit = limit.clamp(1, PAGE_MAX);
    let sql = format!("{} {} ORDER BY e.id DESC LIMIT {}", select_events!(""), conditions.sql, limit + 1);
    let found = event::collect(conn, &sql, params_from_iter(conditions.values))?;
    Ok(page(found.into_iter().map(|stored| (stored.event.id.0, stored.event)).collect(), limit))
}

/// Sessions, last changed first.
pub(super) fn sessions(
    conn: &Connection,
    filter: &SessionFilter,
    cursor: Option<i64>,
    limit: u32,
) -> Result<Page<Session>, Fault> {
    let mut conditions = Conditions::new();
    conditions.and_text("c.name = ?", filter.connection.as_ref().map(ConnectionName::as_str));
    conditions.and_text("s.thread_id = ?", filter.thread.as_ref().map(ThreadId::as_str));
    conditions.and_text("s.ticket_id = ?", filter.ticket.as_ref().map(TicketId::as_str));
    conditions.and_text("s.contact_id = ?", filter.contact.as_ref().map(ContactId::as_str));
    conditions.and_text("s.state = ?", filter.state.map(SessionState::as_str));
    if let Some(cursor) = cursor {
        conditions.and("s.changed < ?", [Value::Integer(cursor)]);
    }
    let limit = limit.clamp(1, PAGE_MAX);
    let sql = format!("{} {} ORDER BY s.changed DESC LIMIT {}", select_sessions!(""), conditions.sql, limit + 1);
    let found = session::collect(conn, &sql, params_from_iter(conditions.values))?;
    Ok(page(found.into_iter().map(|(session, place)| (place, session)).collect(), limit))
}

/// In the order of their ends; a place within one millisecond is the id's.
const DEAD_SINCE: &str = select_events!(
    "WHERE e.id IN (SELECT id FROM events INDEXED BY events_died \
       WHERE state = 'dead' AND finished_at >= ?1 AND (finished_at > ?1 OR id > ?2) ORDER BY finished_at, id LIMIT ?3) \
     ORDER BY e.finished_at, e.id"
);

/// Events that died after a position, in the order of their ends.
pub(super) fn dead_since(conn: &Connection, after: (Timestamp, EventId), limit: u32) -> Result<Vec<Event>, Fault> {
    let limit = i64::from(limit.clamp(1, PAGE_MAX));
    let found = event::collect(conn, DEAD_SINCE, [after.0.0, after.1.0, limit])?;
    Ok(found.into_iter().map(|stored| stored.event).collect())
}

/// A state's condition; the rare ones by their own index.
fn of_state(state: State) -> &'static str {
    match state {
        State::Pending => {
            "e.id IN (SELECT id FROM events INDEXED BY events_waiting WHERE state = 'pending' AND timing < 2 \
             UNION ALL SELECT id FROM events INDEXED BY events_later WHERE state = 'pending' AND timing = 2)"
        }
        State::Running => "e.id IN (SELECT id FROM events INDEXED BY events_running WHERE state = 'running')",
        State::Dead => "e.id IN (SELECT id FROM events INDEXED BY events_dead WHERE state = 'dead')",
        State::Done => "e.state = 'done'",
        State::Skipped => "e.state = 'skipped'",
    }
}

/// Cuts the one row too many, which only says that there are more.
fn page<T>(mut rows: Vec<(i64, T)>, limit: u32) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(place, _)| *place);
    Page { items: rows.into_iter().map(|(_, item)| item).collect(), next }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
