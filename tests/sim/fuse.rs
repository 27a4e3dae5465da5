//! Crashes and stalls at any point. Every step of the bridge to the outside (a call to the store, to HubSpot or to the agent,
//! before it and after it) passes here: when the fuse burns down, the step never returns, and the process is dropped.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hubspot_bridge::agents::{self, Agent, Answer, Outside, Question, Recall, Relay, RelayKind};
use hubspot_bridge::domain::{
    ConnectionName, DedupKey, Event, Lane, MailboxKey, MessageId, Session, TicketId, Timestamp,
};
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use hubspot_bridge::store::{
    Appended, Audit, Batch, Claim, Error, Finish, Hold, Lease, Operation, Renewal, SessionChange, SessionKey,
    StepIntent, StepRecord, StepResult, Store, Turn,
};
use tokio::sync::Notify;
use tokio::task;
use tokio::time::Instant;

/// Of one life of the process.
#[derive(Debug, Default)]
pub struct Fuse {
    state: Mutex<State>,
    pub burnt: Notify,
}

#[derive(Debug, Default)]
struct State {
    crash_after: Option<u64>,
    stall_after: Option<(u64, Duration)>,
    /// Tasks that stand still, and until when.
    stalled: BTreeMap<task::Id, Instant>,
    dead: bool,
}

enum Next {
    Go,
    Stand(Instant),
    Die,
}

impl Fuse {
    /// The process dies after so many more steps.
    pub fn crash_after(&self, steps: u64) {
        self.state.lock().expect("no panic in here").crash_after = Some(steps);
    }

    /// The task that takes the step after so many stands still for a while: with all that it does, its renewals too.
    pub fn stall_after(&self, steps: u64, duration: Duration) {
        self.state.lock().expect("no panic in here").stall_after = Some((steps, duration));
    }

    fn next(&self) -> Next {
        let mut state = self.state.lock().expect("no panic in here");
        if let Some(left) = state.crash_after {
            state.crash_after = Some(left.saturating_sub(1));
            state.dead |= left == 0;
        }
        if state.dead {
            return Next::Die;
        }
        let Some(task) = task::try_id() else { return Next::Go };
        if let Some((left, duration)) = state.stall_after {
            state.stall_after = left.checked_sub(1).map(|left| (left, duration));
            if left == 0 {
                state.stalled.insert(task, Instant::now() + duration);
            }
        }
        state.stalled.get(&task).map_or(Next::Go, |until| Next::Stand(*until))
    }

    /// One step before and one after each call.
    async fn step(&self) {
        match self.next() {
            Next::Go => {}
            Next::Stand(until) => tokio::time::sleep_until(until).await,
            Next::Die => {
                self.burnt.notify_one();
                std::future::pending::<()>().await;
            }
        }
    }
}

/// The disk under the store. It outlives the process.
#[derive(Debug, Default)]
pub struct Disk(Mutex<Option<Broken>>);

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// New deliveries find no room: 503.
    Full,
    /// Nothing can be read or written.
    Gone,
}

impl Disk {
    pub fn set(&self, broken: Option<Broken>) {
        *self.0.lock().expect("no panic in here") = broken;
    }

    fn check(&self, operation: &'static str) -> Result<(), Error> {
        match *self.0.lock().expect("no panic in here") {
            Some(Broken::Full) if operation == "append" => Err(Error::Overloaded { waiting: 1 }),
            Some(Broken::Gone) => Err(Error::Unavailable { operation, source: "the disk is gone".into() }),
            Some(Broken::Full) | None => Ok(()),
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
        let call = async {
            self.fuse.step().await;
            let answer = self.inner.send(request, timeout).await;
            self.fuse.step().await;
            answer
        };
        // A client's deadline runs on while its task stands still.
        tokio::time::timeout(timeout, call).await.unwrap_or(Err(TransportError::Timeout(timeout)))
    }
}

pub struct FusedAgent {
    pub inner: Arc<dyn Agent>,
    pub fuse: Arc<Fuse>,
}

macro_rules! fused_agent {
    ($($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Agent for FusedAgent {
            fn keeps_state(&self) -> bool {
                self.inner.keeps_state()
            }

            fn takes(&self, kind: RelayKind) -> bool {
                self.inner.takes(kind)
            }

            $(async fn $name(&self, $($arg: $type),*) -> Result<$answer, agents::Error> {
                self.fuse.step().await;
                let answer = self.inner.$name($($arg),*).await;
                self.fuse.step().await;
                answer
            })*
        }
    };
}

fused_agent! {
    open(question: &Question) -> Option<String>;
    ask(question: &Question) -> Answer;
    recall(question: &Question, asked_at: Timestamp) -> Recall;
    relay(relay: &Relay) -> ();
    was_relayed(relay: &Relay, began: Timestamp) -> bool;
    conversation(agent_session_id: &str) -> Option<Outside>;
    look(limit: Duration) -> String;
}

pub struct FusedStore {
    pub inner: Arc<dyn Store>,
    pub fuse: Arc<Fuse>,
    pub disk: Arc<Disk>,
}

macro_rules! fused {
    ($($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Store for FusedStore {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$answer, Error> {
                self.fuse.step().await;
                self.disk.check(stringify!($name))?;
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
    append_own(batch: Batch) -> Appended;
    claim(claim: Claim) -> Vec<Lease>;
    renew(lease: &Lease) -> Renewal;
    open_turn(lease: &Lease) -> Option<Turn>;
    extend_turn(lease: &Lease) -> Vec<Event>;
    waiting(lease: &Lease) -> Vec<Event>;
    steps(lease: &Lease) -> Vec<StepRecord>;
    intend(lease: &Lease, intent: StepIntent) -> ();
    settle(lease: &Lease, step: &str, result: StepResult) -> ();
    finish(lease: &Lease, finish: Finish) -> ();
    defer(lease: &Lease, until: Timestamp, why: &str, counts: bool) -> ();
    session(key: &SessionKey) -> Option<Session>;
    sessions_of_ticket(connection: &ConnectionName, ticket: &TicketId) -> Vec<Session>;
    patch_session(change: SessionChange) -> Session;
    has_open_turn(mailbox: &MailboxKey) -> bool;
    posted(connection: &ConnectionName, messages: &[MessageId]) -> Vec<MessageId>;
    known(keys: &[DedupKey]) -> Vec<bool>;
    hold(connection: &ConnectionName, until: Timestamp, cause: &str) -> ();
    release(connection: &ConnectionName) -> ();
    holds() -> Vec<Hold>;
    cursor(name: &str) -> Option<String>;
    set_cursor(name: &str, value: &str) -> ();
    operate(operation: Operation) -> ();
    own_writes(connection: &ConnectionName, ticket: &TicketId) -> Vec<(String, String)>;
    ticket_updated_at(connection: &ConnectionName, ticket: &TicketId) -> Option<Timestamp>;
    audit(audit: Audit) -> ();
    prune(older_than: Timestamp, limit: u32) -> u32;
    check() -> ();
}
