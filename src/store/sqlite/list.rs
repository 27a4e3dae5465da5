//! Lists of events, newest first, page by page. Each filter has streams of its own that lead to its rows; what a stream does
//! not know is a condition on its rows. No list looks through the table.

use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use super::event::{self, select_events};
use super::fault::Fault;
use super::message;
use super::newest::{Newest, PAGE_MAX, text};
use crate::domain::{ConnectionName, Event, EventId, Object, Outcome, PortalId, Reason, State, Timestamp};
use crate::store::types::{EventFilter, Page};

/// Each is completed by the bounds, the conditions and the order of [`Newest`].
pub(super) const ALL: &str = "SELECT id FROM events WHERE true";
pub(super) const ONE: &str = "SELECT id FROM events WHERE id = ?";
pub(super) const OPEN: &str =
    "SELECT id FROM events INDEXED BY events_open WHERE connection_id = ? AND finished_at IS NULL";
/// Of all connections: as many as there are turns at work.
pub(super) const RUNNING: &str = "SELECT id FROM events INDEXED BY events_running WHERE state = 'running'";
pub(super) const ENDED: &str = "SELECT id FROM events INDEXED BY events_ending \
     WHERE finished_at IS NOT NULL AND connection_id = ? AND outcome = ? AND reason IS ?";
/// Of a mailbox: the ways an event waits, and what became of the others.
pub(super) const OF_MAILBOX: [&str; 4] = [
    "SELECT id FROM events INDEXED BY events_waiting \
     WHERE state = 'pending' AND timing < 2 AND mailbox_id = ? AND timing = 0",
    "SELECT id FROM events INDEXED BY events_waiting \
     WHERE state = 'pending' AND timing < 2 AND mailbox_id = ? AND timing = 1",
    "SELECT id FROM events INDEXED BY events_later WHERE state = 'pending' AND timing = 2 AND mailbox_id = ?",
    "SELECT id FROM events INDEXED BY events_ended WHERE finished_at IS NOT NULL AND mailbox_id = ?",
];
pub(super) const OF_TURN: &str =
    "SELECT id FROM events INDEXED BY events_running WHERE state = 'running' AND turn_id = ?";
pub(super) const BOXES: &str = "SELECT id, turn_id FROM mailboxes WHERE object_id = ?1 AND kind = ?2";

/// The next word of the index after one: which endings there are, without a look at their events.
pub(super) const NEXT_OUTCOME: &str = "SELECT outcome FROM events INDEXED BY events_ending \
     WHERE finished_at IS NOT NULL AND connection_id = ?1 AND outcome > ?2 ORDER BY outcome LIMIT 1";
pub(super) const NEXT_REASON: &str = "SELECT reason FROM events INDEXED BY events_ending \
     WHERE finished_at IS NOT NULL AND connection_id = ?1 AND outcome = ?2 AND reason > ?3 ORDER BY reason LIMIT 1";

/// In the order of their ends, those of one millisecond in that of their ids.
pub(super) const DEAD_SINCE: &str = select_events!(
    "WHERE e.id IN (SELECT id FROM events INDEXED BY events_died WHERE state = 'dead' \
       AND finished_at >= ?1 AND (finished_at > ?1 OR id > ?2) ORDER BY finished_at, id LIMIT ?3) \
     ORDER BY e.finished_at, e.id"
);

/// So far the clock may have been set back without an event being left out.
const SET_BACK: Duration = Duration::from_hours(1);

const RECEIVED: &str = "SELECT id, received_at FROM events WHERE id >= ?1 ORDER BY id LIMIT 1";

/// Events, newest first.
pub(super) fn events(
    conn: &Connection,
    portals: &[PortalId],
    filter: &EventFilter,
    cursor: Option<i64>,
    limit: u32,
) -> Result<Page<Event>, Fault> {
    let connections = connections(conn, filter.connection.as_ref().map(ConnectionName::as_str))?;
    let mut newest = Newest::page(conn, "id", cursor, limit);
    narrow(conn, filter, &connections, &mut newest)?;
    match (&filter.message, &filter.object) {
        (Some(message), _) => {
            for id in message::events(conn, portals, message)? {
                newest.take(ONE, &[Value::Integer(id)])?;
            }
        }
        (None, Some(object)) => of_object(conn, object, filter.state, &mut newest)?,
        (None, None) if *filter == (EventFilter { since: filter.since, ..EventFilter::default() }) => {
            newest.take(ALL, &[])?;
        }
        (None, None) => {
            for connection in connections {
                open(filter, connection, &mut newest)?;
                ended(conn, filter, connection, &mut newest)?;
            }
        }
    }
    newest.finish(|id| {
        let found = event::collect(conn, select_events!("WHERE e.id = ?1"), [id])?;
        found.into_iter().map(|stored| event::due(conn, stored.event)).collect()
    })
}

/// Events that died after a position, in the order of their ends.
pub(super) fn dead_since(conn: &Connection, after: (Timestamp, EventId), limit: u32) -> Result<Vec<Event>, Fault> {
    let limit = i64::from(limit.clamp(1, PAGE_MAX));
    let found = event::collect(conn, DEAD_SINCE, [after.0.0, after.1.0, limit])?;
    Ok(found.into_iter().map(|stored| stored.event).collect())
}

/// The numbers of all connections, or of the one asked for, if there is one.
pub(super) fn connections(conn: &Connection, name: Option<&str>) -> Result<Vec<i64>, Fault> {
    let mut statement = conn.prepare_cached("SELECT id FROM connections WHERE ?1 IS NULL OR name = ?1")?;
    Ok(statement.query_map([name], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// What every row must be, whichever way leads to it.
fn narrow(conn: &Connection, filter: &EventFilter, connections: &[i64], newest: &mut Newest<'_>) -> Result<(), Fault> {
    if filter.connection.is_some() {
        newest.only("connection_id = ?", connections.first().map_or(Value::Null, |id| Value::Integer(*id)));
    }
    for (condition, word) in [
        ("state = ?", filter.state.map(State::as_str)),
        ("outcome = ?", filter.outcome.map(Outcome::as_str)),
        ("reason = ?", filter.reason.map(Reason::as_str)),
    ] {
        if let Some(word) = word {
            newest.only(condition, text(word));
        }
    }
    if let Some(object) = filter.object.as_ref().filter(|_| filter.message.is_some()) {
        let key = text(&format!("{}/{}", object.kind(), object.id()));
        newest.only("(SELECT kind || '/' || object_id FROM mailboxes WHERE id = mailbox_id) = ?", key);
    }
    if let Some(since) = filter.since {
        newest.from(first_since(conn, since.before(SET_BACK))?);
        newest.only("received_at >= ?", Value::Integer(since.0));
    }
    Ok(())
}

/// The first id received at a time or after it. Ids rise with the time they are received at, but where the clock was set
/// back in between.
fn first_since(conn: &Connection, since: Timestamp) -> Result<i64, Fault> {
    let end = |sql| Ok::<_, Fault>(conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, Option<i64>>(0))?);
    let mut low = end("SELECT min(id) FROM events")?.unwrap_or(0);
    let mut high = end("SELECT max(id) FROM events")?.map_or(low, |id| id.saturating_add(1));
    let mut statement = conn.prepare_cached(RECEIVED)?;
    while low < high {
        let middle = low + (high - low) / 2;
        let next = statement.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match next {
            Some((id, at)) if Timestamp(at) < since => low = i64::saturating_add(id, 1),
            Some(_) | None => high = middle,
        }
    }
    Ok(low)
}

fn of_object(conn: &Connection, object: &Object, state: Option<State>, newest: &mut Newest<'_>) -> Result<(), Fault> {
    let boxes: Vec<(i64, Option<i64>)> = {
        let mut statement = conn.prepare_cached(BOXES)?;
        let rows = statement.query_map(params![object.id(), object.kind()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    let [now, quiet, later, ended] = OF_MAILBOX;
    let streams: &[&str] = match state {
        None => &[now, quiet, later, ended],
        Some(State::Pending) => &[now, quiet, later],
        Some(State::Running) => &[],
        Some(State::Done | State::Skipped | State::Dead) => &[ended],
    };
    for (mailbox, turn) in boxes {
        for stream in streams {
            newest.take(stream, &[Value::Integer(mailbox)])?;
        }
        if let (Some(turn), None | Some(State::Running)) = (turn, state) {
            newest.take(OF_TURN, &[Value::Integer(turn)])?;
        }
    }
    Ok(())
}

fn open(filter: &EventFilter, connection: i64, newest: &mut Newest<'_>) -> Result<(), Fault> {
    match filter.state {
        _ if filter.outcome.is_some() || filter.reason.is_some() => Ok(()),
        None | Some(State::Pending) => newest.take(OPEN, &[Value::Integer(connection)]),
        Some(State::Running) => newest.take(RUNNING, &[]),
        Some(State::Done | State::Skipped | State::Dead) => Ok(()),
    }
}

fn ended(conn: &Connection, filter: &EventFilter, connection: i64, newest: &mut Newest<'_>) -> Result<(), Fault> {
    if filter.state.is_some_and(|state| !state.is_final()) {
        return Ok(());
    }
    let outcomes = match filter.outcome {
        Some(outcome) => vec![outcome.as_str().to_owned()],
        None => words(conn, NEXT_OUTCOME, &[Value::Integer(connection)])?,
    };
    for outcome in outcomes {
        let known = Outcome::from_name(&outcome);
        if filter.state.is_some_and(|state| known.is_some_and(|outcome| outcome.state() != state)) {
            continue;
        }
        let key = [Value::Integer(connection), Value::Text(outcome)];
        let reasons: Vec<Value> = if let Some(reason) = filter.reason {
            vec![text(reason.as_str())]
        } else {
            let some = words(conn, NEXT_REASON, &key)?.into_iter().map(Value::Text);
            some.chain([Value::Null]).collect()
        };
        for reason in reasons {
            let [connection, outcome] = key.clone();
            newest.take(ENDED, &[connection, outcome, reason])?;
        }
    }
    Ok(())
}

/// Every word an index holds below a key, one look for each.
fn words(conn: &Connection, next: &str, key: &[Value]) -> Result<Vec<String>, Fault> {
    let mut statement = conn.prepare_cached(next)?;
    let mut found: Vec<String> = Vec::new();
    loop {
        let last = text(found.last().map_or("", String::as_str));
        let values = key.iter().cloned().chain([last]);
        match statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0)).optional()? {
            Some(word) => found.push(word),
            None => return Ok(found),
        }
    }
}
