//! The simulated portal, in process. Callers: the socket server, the in-process transport, the pages, tests, the simulation.
//!
//! One lock around one state; a clock and a seed decide everything. Nothing here waits: what takes time is said
//! ([`Handled::delay`], [`Portal::next_delivery_at`]) and acted out by the caller.

mod answer;
mod api;
mod budget;
mod call;
mod chance;
mod change;
mod event;
mod fault;
mod kind;
mod model;
mod outbox;
pub mod people;
mod record;
mod say;
mod schema;
pub mod seed;
pub mod signature;
mod snapshot;
mod state;
mod stock;
mod transport;
mod view;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use tokio::sync::watch;

pub use self::api::scopes as scopes_of;
pub use self::budget::Limits;
pub use self::call::{Ending, Handled};
pub use self::fault::{BodyKind, DeliveryFaults, Effect, Fault, Visibility};
pub use self::outbox::{Attempt, RESPONSE_DEADLINE, Received, Signing, Target};
pub use self::seed::Seed;
use self::state::State;
pub use self::transport::InProcess;
pub use self::view::{Line, Note, Speaker, ThreadView, TicketView};
use crate::clock::Clock;
use crate::domain::Timestamp;

/// A simulated HubSpot account; clones share it.
#[derive(Clone, Debug)]
pub struct Portal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    changes: watch::Sender<u64>,
}

impl Portal {
    /// A fresh portal. The same seed, clock and calls give the same story.
    #[must_use]
    pub fn new(seed: Seed, clock: Arc<dyn Clock>) -> Self {
        let (changes, _) = watch::channel(0);
        Self { inner: Arc::new(Inner { state: Mutex::new(State::new(seed)), clock, changes }) }
    }

    /// One API call. The request's path and query count; its host does not.
    #[must_use]
    pub fn handle(&self, request: &Request<Bytes>) -> Handled {
        let changing = request.method() != http::Method::GET;
        let handled = call::handle(&mut self.state(), self.now(), request);
        if changing {
            self.changed();
        }
        handled
    }

    /// The portal's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// What the portal was seeded with.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.state().seed.clone()
    }

    /// Rises with every change: what live pages and the delivery task wait for.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Everything, as JSON: what tests and the simulation judge by.
    #[must_use]
    pub fn snapshot(&self) -> Value {
        snapshot::of(&self.state(), self.now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.inner.changes.send_modify(|version| *version += 1);
    }
}

/// Webhooks: the caller carries them and says what became of each.
impl Portal {
    /// Where webhooks go; without a target, events are raised and go nowhere.
    pub fn set_target(&self, target: Option<Target>) {
        self.state().outbox.target = target;
        self.changed();
    }

    /// Attempts due at `now`, at most ten in flight; each must be reported with [`Self::delivered`].
    #[must_use]
    pub fn due_deliveries(&self, now: Timestamp) -> Vec<Attempt> {
        let state = &mut *self.state();
        state.outbox.due(now, &mut state.chance.delivery)
    }

    /// What became of an attempt: anything but a 2xx is retried.
    pub fn delivered(&self, id: u64, received: Received) {
        let now = self.now();
        {
            let state = &mut *self.state();
            state.outbox.received(id, now, received, &mut state.chance.delivery);
        }
        self.changed();
    }

    /// When the next attempt is due that is not in flight.
    #[must_use]
    pub fn next_delivery_at(&self) -> Option<Timestamp> {
        self.state().outbox.next_due()
    }

    /// Events the receiver has not accepted yet.
    #[must_use]
    pub fn outstanding_events(&self) -> usize {
        self.state().outbox.outstanding()
    }
}

/// What goes wrong.
impl Portal {
    /// Switches an API fault on.
    pub fn add_fault(&self, fault: Fault) {
        self.state().faults.add(fault);
    }

    /// Switches one off, if it is on as it was given: what has `times` ends by itself.
    pub fn end_fault(&self, fault: &Fault) {
        self.state().faults.end(fault);
    }

    /// How often faults of the API and of deliveries struck so far, in words.
    #[must_use]
    pub fn struck(&self) -> BTreeMap<String, u64> {
        let state = self.state();
        let calls = state.faults.struck().iter().map(|(words, times)| (words.clone(), *times));
        let webhooks = state.outbox.struck.iter().map(|(words, times)| ((*words).to_owned(), *times));
        calls.chain(webhooks).collect()
    }

    /// Switches every fault off: API, deliveries, visibility.
    pub fn clear_faults(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.outbox.faults = DeliveryFaults::default();
        state.visibility = Visibility::default();
    }

    /// Sets the faults of deliveries.
    pub fn set_delivery_faults(&self, faults: DeliveryFaults) {
        self.state().outbox.faults = faults;
    }

    /// Sets how long new things stay invisible.
    pub fn set_visibility(&self, visibility: Visibility) {
        self.state().visibility = visibility;
    }

    /// Short and empty pages that still name a next one; on in a fresh portal.
    pub fn set_short_pages(&self, on: bool) {
        self.state().short_pages = on;
    }

    /// Sets the plan's rate limits.
    pub fn set_limits(&self, limits: Limits) {
        self.state().budget.limits = limits;
    }

    /// Takes a scope from the app's token, or gives it.
    pub fn set_scope(&self, scope: &str, granted: bool) {
        let scopes = &mut self.state().seed.scopes;
        if granted {
            scopes.insert(scope.to_owned());
        } else {
            scopes.remove(scope);
        }
    }

    /// Pauses or resumes a subscription; false when the app has none of that type.
    #[must_use]
    pub fn set_subscription(&self, kind: &str, on: bool) -> bool {
        self.state().subscriptions.set(kind, on)
    }
}
