//! A store that remembers what the intake gave it.

use std::sync::Mutex;

use async_trait::async_trait;
use hubspot_bridge::domain::{ConnectionName, DedupKey, Event, EventId, MessageId, Session, TicketId, Timestamp};
use hubspot_bridge::store::{
    Appended, Audit, Batch, Claim, Error, Finish, Hold, Lease, Operation, Renewal, SessionChange, SessionKey,
    StepIntent, StepRecord, StepResult, Store, Turn,
};

/// Batches kept before it starts anew: more than any test sends, little under load.
const KEPT: usize = 100;

/// Remembers the batches it was given, or refuses them. The intake uses nothing else of a store.
#[derive(Default)]
pub struct Recording {
    pub batches: Mutex<Vec<Batch>>,
    pub refuse_with: Mutex<Option<fn() -> Error>>,
}

#[async_trait]
impl Store for Recording {
    async fn append(&self, batch: Batch) -> Result<Appended, Error> {
        if let Some(error) = *self.refuse_with.lock().unwrap() {
            return Err(error());
        }
        let fresh = vec![true; batch.events.len()];
        let ids = (1..=i64::try_from(fresh.len()).unwrap()).map(EventId).collect();
        let mut batches = self.batches.lock().unwrap();
        if batches.len() == KEPT {
            batches.clear();
        }
        batches.push(batch);
        Ok(Appended { ids, fresh })
    }
    async fn append_own(&self, batch: Batch) -> Result<Appended, Error> {
        self.append(batch).await
    }
    async fn claim(&self, _: Claim) -> Result<Vec<Lease>, Error> {
        Err(Error::Stopped)
    }
    async fn renew(&self, _: &Lease) -> Result<Renewal, Error> {
        Err(Error::Stopped)
    }
    async fn open_turn(&self, _: &Lease) -> Result<Option<Turn>, Error> {
        Err(Error::Stopped)
    }
    async fn extend_turn(&self, _: &Lease) -> Result<Vec<Event>, Error> {
        Err(Error::Stopped)
    }
    async fn waiting(&self, _: &Lease) -> Result<Vec<Event>, Error> {
        Err(Error::Stopped)
    }
    async fn steps(&self, _: &Lease) -> Result<Vec<StepRecord>, Error> {
        Err(Error::Stopped)
    }
    async fn intend(&self, _: &Lease, _: StepIntent) -> Result<(), Error> {
        Err(Error::Stopped)
    }
    async fn settle(&self, _: &Lease, _: &str, _: StepResult) -> Result<(), Error> {
        Err(Error::Stopped)
    }
    async fn finish(&self, _: &Lease, _: Finish) -> Result<(), Error> {
        Err(Error::Stopped)
    }
    async fn defer(&self, _: &Lease, _: Timestamp, _: &str, _: bool) -> Result<(), Error> {
        Err(Error::Stopped)
    }
    async fn session(&self, _: &SessionKey) -> Result<Option<Session>, Error> {
        Err(Error::Stopped)
    }
    async fn sessions_of_ticket(&self, _: &ConnectionName, _: &TicketId) -> Result<Vec<Session>, Error> {
        Err(Error::Stopped)
    }
    async fn patch_session(&self, _: SessionChange) -> Result<Session, Error> {
        Err(Error::Stopped)
    }
    async fn has_open_turn(&self, _: &hubspot_bridge::domain::MailboxKey) -> Result<bool, Error> {
        Err(Error::Stopped)
    }
    async fn posted(&self, _: &ConnectionName, _: &[MessageId]) -> Result<Vec<MessageId>, Error> {
        Err(Error::Stopped)
    }
    async fn ticket_updated_at(
        &self,
        _: &ConnectionName,
        _: &hubspot_bridge::domain::TicketId,
    ) -> Result<Option<Timestamp>, Error> {
        Err(Error::Stopped)
    }
    async fn own_writes(
        &self,
        _: &ConnectionName,
        _: &hubspot_bridge::domain::TicketId,
    ) -> Result<Vec<(String, String)>, Error> {
        Err(Error::Stopped)
    }
    async fn known(&self, _: &[DedupKey]) -> Result<Vec<bool>, Error> {
        Err(Error::Stopped)
    }
    async fn hold(&self, _: &ConnectionName, _: Timestamp, _: &str) -> Result<(), Error> {
        Err(Error::Stopped)
    }
    async fn release(&self, _: &ConnectionName) -> Result<(), Error> {
        Err(Error::Stopped)
    }
    async fn holds(&self) -> Result<Vec<Hold>, Error> {
        Err(Error::Stopped)
    }
    async fn cursor(&self, _: &str) -> Result<Option<String>, Error> {
        Err(Error::Stopped)
    }
    async fn set_cursor(&self, _: &str, _: &str) -> Result<(), Error> {
        Err(Error::Stopped)
    }
    async fn wait_due(&self, _: &[hubspot_bridge::domain::Lane]) -> Result<(), Error> {
        Err(Error::Stopped)
    }
    async fn operate(&self, _: Operation) -> Result<(), Error> {
        Err(Error::Stopped)
    }
    async fn audit(&self, _: Audit) -> Result<(), Error> {
        Err(Error::Stopped)
    }
    async fn prune(&self, _: Timestamp, _: u32) -> Result<u32, Error> {
        Err(Error::Stopped)
    }
    async fn check(&self) -> Result<(), Error> {
        Err(Error::Stopped)
    }
}
