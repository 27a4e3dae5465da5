//! Sessions: looked up, created, changed by versioned patches.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::append;
use super::columns::Columns;
use super::core::Tx;
use super::fault::{Fault, unreadable};
use super::mailbox::{Mailbox, Mark};
use crate::domain::{
    AnsweredThrough, ConnectionName, ContactId, Mode, Object, Session, SessionId, SessionState, ThreadId, TicketId,
    Timestamp,
};
use crate::store::{Batch, Error, SessionChange, SessionKey};

/// The columns [`read`] reads, in its order.
macro_rules! select_sessions {
    ($rest:expr) => {
        concat!(
            "SELECT s.id, c.name, s.thread_id, s.ticket_id, s.contact_id, s.state, s.mode, s.agent_session_id, ",
            "s.custom_data, s.custom_data_pending, s.answered_at, s.answered_message, s.handed_off_at, s.ai_since, s.replies, ",
            "s.version, s.created_at, s.updated_at, s.agent_session_over, s.changed FROM sessions s ",
            "JOIN connections c ON c.id = s.connection_id ",
            $rest
        )
    };
}
pub(super) use select_sessions;

const INSERT: &str = "INSERT INTO sessions (connection_id, thread_id, agent_session_id, state, mode, custom_data, \
     custom_data_pending, replies, version, changed, created_at, updated_at) \
     VALUES (?1, ?2, ?3, 'ai', 'autopilot', '{}', 0, '[]', 0, \
     (SELECT coalesce(max(changed), 0) + 1 FROM sessions), ?4, ?4)";

const UPDATE: &str = "UPDATE sessions SET ticket_id = ?2, contact_id = ?3, state = ?4, mode = ?5, agent_session_id = ?6, \
     custom_data = ?7, custom_data_pending = ?8, answered_at = ?9, answered_message = ?10, handed_off_at = ?11, \
     ai_since = ?12, replies = ?13, version = ?14, updated_at = ?15, agent_session_over = ?16, \
     changed = (SELECT coalesce(max(changed), 0) + 1 FROM sessions) WHERE id = ?1";

/// One session by its key.
pub(super) fn find(conn: &Connection, key: &SessionKey) -> Result<Option<Session>, Fault> {
    let found = match key {
        SessionKey::Id(id) => collect(conn, select_sessions!("WHERE s.id = ?1"), [id.0]),
        SessionKey::Thread(connection, thread) => collect(
            conn,
            select_sessions!("WHERE s.thread_id = ?1 AND c.name = ?2"),
            [thread.as_str(), connection.as_str()],
        ),
        SessionKey::Agent(connection, agent) => collect(
            conn,
            select_sessions!("WHERE s.agent_session_id = ?1 AND c.name = ?2 ORDER BY s.id DESC LIMIT 1"),
            [agent.as_str(), connection.as_str()],
        ),
    }?;
    Ok(found.into_iter().next().map(|(session, _)| session))
}

/// The sessions linked to a ticket, last changed first.
pub(super) fn of_ticket(
    conn: &Connection,
    connection: &ConnectionName,
    ticket: &TicketId,
) -> Result<Vec<Session>, Fault> {
    let sql = select_sessions!("WHERE s.ticket_id = ?1 AND c.name = ?2 ORDER BY s.changed DESC LIMIT 100");
    let found = collect(conn, sql, [ticket.as_str(), connection.as_str()])?;
    Ok(found.into_iter().map(|(session, _)| session).collect())
}

/// The session of a thread, by number.
pub(super) fn id_of_thread(tx: &Tx<'_>, connection: i64, thread: &ThreadId) -> Result<Option<SessionId>, Fault> {
    Ok(tx
        .conn
        .prepare_cached("SELECT id FROM sessions WHERE thread_id = ?1 AND connection_id = ?2")?
        .query_row(params![thread.as_str(), connection], |row| row.get(0).map(SessionId))
        .optional()?)
}

/// The newest session of an agent's own id.
pub(super) fn id_of_agent(tx: &Tx<'_>, connection: i64, agent: &str) -> Result<Option<SessionId>, Fault> {
    Ok(tx
        .conn
        .prepare_cached(
            "SELECT id FROM sessions WHERE agent_session_id = ?1 AND connection_id = ?2 ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![agent, connection], |row| row.get(0).map(SessionId))
        .optional()?)
}

/// Applies one change, if the session still has the version it was made for.
pub(super) fn change(tx: &mut Tx<'_>, change: &SessionChange) -> Result<Session, Fault> {
    let mut session = match (find(tx.conn, &change.key)?, change.version) {
        (None, 0) => create(tx, &change.key)?,
        (Some(session), version) if session.version == version => session,
        (Some(_), _) => return Err(Error::VersionConflict.into()),
        (None, _) => return Err(Error::NotFound { what: "such session".to_owned() }.into()),
    };
    change.patch.apply(&mut session);
    session.version += 1;
    session.updated_at = tx.now;
    save(tx, &session)?;
    append::check(&change.followups)?;
    append::append(tx, &Batch { events: change.followups.clone(), dirty: Vec::new() })?;
    Ok(session)
}

/// Applies one change from outside a turn, and lets a running turn notice it.
pub(super) fn patch(tx: &mut Tx<'_>, wanted: &SessionChange) -> Result<Session, Fault> {
    let session = change(tx, wanted)?;
    let object = match (&session.thread_id, &session.agent_session_id) {
        (Some(thread), _) => Some(Object::Thread(thread.clone())),
        (None, Some(id)) => Some(Object::Outside(id.clone())),
        (None, None) => None,
    };
    let mailbox = match (object, tx.memory.names.id(&session.connection)) {
        (Some(object), Some(connection)) => Mailbox::find(tx, connection, &object)?,
        _ => None,
    };
    if let Some(mut mailbox) = mailbox {
        mailbox.mark = mailbox.mark.max(Mark::Raised);
        mailbox.save(tx)?;
        let key = mailbox.key(tx)?;
        tx.memory.effects.raise.push(key);
    }
    Ok(session)
}

/// Sessions with their place in the order of changes.
pub(super) fn collect(conn: &Connection, sql: &str, params: impl Params) -> Result<Vec<(Session, i64)>, Fault> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        sessions.push(read(row)?);
    }
    Ok(sessions)
}

fn create(tx: &mut Tx<'_>, key: &SessionKey) -> Result<Session, Fault> {
    let (connection, thread, agent) = match key {
        SessionKey::Id(id) => return Err(Error::NotFound { what: format!("session {id}") }.into()),
        SessionKey::Thread(connection, thread) => (connection, Some(thread.as_str()), None),
        SessionKey::Agent(connection, agent) => (connection, None, Some(agent)),
    };
    let connection = tx.memory.names.id_or_create(tx.conn, connection)?;
    let id = tx.conn.prepare_cached(INSERT)?.insert(params![connection, thread, agent, tx.now.0])?;
    let created = find(tx.conn, &SessionKey::Id(SessionId(id)))?;
    created.ok_or_else(|| Error::NotFound { what: "such session".to_owned() }.into())
}

fn save(tx: &Tx<'_>, session: &Session) -> Result<(), Fault> {
    let replies: Vec<i64> = session.replies.iter().map(|at| at.0).collect();
    tx.conn.prepare_cached(UPDATE)?.execute(params![
        session.id.0,
        session.ticket_id.as_ref().map(TicketId::as_str),
        session.contact_id.as_ref().map(ContactId::as_str),
        session.state.as_str(),
        session.mode.as_str(),
        session.agent_session_id,
        json(&session.custom_data)?,
        session.custom_data_pending,
        session.answered_through.as_ref().map(|through| through.at.0),
        session.answered_through.as_ref().map(|through| through.message.as_str()),
        session.handed_off_at.map(|at| at.0),
        session.ai_since.map(|at| at.0),
        json(&replies)?,
        session.version,
        session.updated_at.0,
        session.agent_session_over,
    ])?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(value)
        .map_err(|error| Error::Unreadable { what: "session", detail: error.to_string() }.into())
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fault> {
    // The parser's words name a place and a kind, never a value.
    serde_json::from_str(text).map_err(|error| {
        let detail = format!("line {} column {} is not as expected", error.line(), error.column());
        Error::Unreadable { what: "session", detail }.into()
    })
}

fn read(row: &Row<'_>) -> Result<(Session, i64), Fault> {
    let mut columns = Columns::of(row);
    let mut session = Session {
        id: SessionId(columns.get()?),
        connection: ConnectionName(columns.get()?),
        thread_id: columns.maybe_id()?,
        ticket_id: columns.maybe_id()?,
        contact_id: columns.maybe_id()?,
        state: word(&columns.get::<String>()?, SessionState::from_name)?,
        mode: word(&columns.get::<String>()?, Mode::from_name)?,
        agent_session_id: columns.get()?,
        agent_session_over: false,
        custom_data: parse::<BTreeMap<String, String>>(&columns.get::<String>()?)?,
        custom_data_pending: columns.get()?,
        answered_through: None,
        handed_off_at: None,
        ai_since: None,
        replies: Vec::new(),
        version: 0,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    };
    if let (Some(at), Some(message)) = (columns.maybe_time()?, columns.maybe_id()?) {
        session.answered_through = Some(AnsweredThrough { at, message });
    }
    session.handed_off_at = columns.maybe_time()?;
    session.ai_since = columns.maybe_time()?;
    session.replies = parse::<Vec<i64>>(&columns.get::<String>()?)?.into_iter().map(Timestamp).collect();
    session.version = columns.get()?;
    session.created_at = columns.time()?;
    session.updated_at = columns.time()?;
    session.agent_session_over = columns.get()?;
    Ok((session, columns.get()?))
}

fn word<T>(word: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Fault> {
    read(word).ok_or_else(|| unreadable("session", word))
}
