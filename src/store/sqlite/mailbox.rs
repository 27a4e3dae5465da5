//! One row of `mailboxes`: loaded, changed in memory, saved whole.

use rusqlite::{OptionalExtension, params};

use super::columns::Columns;
use super::core::Tx;
use super::fault::{Fault, unreadable};
use super::schedule::{Times, earlier};
use crate::domain::{Lane, MailboxKey, Object, Timestamp};
use crate::store::{Error, Lease};

/// The interrupt mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Nothing to notice.
    None,
    /// Something to notice when next looked at.
    Raised,
    /// Ownership changed: a deferral does not hold for it.
    Urgent,
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mailbox {
    pub id: i64,
    pub connection: i64,
    pub object: Object,
    pub times: Times,
    pub due_at: Option<Timestamp>,
    pub attempts: u32,
    pub why: Option<String>,
    pub token: i64,
    pub lease_until: Option<Timestamp>,
    pub mark: Mark,
    pub turn: Option<i64>,
    pub dissolved: Option<i64>,
    pub dirty_generation: i64,
    /// Is its row one of those that [`super::core::Tally::queued`] counts?
    counted: bool,
}

/// The object of a stored kind and id.
pub(super) fn object(kind: &str, id: String) -> Result<Object, Fault> {
    Object::from_kind(kind, id).ok_or_else(|| unreadable("mailbox", kind))
}

/// The number of a lane in the database.
pub(super) fn lane(lane: Lane) -> i64 {
    match lane {
        Lane::Conversation => 0,
        Lane::Ticket => 1,
    }
}

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, connection_id, kind, object_id, asap_at, quiet_first, quiet_at, not_before, due_at, attempts, ",
            "why, lease_token, lease_until, interrupt, turn_id, dissolved_turn, dirty_generation FROM mailboxes WHERE ",
            $condition
        )
    };
}

const SAVE: &str = "UPDATE mailboxes SET asap_at = ?2, quiet_first = ?3, quiet_at = ?4, not_before = ?5, due_at = ?6, \
     attempts = ?7, why = ?8, lease_token = ?9, lease_until = ?10, interrupt = ?11, turn_id = ?12, \
     dissolved_turn = ?13, dirty_generation = ?14 WHERE id = ?1";

/// The earliest of what waits, by the way it waits: one look into an index each.
pub(super) const WAITING: &str = "SELECT \
     (SELECT due_at FROM events INDEXED BY events_waiting \
       WHERE mailbox_id = ?1 AND state = 'pending' AND timing < 2 AND timing = 0 ORDER BY id LIMIT 1), \
     (SELECT due_at FROM events INDEXED BY events_later \
       WHERE mailbox_id = ?1 AND state = 'pending' AND timing = 2 ORDER BY due_at LIMIT 1), \
     EXISTS (SELECT 1 FROM events INDEXED BY events_waiting \
       WHERE mailbox_id = ?1 AND state = 'pending' AND timing < 2 AND timing = 1), \
     EXISTS (SELECT 1 FROM dirty WHERE mailbox_id = ?1)";

impl Mailbox {
    /// By its row.
    pub(super) fn load(tx: &Tx<'_>, id: i64) -> Result<Option<Self>, Fault> {
        let mut statement = tx.conn.prepare_cached(select!("id = ?1"))?;
        statement.query_row([id], |row| Ok(Self::read(&mut Columns::of(row)))).optional()?.transpose()
    }

    /// By its name.
    pub(super) fn find(tx: &Tx<'_>, connection: i64, object: &Object) -> Result<Option<Self>, Fault> {
        let mut statement = tx.conn.prepare_cached(select!("object_id = ?1 AND kind = ?2 AND connection_id = ?3"))?;
        let key = params![object.id(), object.kind(), connection];
        statement.query_row(key, |row| Ok(Self::read(&mut Columns::of(row)))).optional()?.transpose()
    }

    /// By its name; made when it is not there.
    pub(super) fn find_or_create(tx: &Tx<'_>, connection: i64, object: &Object) -> Result<Self, Fault> {
        if let Some(mailbox) = Self::find(tx, connection, object)? {
            return Ok(mailbox);
        }
        let mut statement = tx
            .conn
            .prepare_cached("INSERT INTO mailboxes (connection_id, kind, object_id, lane) VALUES (?1, ?2, ?3, ?4)")?;
        let id = statement.insert(params![connection, object.kind(), object.id(), lane(object.lane())])?;
        Ok(Self::fresh(id, connection, object.clone()))
    }

    /// The mailbox of a lease, if the lease is still good. A lease past its time is, as long as nobody freed it.
    pub(super) fn leased(tx: &Tx<'_>, lease: &Lease) -> Result<Self, Fault> {
        let mailbox = Self::load(tx, lease.mailbox)?;
        mailbox
            .filter(|mailbox| mailbox.token == lease.token && mailbox.lease_until.is_some())
            .ok_or(Fault::Store(Error::LeaseLost { mailbox: lease.mailbox }))
    }

    /// Writes it back.
    pub(super) fn save(&mut self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        tx.conn.prepare_cached(SAVE)?.execute(params![
            self.id,
            self.times.asap_at.map(|at| at.0),
            self.times.quiet_first.map(|at| at.0),
            self.times.quiet_at.map(|at| at.0),
            self.times.not_before.map(|at| at.0),
            self.due_at.map(|at| at.0),
            self.attempts,
            self.why,
            self.token,
            self.lease_until.map(|at| at.0),
            match self.mark {
                Mark::None => 0,
                Mark::Raised => 1,
                Mark::Urgent => 2,
            },
            self.turn,
            self.dissolved,
            self.dirty_generation,
        ])?;
        let counts = self.due_at.is_some() && self.lease_until.is_none();
        tx.memory.tally.queued += i64::from(counts) - i64::from(self.counted);
        self.counted = counts;
        Ok(())
    }

    /// Its row is gone.
    pub(super) fn removed(&self, tx: &mut Tx<'_>) {
        tx.memory.tally.queued -= i64::from(self.counted);
    }

    /// Its full name.
    pub(super) fn key(&self, tx: &Tx<'_>) -> Result<MailboxKey, Fault> {
        Ok(MailboxKey { connection: tx.memory.names.name(self.connection)?, object: self.object.clone() })
    }

    /// Derives the due time. An open turn waits for nothing but a deferral.
    pub(super) fn derive_due(&mut self, now: Timestamp) {
        self.due_at = match self.turn {
            Some(_) => self.times.not_before.or(self.due_at).or(Some(now)),
            None => self.times.due(),
        };
    }

    /// Reads from what waits in it when it is due next, after events left the queue or came back.
    pub(super) fn reschedule(&mut self, tx: &Tx<'_>) -> Result<(), Fault> {
        let (soon, later, quiet, dirty) = tx.conn.prepare_cached(WAITING)?.query_row([self.id], |row| {
            let mut columns = Columns::of(row);
            Ok((columns.maybe_time()?, columns.maybe_time()?, columns.get::<bool>()?, columns.get::<bool>()?))
        })?;
        let marked = dirty.then(|| self.times.asap_at.unwrap_or(tx.now).min(tx.now));
        self.times.asap_at = earlier(earlier(soon, later), marked);
        if !quiet {
            self.times.quiet_first = None;
            self.times.quiet_at = None;
        }
        self.derive_due(tx.now);
        Ok(())
    }

    /// Ends the lease and makes the mailbox due when it should be.
    pub(super) fn release(&mut self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.lease_until = None;
        self.due_at = None;
        self.reschedule(tx)?;
        self.save(tx)?;
        tx.memory.full = Default::default();
        tx.memory.effects.wake = true;
        Ok(())
    }

    /// Marks a ticket property as changed.
    pub(super) fn mark_dirty(&mut self, tx: &Tx<'_>, property: &str) -> Result<(), Fault> {
        self.dirty_generation += 1;
        tx.conn
            .prepare_cached(
                "INSERT INTO dirty (mailbox_id, property, generation) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO UPDATE SET generation = excluded.generation",
            )?
            .execute(params![self.id, property, self.dirty_generation])?;
        self.times.asap(tx.now);
        Ok(())
    }

    fn fresh(id: i64, connection: i64, object: Object) -> Self {
        Self {
            id,
            connection,
            object,
            times: Times::default(),
            due_at: None,
            attempts: 0,
            why: None,
            token: 0,
            lease_until: None,
            mark: Mark::None,
            turn: None,
            dissolved: None,
            dirty_generation: 0,
            counted: false,
        }
    }

    fn read(columns: &mut Columns<'_, '_>) -> Result<Self, Fault> {
        let (id, connection, kind) = (columns.get()?, columns.get()?, columns.get::<String>()?);
        let mut mailbox = Self::fresh(id, connection, object(&kind, columns.get()?)?);
        mailbox.times = Times {
            asap_at: columns.maybe_time()?,
            quiet_first: columns.maybe_time()?,
            quiet_at: columns.maybe_time()?,
            not_before: columns.maybe_time()?,
        };
        mailbox.due_at = columns.maybe_time()?;
        mailbox.attempts = columns.get()?;
        mailbox.why = columns.get()?;
        mailbox.token = columns.get()?;
        mailbox.lease_until = columns.maybe_time()?;
        mailbox.mark = match columns.get::<i64>()? {
            0 => Mark::None,
            1 => Mark::Raised,
            _ => Mark::Urgent,
        };
        mailbox.turn = columns.get()?;
        mailbox.dissolved = columns.get()?;
        mailbox.dirty_generation = columns.get()?;
        mailbox.counted = mailbox.due_at.is_some() && mailbox.lease_until.is_none();
        Ok(mailbox)
    }
}
