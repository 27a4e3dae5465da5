//! [`Store`] for [`SqliteStore`]: each method is one piece of work for the core.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::sleep;

use super::core::Tx;
use super::fault::Fault;
use super::runner::Kind;
use super::{SqliteStore, append, audit, bind, claim, finish, hold, operate, prune, recall, session, step, turn};
use crate::domain::{ConnectionName, DedupKey, Event, Lane, MailboxKey, MessageId, Session, TicketId, Timestamp};
use crate::store::{
    Appended, Audit, Batch, Claim, Error, Finish, Hold, Lease, Operation, Renewal, SessionChange, SessionKey,
    StepIntent, StepRecord, StepResult, Store, Turn,
};

/// The longest sleep before the clock is looked at again: it may have been set.
const NAP: Duration = Duration::from_mins(1);

impl SqliteStore {
    async fn call<T, F>(&self, operation: &'static str, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Fault> + Send + 'static,
    {
        self.runner.run(operation, Kind::Turn, work).await
    }

    /// For the holder of a lease.
    async fn leased<T, F>(&self, operation: &'static str, lease: &Lease, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>, &Lease) -> Result<T, Fault> + Send + 'static,
    {
        let lease = lease.clone();
        self.call(operation, move |tx| work(tx, &lease)).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn append(&self, batch: Batch) -> Result<Appended, Error> {
        append::check(&batch.events)?;
        self.runner.run("store events", Kind::Delivery, move |tx| append::append(tx, &batch)).await
    }

    async fn append_own(&self, batch: Batch) -> Result<Appended, Error> {
        append::check(&batch.events)?;
        self.call("store events", move |tx| append::append(tx, &batch)).await
    }

    async fn claim(&self, claim: Claim) -> Result<Vec<Lease>, Error> {
        self.call("lease mailboxes", move |tx| claim::claim(tx, &claim)).await
    }

    async fn renew(&self, lease: &Lease) -> Result<Renewal, Error> {
        self.leased("renew a lease", lease, claim::renew).await
    }

    async fn open_turn(&self, lease: &Lease) -> Result<Option<Turn>, Error> {
        self.leased("open a turn", lease, turn::open).await
    }

    async fn extend_turn(&self, lease: &Lease) -> Result<Vec<Event>, Error> {
        self.leased("extend a turn", lease, turn::extend).await
    }

    async fn waiting(&self, lease: &Lease) -> Result<Vec<Event>, Error> {
        self.leased("read what waits", lease, |tx, lease| bind::waiting(tx, lease)).await
    }

    async fn steps(&self, lease: &Lease) -> Result<Vec<StepRecord>, Error> {
        self.leased("read the journal", lease, |tx, lease| step::of_lease(tx, lease)).await
    }

    async fn intend(&self, lease: &Lease, intent: StepIntent) -> Result<(), Error> {
        self.leased("journal an intent", lease, move |tx, lease| step::intend(tx, lease, &intent)).await
    }

    async fn settle(&self, lease: &Lease, step: &str, result: StepResult) -> Result<(), Error> {
        let step = step.to_owned();
        self.leased("journal a result", lease, move |tx, lease| step::settle(tx, lease, &step, &result)).await
    }

    async fn finish(&self, lease: &Lease, finish: Finish) -> Result<(), Error> {
        self.leased("finish a turn", lease, move |tx, lease| finish::finish(tx, lease, finish)).await
    }

    async fn defer(&self, lease: &Lease, until: Timestamp, why: &str, counts: bool) -> Result<(), Error> {
        let why = why.to_owned();
        self.leased("put off a turn", lease, move |tx, lease| turn::defer(tx, lease, until, &why, counts)).await
    }

    async fn session(&self, key: &SessionKey) -> Result<Option<Session>, Error> {
        let key = key.clone();
        self.call("read a session", move |tx| session::find(tx.conn, &key)).await
    }

    async fn sessions_of_ticket(&self, connection: &ConnectionName, ticket: &TicketId) -> Result<Vec<Session>, Error> {
        let (connection, ticket) = (connection.clone(), ticket.clone());
        self.call("read the sessions of a ticket", move |tx| session::of_ticket(tx.conn, &connection, &ticket)).await
    }

    async fn patch_session(&self, change: SessionChange) -> Result<Session, Error> {
        self.call("change a session", move |tx| session::patch(tx, &change)).await
    }

    async fn has_open_turn(&self, mailbox: &MailboxKey) -> Result<bool, Error> {
        let mailbox = mailbox.clone();
        self.call("look for an open turn", move |tx| recall::has_open_turn(tx, &mailbox)).await
    }

    async fn posted(&self, connection: &ConnectionName, messages: &[MessageId]) -> Result<Vec<MessageId>, Error> {
        let (connection, messages) = (connection.clone(), messages.to_vec());
        self.call("read what was posted", move |tx| recall::posted(tx, &connection, &messages)).await
    }

    async fn own_writes(&self, connection: &ConnectionName, ticket: &TicketId) -> Result<Vec<(String, String)>, Error> {
        let (connection, ticket) = (connection.clone(), ticket.clone());
        self.call("read what was written", move |tx| recall::own_writes(tx, &connection, &ticket)).await
    }

    async fn ticket_updated_at(
        &self,
        connection: &ConnectionName,
        ticket: &TicketId,
    ) -> Result<Option<Timestamp>, Error> {
        let (connection, ticket) = (connection.clone(), ticket.clone());
        self.call("read when a ticket was updated", move |tx| recall::ticket_updated_at(tx, &connection, &ticket)).await
    }

    async fn known(&self, keys: &[DedupKey]) -> Result<Vec<bool>, Error> {
        let keys = keys.to_vec();
        self.call("look for known events", move |tx| recall::known(tx, &keys)).await
    }

    async fn hold(&self, connection: &ConnectionName, until: Timestamp, cause: &str) -> Result<(), Error> {
        let (connection, cause) = (connection.clone(), cause.to_owned());
        self.call("hold a connection", move |tx| hold::hold(tx, &connection, until, &cause)).await
    }

    async fn release(&self, connection: &ConnectionName) -> Result<(), Error> {
        let connection = connection.clone();
        self.call("release a connection", move |tx| hold::release(tx, &connection)).await
    }

    async fn holds(&self) -> Result<Vec<Hold>, Error> {
        self.call("read the holds", |tx| hold::holds(tx.conn)).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<String>, Error> {
        let name = name.to_owned();
        self.call("read a position", move |tx| recall::cursor(tx, &name)).await
    }

    async fn set_cursor(&self, name: &str, value: &str) -> Result<(), Error> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.call("move a position", move |tx| recall::set_cursor(tx, &name, &value)).await
    }

    async fn wait_due(&self, lanes: &[Lane]) -> Result<(), Error> {
        let lanes: Vec<Lane> = lanes.to_vec();
        loop {
            let lanes = lanes.clone();
            // Listen before looking: what is stored in between must not go unheard.
            let stored = self.bells.due.notified();
            tokio::pin!(stored);
            stored.as_mut().enable();
            let (now, next) = self.call("look for due work", move |tx| hold::next_due(tx, &lanes)).await?;
            let nap = match next {
                Some(at) if at <= now => return Ok(()),
                Some(at) => at.since(now).min(NAP),
                None => NAP,
            };
            tokio::select! {
                biased;
                () = stored => {}
                () = sleep(nap) => {}
            }
        }
    }

    async fn operate(&self, operation: Operation) -> Result<(), Error> {
        self.call("replay or skip an event", move |tx| operate::operate(tx, operation)).await
    }

    async fn audit(&self, entry: Audit) -> Result<(), Error> {
        self.call("note what was asked for", move |tx| audit::note(tx, &entry)).await
    }

    async fn prune(&self, older_than: Timestamp, limit: u32) -> Result<u32, Error> {
        self.call("remove old events", move |tx| prune::prune(tx, older_than, limit)).await
    }

    async fn check(&self) -> Result<(), Error> {
        let room = self.room.clone();
        let check = move |tx: &mut Tx<'_>| {
            recall::check(tx)?;
            // It can be written to, but nothing new is taken any more.
            Ok(room.map_or(Ok(()), |room| room.check(tx.conn))?)
        };
        self.call("write", check).await
    }
}
