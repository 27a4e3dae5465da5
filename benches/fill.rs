//! A database as schema 2 left it, with as many events as asked for, in three distributions: a usual one, one where nothing
//! has ended, and one where everything has, but for a few of the oldest. What is rare is among the oldest: a list that
//! looks for it row by row sees them all.

use std::error::Error;
use std::path::Path;

use hubspot_bridge::domain::{DedupKey, MessageId, PortalId};
use rusqlite::{Connection, Statement, params};

const SCHEMAS: [&str; 2] = [include_str!("../src/store/sqlite/v1.sql"), include_str!("../src/store/sqlite/v2.sql")];
/// Of `tests/it/config/desk.rs`.
const PORTAL: PortalId = PortalId(1_234_567);
const CONNECTIONS: [&str; 5] = ["acme", "globex", "initech", "umbrella", "rare"];
const THREADS: i64 = 4_000;
const TICKETS: i64 = 2_000;
const SESSIONS: i64 = 200_000;
/// One event in so many has a turn with its journal.
const TURNS: i64 = 20;
const MONTH_MS: i64 = 30 * 86_400_000;

/// How the events stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nine tenths and more ended in the usual ways, the newest wait.
    Usual,
    /// All wait, but for one of each other kind.
    AllOpen,
    /// All were answered, but for one of each other kind.
    AllEnded,
}

/// The rows that are asked for by name.
pub struct Marks {
    pub thread: String,
    pub ticket: String,
    /// Of an old and of a new event.
    pub messages: [String; 2],
}

/// Fills a new file. `now`: the newest event is of then.
pub fn fill(path: &Path, shape: Shape, events: i64, now: i64) -> Result<Marks, Box<dyn Error>> {
    let mut conn = Connection::open(path)?;
    conn.execute_batch("PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA cache_size = -400000;")?;
    let tx = conn.transaction()?;
    for schema in SCHEMAS {
        tx.execute_batch(schema)?;
    }
    for (id, name) in (1_i64..).zip(CONNECTIONS) {
        tx.execute("INSERT INTO connections (id, name) VALUES (?1, ?2)", params![id, name])?;
    }
    mailboxes(&tx, shape, now)?;
    let mut open = 0;
    {
        let mut statement = tx.prepare(EVENT)?;
        for id in 1..=events {
            open += i64::from(event(&mut statement, shape, id, events, now)?);
        }
    }
    turns(&tx, events, now)?;
    sessions(&tx, now)?;
    hours(&tx, now)?;
    for (name, value) in [("epoch", 1), ("events", events), ("open_events", open), ("checked_at", 0)] {
        tx.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", params![name, value])?;
    }
    tx.execute_batch("PRAGMA application_id = 1213416018; PRAGMA user_version = 2")?;
    tx.commit()?;
    let of_threads = |from: i64| (from..=events).find(|id| *id % (THREADS + TICKETS) < THREADS).unwrap_or(from);
    Ok(Marks {
        thread: object(1),
        ticket: object(THREADS + 1),
        messages: [message(of_threads(events / 3)), message(of_threads(events - 10_000))],
    })
}

const EVENT: &str = "INSERT INTO events (id, connection_id, mailbox_id, kind, state, timing, due_at, dedup, seen, \
     attempts, received_at, finished_at, turn_id, message_id, property, outcome, reason) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 1, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

/// State, outcome, reason.
type End = (&'static str, Option<&'static str>, Option<&'static str>);

const PENDING: End = ("pending", None, None);

fn end(shape: Shape, id: i64, events: i64) -> End {
    let (done, skipped) =
        (|outcome| ("done", Some(outcome), None), |reason| ("skipped", Some("skipped"), Some(reason)));
    match (shape, id) {
        (_, 1) => ("dead", Some("dead"), Some("payload_unreadable")),
        (_, 2) => done("note_mirrored"),
        (_, 3) => skipped("skipped_by_operator"),
        (_, 4) => ("running", None, None),
        (_, 5 | 6) | (Shape::AllOpen, _) => PENDING,
        (Shape::AllEnded, _) => done("replied"),
        (Shape::Usual, _) if id > events - events / 50 => PENDING,
        (Shape::Usual, _) => match scatter(id) % 1_000 {
            0..400 => done("replied"),
            400..500 => done("merged"),
            500..700 => done("property_synced"),
            700..850 => skipped("own_message"),
            850..900 => skipped("not_ai_owned"),
            900..920 => done("handed_off"),
            920..940 => done("ownership_recorded"),
            940..970 => skipped("own_write"),
            970..990 => done("drafted"),
            _ => ("dead", Some("dead"), Some("message_not_found")),
        },
    }
}

/// Is it open?
fn event(statement: &mut Statement<'_>, shape: Shape, id: i64, events: i64, now: i64) -> Result<bool, Box<dyn Error>> {
    let mailbox = if (7..10).contains(&id) { THREADS + TICKETS } else { id % (THREADS + TICKETS) };
    let (connection, conversation) = (connection(mailbox), mailbox < THREADS);
    let (state, outcome, reason) = end(shape, id, events);
    let received = now - (events - id) * (MONTH_MS / events).max(1);
    let message = conversation.then(|| message(id));
    let dedup = message.as_ref().map_or_else(
        || DedupKey::of(&["change", &id.to_string()]),
        |message| DedupKey::of_message(PORTAL, &MessageId::from(message.as_str())),
    );
    let waits = state == "pending";
    statement.execute(params![
        id,
        connection,
        mailbox,
        if conversation { "conversation.newMessage" } else { "ticket.propertyChange" },
        state,
        if waits && id % 100 == 0 { 2 } else { 0 },
        waits.then_some(received),
        dedup.0,
        received,
        outcome.map(|_| received + 2_000),
        (state == "running" || id % TURNS == 0).then_some(id),
        message,
        (!conversation).then_some("hs_pipeline_stage"),
        outcome,
        reason,
    ])?;
    Ok(outcome.is_none())
}

/// Four fifths are the first's; the last has three events, of the oldest.
fn connection(mailbox: i64) -> i64 {
    match mailbox % 100 {
        _ if mailbox == THREADS + TICKETS => 5,
        0..80 => 1,
        80..95 => 2,
        95..99 => 3,
        _ => 4,
    }
}

fn object(mailbox: i64) -> String {
    (6_065_362_089 + mailbox).to_string()
}

fn message(id: i64) -> String {
    hex::encode(DedupKey::of(&["id of a message", &id.to_string()]).0)
}

fn scatter(id: i64) -> u64 {
    id.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32
}

fn mailboxes(tx: &Connection, shape: Shape, now: i64) -> rusqlite::Result<()> {
    let mut statement = tx.prepare(
        "INSERT INTO mailboxes (id, connection_id, kind, object_id, lane, asap_at, due_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
    )?;
    for id in 0..=THREADS + TICKETS {
        let due = match shape {
            Shape::AllOpen => true,
            Shape::Usual => id % 10 == 0,
            Shape::AllEnded => id < 10,
        };
        let (kind, lane) = if id < THREADS { ("thread", 0) } else { ("ticket", 1) };
        statement.execute(params![id, connection(id), kind, object(id), lane, due.then_some(now - id * 1_000)])?;
    }
    Ok(())
}

fn turns(tx: &Connection, events: i64, now: i64) -> rusqlite::Result<()> {
    let mut turn = tx.prepare("INSERT INTO turns (id, mailbox_id, opened_at, ended_at) VALUES (?1, ?2, ?3, ?3)")?;
    let mut run = tx.prepare(
        "INSERT INTO runs (turn_id, run, epoch, started_at, ended_at, note) VALUES (?1, 1, 1, ?2, ?2, 'finished')",
    )?;
    let mut step = tx.prepare(
        "INSERT INTO steps (turn_id, name, status, run, act_deadline, intended_at, settled_at) \
         VALUES (?1, ?2, 'done', 1, ?3, ?3, ?3)",
    )?;
    for id in (TURNS..=events).step_by(20) {
        turn.execute([id, id % (THREADS + TICKETS), now])?;
        run.execute([id, now])?;
        for name in ["ask_agent", "post_reply", "write_ticket"] {
            step.execute(params![id, name, now])?;
        }
    }
    Ok(())
}

/// All with the AI, but for the first few; a conversation each.
fn sessions(tx: &Connection, now: i64) -> rusqlite::Result<()> {
    let mut statement = tx.prepare(
        "INSERT INTO sessions (id, connection_id, thread_id, ticket_id, contact_id, state, mode, custom_data, \
         custom_data_pending, replies, version, changed, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'autopilot', '{\"order\":\"1042\"}', 0, '[]', 1, ?1, ?7, ?7)",
    )?;
    for id in 1..=SESSIONS {
        let state = if id == 2 {
            "paused"
        } else if id == 3 {
            "closed"
        } else {
            "ai"
        };
        let (thread, ticket, contact) = (object(id - 1), object(THREADS + id % TICKETS), (id % 50_000).to_string());
        let connection = if id == 5 { 5 } else { connection(id - 1) };
        statement.execute(params![id, connection, thread, ticket, contact, state, now - SESSIONS + id])?;
    }
    Ok(())
}

fn hours(tx: &Connection, now: i64) -> rusqlite::Result<()> {
    let mut statement =
        tx.prepare("INSERT INTO finished (hour, connection_id, outcome, reason, n) VALUES (?1, ?2, ?3, ?4, 7)")?;
    for hour in now / 3_600_000 - 8 * 24..=now / 3_600_000 {
        for connection in 1..=4 {
            for (outcome, reason) in
                [("replied", ""), ("merged", ""), ("skipped", "own_message"), ("dead", "interrupted")]
            {
                statement.execute(params![hour, connection, outcome, reason])?;
            }
        }
    }
    Ok(())
}
