//! Crashes at any point: a fuse counts the bridge's steps to the outside (store and HubSpot calls) and, when it burns
//! down, the step never returns. Half of them stop before the effect, half after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hubspot_bridge::domain::{ConnectionName, DedupKey, Event, Lane, MessageId, Session, TicketId, Timestamp};
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use hubspot_bridge::store::{
    Appended, Batch, Claim, Error, Finish, Hold, Lease, Operation, Renewal, SessionChange, SessionKey, StepIntent,
    StepResult, Store, Turn,
};
use tokio::sync::Notify;

/// Burns down once.
#[derive(Debug)]
pub struct Fuse {
    left: AtomicI64,
    pub burnt: Notify,
}

impl Fuse {
    /// Burns after `steps`; never when negative.
    pub fn new(steps: i64) -> Arc<Self> {
        Arc::new(Self { left: AtomicI64::new(if steps < 0 { i64::MAX } else { steps }), burnt: Notify::new() })
    }

    /// One step before and one after each call.
    async fn step(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            self.burnt.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

pub struct FusedTransport {
    pub inner: Arc<dyn Transport>,
    pub fuse: Arc<Fuse>,
}

#[async_trait]
impl Transport for FusedTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.fuse.step().await;
        let answer = self.inner.send(request, timeout).await;
        self.fuse.step().await;
        answer
    }
}

pub struct FusedStore {
    pub inner: Arc<dyn Store>,
    pub fuse: Arc<Fuse>,
}

macro_rules! fused {
    ($($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Store for FusedStore {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$answer, Error> {
                self.fuse.step().await;
                let answer = self.inner.$name($($arg),*).await;
                self.fuse.step().await;
                answer
            })*

            async fn wait_due(&self, lanes: &[Lane]) -> Result<(), Error> {
                self.inner.wait_due(lanes).await
            }
        }
    };
}

fused! {
    append(batch: Batch) -> Appended;
    claim(claim: Claim) -> Vec<Lease>;
    renew(lease: &Lease) -> Renewal;
    open_turn(lease: &Lease) -> Option<Turn>;
    extend_turn(lease: &Lease) -> Vec<Event>;
    waiting(lease: &Lease) -> Vec<Event>;
    intend(lease: &Lease, intent: StepIntent) -> ();
    settle(lease: &Lease, step: &str, result: StepResult) -> ();
    finish(lease: &Lease, finish: Finish) -> ();
    defer(lease: &Lease, until: Timestamp, why: &str, counts: bool) -> ();
    session(key: &SessionKey) -> Option<Session>;
    sessions_of_ticket(connection: &ConnectionName, ticket: &TicketId) -> Vec<Session>;
    patch_session(change: SessionChange) -> Session;
    posted(connection: &ConnectionName, messages: &[MessageId]) -> Vec<MessageId>;
    known(keys: &[DedupKey]) -> Vec<bool>;
    hold(connection: &ConnectionName, until: Timestamp, cause: &str) -> ();
    holds() -> Vec<Hold>;
    cursor(name: &str) -> Option<String>;
    set_cursor(name: &str, value: &str) -> ();
    operate(operation: Operation) -> ();
    own_writes(connection: &ConnectionName, ticket: &TicketId) -> Vec<(String, String)>;
    ticket_updated_at(connection: &ConnectionName, ticket: &TicketId) -> Option<Timestamp>;
    prune(older_than: Timestamp, limit: u32) -> u32;
    check() -> ();
}
