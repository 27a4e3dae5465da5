//! Rows of `events`: read, and ended.

use rusqlite::{OptionalExtension, Row, params};

use super::columns::Columns;
use super::core::Tx;
use super::fault::{Fault, unreadable};
use super::mailbox;
use crate::domain::{
    AppId, ConnectionName, DedupKey, Ending, Event, EventId, EventKind, Outcome, Reason, SessionId, State, TurnId,
};
use crate::store::Error;

/// The columns [`read`] reads, in its order, and the tables they come from.
macro_rules! select_events {
    ($rest:expr) => {
        concat!(
            "SELECT e.id, c.name, m.kind, m.object_id, e.kind, e.message_id, e.message_type, e.property, e.value, ",
            "e.hubspot_event_id, e.app_id, e.source, e.occurred_at, e.data, e.seen, e.received_at, e.due_at, e.state, ",
            "e.outcome, e.reason, e.detail, e.attempts, e.finished_at, e.turn_id, e.session_id FROM events e ",
            "JOIN connections c ON c.id = e.connection_id LEFT JOIN mailboxes m ON m.id = e.mailbox_id ",
            $rest
        )
    };
}
pub(super) use select_events;

/// An event as read.
#[derive(Debug)]
pub(super) struct Stored {
    /// The event; one of a kind that only a newer release knows shows as unreadable.
    pub event: Event,
    /// The kind's word when this release does not know it.
    pub unknown: Option<String>,
}

/// Reads one row of `select_events!`.
pub(super) fn read(row: &Row<'_>) -> Result<Stored, Fault> {
    let mut columns = Columns::of(row);
    let (id, name) = (columns.get()?, columns.get()?);
    let object = match (columns.get::<Option<String>>()?, columns.get::<Option<String>>()?) {
        (Some(kind), Some(id)) => Some(mailbox::object(&kind, id)?),
        _ => None,
    };
    let kind: String = columns.get()?;
    let known = EventKind::from_name(&kind);
    let event = Event {
        id: EventId(id),
        connection: ConnectionName(name),
        object,
        kind: known.unwrap_or(EventKind::Unreadable),
        message_id: columns.maybe_id()?,
        message_type: columns.get()?,
        property: columns.get()?,
        value: columns.get()?,
        hubspot_event_id: columns.get()?,
        app_id: columns.get::<Option<i64>>()?.map(AppId),
        source: columns.get()?,
        occurred_at: columns.maybe_time()?,
        data: columns.get()?,
        seen: columns.get()?,
        received_at: columns.time()?,
        due_at: columns.maybe_time()?,
        state: state(&columns.get::<String>()?)?,
        outcome: columns.get::<Option<String>>()?.and_then(|word| Outcome::from_name(&word)),
        reason: columns.get::<Option<String>>()?.and_then(|word| Reason::from_name(&word)),
        detail: columns.get()?,
        attempts: columns.get()?,
        finished_at: columns.maybe_time()?,
        turn: columns.get::<Option<i64>>()?.map(TurnId),
        session: columns.get::<Option<i64>>()?.map(SessionId),
    };
    Ok(Stored { event, unknown: known.is_none().then_some(kind) })
}

/// The events a query gives.
pub(super) fn collect(
    conn: &rusqlite::Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<Stored>, Fault> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(read(row)?);
    }
    Ok(events)
}

pub(super) const PUT_OFF: &str = "SELECT m.due_at FROM events e JOIN mailboxes m ON m.id = e.mailbox_id \
     WHERE e.id = ?1 AND e.finished_at IS NULL AND m.lease_until IS NULL";

/// For people: an open event is due when its mailbox is, if that is later. What put the mailbox off put it off, too.
pub(super) fn due(conn: &rusqlite::Connection, mut event: Event) -> Result<Event, Fault> {
    if let Some(own) = event.due_at.filter(|_| !event.state.is_final()) {
        let row = conn.prepare_cached(PUT_OFF)?.query_row([event.id.0], |row| row.get(0)).optional()?;
        event.due_at = Some(own.max(row.flatten().map_or(own, crate::domain::Timestamp)));
    }
    Ok(event)
}

/// The state of a stored word.
pub(super) fn state(word: &str) -> Result<State, Fault> {
    State::from_name(word).ok_or_else(|| unreadable("event state", word))
}

/// Is this ending one the ledger may show?
pub(super) fn check(ending: &Ending) -> Result<(), Error> {
    if ending.reason.is_none() && matches!(ending.outcome, Outcome::Skipped | Outcome::Dead) {
        return Err(Error::Refused(format!("{} cannot end as {} without a reason", ending.event, ending.outcome)));
    }
    Ok(())
}

/// Ends an open event.
pub(super) fn end(tx: &mut Tx<'_>, connection: i64, ending: &Ending) -> Result<(), Fault> {
    check(ending)?;
    tx.conn
        .prepare_cached(
            "UPDATE events SET state = ?2, outcome = ?3, reason = ?4, detail = ?5, session_id = ?6, \
             finished_at = ?7, due_at = NULL WHERE id = ?1",
        )?
        .execute(params![
            ending.event.0,
            ending.outcome.state().as_str(),
            ending.outcome.as_str(),
            ending.reason.map(Reason::as_str),
            ending.detail,
            ending.session.map(|session| session.0),
            tx.now.0,
        ])?;
    tx.memory.tally.open -= 1;
    count(tx, connection, ending.outcome, ending.reason)
}

/// Ends an event that a newer release stored, so that it is seen and blocks nothing.
pub(super) fn bury(tx: &mut Tx<'_>, connection: i64, event: EventId, kind: &str) -> Result<(), Fault> {
    let detail = format!("this release does not know the event type `{kind}`");
    end(tx, connection, &Ending::dead(event, Reason::PayloadUnreadable).detail(detail))
}

/// One more event ended this hour.
pub(super) fn count(tx: &Tx<'_>, connection: i64, outcome: Outcome, reason: Option<Reason>) -> Result<(), Fault> {
    tx.conn
        .prepare_cached(
            "INSERT INTO finished (hour, connection_id, outcome, reason, n) VALUES (?1, ?2, ?3, ?4, 1) \
             ON CONFLICT DO UPDATE SET n = n + 1",
        )?
        .execute(params![
            tx.now.0.div_euclid(HOUR_MS),
            connection,
            outcome.as_str(),
            reason.map_or("", Reason::as_str)
        ])?;
    Ok(())
}

/// Milliseconds of an hour.
pub(super) const HOUR_MS: i64 = 3_600_000;

/// What an event is bound by in the database.
pub(super) fn dedup(key: &DedupKey) -> &[u8] {
    &key.0
}
