//! What every check of the suite is given: a store of some kind, its clock, and short words for common acts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hubspot_bridge::clock::Clock;
use hubspot_bridge::domain::{
    ConnectionName, DedupKey, Ending, Event, EventId, EventKind, Lane, MailboxKey, NewEvent, Object, Outcome, Schedule,
    Timestamp,
};
use hubspot_bridge::store::{Appended, Batch, Claim, Finish, Interrupts, Lease, Ledger, StepIntent, Store, Turn};
use sha2::{Digest, Sha256};

/// A store under test.
pub trait Both: Store + Ledger {}
impl<T: Store + Ledger> Both for T {}

/// Makes stores of one kind over one database.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Opens the database, again if it was closed.
    async fn open(&self, clock: Arc<TestClock>, interrupts: Interrupts) -> Arc<dyn Both>;
    /// Does anything outlive the process?
    fn durable(&self) -> bool;
}

/// Stands still until it is moved.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

pub const START: Timestamp = Timestamp(1_795_219_200_000);
pub const TTL: Duration = Duration::from_secs(30);
pub const SECOND: Duration = Duration::from_secs(1);
pub const QUIET: Schedule = Schedule::Quiet { quiet: Duration::from_secs(3), max: Duration::from_secs(10) };

pub struct House {
    backend: Box<dyn Backend>,
    store: Option<Arc<dyn Both>>,
    pub clock: Arc<TestClock>,
    pub interrupts: Interrupts,
}

impl House {
    pub async fn new(backend: impl Backend + 'static) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(START.0)));
        let interrupts = Interrupts::default();
        let store = Some(backend.open(Arc::clone(&clock), interrupts.clone()).await);
        Self { backend: Box::new(backend), store, clock, interrupts }
    }

    pub fn durable(&self) -> bool {
        self.backend.durable()
    }

    pub fn store(&self) -> &dyn Both {
        self.store.as_deref().expect("open")
    }

    pub fn shared(&self) -> Arc<dyn Both> {
        Arc::clone(self.store.as_ref().expect("open"))
    }

    /// The process dies and starts again. What is in memory only loses its leases by time instead.
    pub async fn crash(&mut self) {
        if self.durable() {
            self.store = None;
            self.store = Some(self.backend.open(Arc::clone(&self.clock), self.interrupts.clone()).await);
        } else {
            self.advance(TTL);
        }
    }

    pub fn advance(&self, by: Duration) {
        self.clock.0.fetch_add(i64::try_from(by.as_millis()).expect("small"), Ordering::SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn append(&self, events: Vec<NewEvent>) -> Appended {
        self.store().append(Batch { events, dirty: Vec::new() }).await.expect("stored")
    }

    pub async fn claim(&self, lane: Lane, n: usize) -> Vec<Lease> {
        self.store().claim(Claim { lane, n, ttl: TTL, sharers: Vec::new() }).await.expect("claimed")
    }

    /// The names of what can be claimed, in the order of claiming.
    pub async fn claimable(&self, lane: Lane, n: usize) -> Vec<String> {
        self.claim(lane, n).await.into_iter().map(|lease| lease.key.to_string()).collect()
    }

    pub async fn lease(&self) -> Lease {
        let mut leases = self.claim(Lane::Conversation, 1).await;
        leases.pop().expect("a conversation is due")
    }

    pub async fn lease_ticket(&self) -> Lease {
        let mut leases = self.claim(Lane::Ticket, 1).await;
        leases.pop().expect("a ticket is due")
    }

    pub async fn open(&self, lease: &Lease) -> Turn {
        self.store().open_turn(lease).await.expect("opened").expect("something to do")
    }

    /// Claims the next conversation and opens its turn.
    pub async fn begin(&self) -> (Lease, Turn) {
        let lease = self.lease().await;
        let turn = self.open(&lease).await;
        (lease, turn)
    }

    pub async fn finish(&self, lease: &Lease, turn: &Turn) {
        self.store().finish(lease, finish(turn)).await.expect("finished");
    }

    pub async fn event(&self, id: EventId) -> Event {
        self.store().event(id).await.expect("read").expect("there").event
    }
}

pub fn connection(name: &str) -> ConnectionName {
    ConnectionName::from(name)
}

pub fn thread(id: &str) -> Object {
    Object::Thread(id.into())
}

pub fn ticket(id: &str) -> Object {
    Object::Ticket(id.into())
}

pub fn key(object: Object) -> MailboxKey {
    MailboxKey { connection: connection("acme"), object }
}

pub fn dedup(text: &str) -> DedupKey {
    let hash = Sha256::digest(text.as_bytes());
    DedupKey(hash[..16].try_into().expect("16 bytes"))
}

/// An event of connection `acme`; its name makes it unique.
pub fn event(kind: EventKind, object: Object, name: &str) -> NewEvent {
    NewEvent {
        connection: connection("acme"),
        object: Some(object),
        kind,
        message_id: None,
        message_type: None,
        property: None,
        value: None,
        hubspot_event_id: None,
        app_id: None,
        source: None,
        occurred_at: None,
        data: None,
        detail: None,
        dedup: dedup(name),
        seen: 1,
        schedule: Schedule::Now,
        interrupt: false,
        ended: None,
    }
}

/// A message in a thread, due at once.
pub fn message(thread_id: &str, id: &str) -> NewEvent {
    let mut event = event(EventKind::NewMessage, thread(thread_id), id);
    event.message_id = Some(id.into());
    event.interrupt = true;
    event
}

/// The same, waiting for the burst to end.
pub fn quiet(thread_id: &str, id: &str) -> NewEvent {
    NewEvent { schedule: QUIET, ..message(thread_id, id) }
}

/// The thread's owner changed.
pub fn assignment(thread_id: &str, name: &str) -> NewEvent {
    let mut event = event(EventKind::ThreadProperty, thread(thread_id), name);
    event.property = Some("assignedTo".to_owned());
    event.interrupt = true;
    event
}

/// A ticket property changed.
pub fn change(ticket_id: &str, property: &str, name: &str) -> NewEvent {
    let mut event = event(EventKind::TicketProperty, ticket(ticket_id), name);
    event.property = Some(property.to_owned());
    event
}

pub fn of(name: &str, event: NewEvent) -> NewEvent {
    let dedup = dedup(&format!("{name} {:?}", event.dedup));
    NewEvent { connection: connection(name), dedup, ..event }
}

pub fn ids(events: &[Event]) -> Vec<EventId> {
    events.iter().map(|event| event.id).collect()
}

pub fn replied(turn: &Turn) -> Vec<Ending> {
    turn.events.iter().map(|event| Ending::done(event.id, Outcome::Replied)).collect()
}

pub fn finish(turn: &Turn) -> Finish {
    Finish { endings: replied(turn), ..Finish::default() }
}

pub fn intent(name: &str, text: &str) -> StepIntent {
    StepIntent {
        name: name.to_owned(),
        act_deadline: START,
        anchor: Some("anchor".into()),
        text_hash: Some("hash".to_owned()),
        text: Some(text.to_owned()),
    }
}
