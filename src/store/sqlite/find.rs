//! One event with its history, and everything an id may name.

use rusqlite::Connection;

use super::columns::Columns;
use super::event::{self, select_events};
use super::fault::Fault;
use super::mailbox;
use super::message;
use super::session::{self, select_sessions};
use super::step;
use crate::domain::{
    ConnectionName, Event, EventId, MailboxKey, MessageId, Outcome, PortalId, Reason, SessionId, TurnId,
};
use crate::store::types::{EventHistory, Found, MailboxStatus, PastEnd, RunRecord};

pub(super) const LINKED: &str = select_sessions!(
    "WHERE s.thread_id = ?1 OR s.ticket_id = ?1 OR s.contact_id = ?1 OR s.agent_session_id = ?1 \
     ORDER BY s.changed DESC LIMIT 50"
);

pub(super) const MAILBOXES: &str = "SELECT c.name, m.kind, m.object_id, m.due_at, m.attempts, m.why, m.lease_until IS NOT NULL, \
     (SELECT count(*) FROM events INDEXED BY events_waiting \
       WHERE mailbox_id = m.id AND state = 'pending' AND timing < 2) + \
     (SELECT count(*) FROM events INDEXED BY events_later \
       WHERE mailbox_id = m.id AND state = 'pending' AND timing = 2) + \
     (SELECT count(*) FROM events INDEXED BY events_running WHERE turn_id = m.turn_id AND state = 'running') \
     FROM mailboxes m JOIN connections c ON c.id = m.connection_id WHERE m.object_id = ?1 ORDER BY m.id LIMIT 50";

pub(super) const PAST_ENDS: &str =
    "SELECT finished_at, outcome, reason, detail, replayed_at FROM past_ends WHERE event_id = ?1 ORDER BY id";

pub(super) const RUNS: &str = "SELECT run, started_at, ended_at, note FROM runs WHERE turn_id = ?1 ORDER BY run";

/// An event with the runs it was part of.
pub(super) fn event(conn: &Connection, id: EventId) -> Result<Option<EventHistory>, Fault> {
    let found = event::collect(conn, select_events!("WHERE e.id = ?1"), [id.0])?;
    found.into_iter().next().map(|stored| history(conn, event::due(conn, stored.event)?)).transpose()
}

/// Everything an id may name: `evt_1` and `ses_1` only what they say, a bare one whatever has it.
pub(super) fn find(conn: &Connection, portals: &[PortalId], id: &str) -> Result<Found, Fault> {
    let mut found = Found::default();
    let bare = !id.starts_with("evt_") && !id.starts_with("ses_");
    if let (Ok(event_id), true) = (id.parse::<EventId>(), bare || id.starts_with("evt_")) {
        found.events.extend(event(conn, event_id)?);
    }
    if let (Ok(session_id), true) = (id.parse::<SessionId>(), bare || id.starts_with("ses_")) {
        let sessions = session::collect(conn, select_sessions!("WHERE s.id = ?1"), [session_id.0])?;
        found.sessions.extend(sessions.into_iter().map(|(session, _)| session));
    }
    if bare {
        about_message(conn, portals, id, &mut found)?;
        linked_sessions(conn, id, &mut found)?;
        found.mailboxes = mailboxes(conn, id)?;
    }
    Ok(found)
}

fn about_message(conn: &Connection, portals: &[PortalId], id: &str, found: &mut Found) -> Result<(), Fault> {
    for id in message::events(conn, portals, &MessageId::from(id))?.into_iter().take(50) {
        if found.events.iter().all(|known| known.event.id.0 != id) {
            found.events.extend(event(conn, EventId(id))?);
        }
    }
    Ok(())
}

fn linked_sessions(conn: &Connection, id: &str, found: &mut Found) -> Result<(), Fault> {
    for (session, _) in session::collect(conn, LINKED, [id])? {
        if found.sessions.iter().all(|known| known.id != session.id) {
            found.sessions.push(session);
        }
    }
    Ok(())
}

fn mailboxes(conn: &Connection, id: &str) -> Result<Vec<MailboxStatus>, Fault> {
    let mut statement = conn.prepare_cached(MAILBOXES)?;
    let mut rows = statement.query([id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut columns = Columns::of(row);
        let (name, kind) = (columns.get()?, columns.get::<String>()?);
        found.push(MailboxStatus {
            key: MailboxKey { connection: ConnectionName(name), object: mailbox::object(&kind, columns.get()?)? },
            due_at: columns.maybe_time()?,
            attempts: columns.get()?,
            why: columns.get()?,
            leased: columns.get()?,
            waiting: columns.count()?,
        });
    }
    Ok(found)
}

/// Its runs, those before a replay first.
fn history(conn: &Connection, event: Event) -> Result<EventHistory, Fault> {
    let mut turns: Vec<(i64, u32)> = {
        let mut statement =
            conn.prepare_cached("SELECT turn_id, attempts FROM replayed WHERE event_id = ?1 ORDER BY turn_id")?;
        statement.query_map([event.id.0], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?
    };
    match (event.turn, turns.iter_mut().find(|(turn, _)| Some(TurnId(*turn)) == event.turn)) {
        (Some(_), Some((_, attempts))) => *attempts = attempts.saturating_add(event.attempts),
        (Some(turn), None) => turns.push((turn.0, event.attempts)),
        (None, _) => {}
    }
    let mut all = Vec::new();
    for (turn, attempts) in turns {
        all.extend(runs(conn, turn, attempts)?);
    }
    let past_ends = past_ends(conn, event.id)?;
    Ok(EventHistory { event, runs: all, past_ends })
}

fn past_ends(conn: &Connection, id: EventId) -> Result<Vec<PastEnd>, Fault> {
    let mut statement = conn.prepare_cached(PAST_ENDS)?;
    let mut rows = statement.query([id.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut columns = Columns::of(row);
        let (finished_at, outcome) = (columns.time()?, columns.get::<String>()?);
        let reason = columns.get::<Option<String>>()?.and_then(|word| Reason::from_name(&word));
        let (detail, replayed_at) = (columns.get()?, columns.time()?);
        // A newer release's outcome has no words here.
        let Some(outcome) = Outcome::from_name(&outcome) else { continue };
        found.push(PastEnd { finished_at, outcome, reason, detail, replayed_at });
    }
    Ok(found)
}

/// A dissolved turn is opened again under its number: runs before the event joined are not its own.
fn runs(conn: &Connection, turn: i64, attempts: u32) -> Result<Vec<RunRecord>, Fault> {
    let steps = step::all(conn, turn)?;
    let mut statement = conn.prepare_cached(RUNS)?;
    let mut rows = statement.query([turn])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        let mut columns = Columns::of(row);
        let run: u32 = columns.get()?;
        runs.push(RunRecord {
            turn: TurnId(turn),
            run,
            started_at: columns.time()?,
            ended_at: columns.maybe_time()?,
            note: columns.get()?,
            steps: steps.iter().filter(|step| step.run == run).cloned().collect(),
        });
    }
    let own = usize::try_from(attempts).unwrap_or(usize::MAX).min(runs.len());
    Ok(runs.split_off(runs.len() - own))
}
