//! The dispatcher: claims due mailboxes, runs a bounded number of turns, drains on request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{hold, turn};
use crate::clock::Clock;
use crate::config::Delivery;
use crate::domain::{ConnectionName, Lane};
use crate::handlers::Context;
use crate::limits;
use crate::store::{self, Claim, Interrupts, Lease, Store};
use crate::telemetry::Metrics;

/// What all turns share.
pub struct Shared {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Running turns, to be woken.
    pub interrupts: Interrupts,
    /// Connections by name.
    pub connections: BTreeMap<ConnectionName, Context>,
    /// How events are worked on.
    pub delivery: Arc<Delivery>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Counters.
    pub metrics: Metrics,
    /// Who is ill.
    pub ill: hold::Memory,
}

/// The dispatcher.
pub struct Worker {
    shared: Arc<Shared>,
}

/// The store has ended.
struct Stopped;

/// Turns running now.
#[derive(Default)]
struct Running {
    turns: JoinSet<Lane>,
    tickets: usize,
}

impl Worker {
    /// A worker over these connections.
    #[must_use]
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Works until `stop`, then takes no new leases and returns when the turns in flight have ended. Dropping the
    /// future cuts them; their turns are resumed by the next process.
    pub async fn run(&self, stop: CancellationToken) {
        let mut running = Running::default();
        let mut look_at = Instant::now();
        while !stop.is_cancelled() {
            running.reap();
            if look_at <= Instant::now() {
                hold::look(&self.shared).await;
                look_at = Instant::now() + self.shared.delivery.hold_probe;
            }
            let Ok(leases) = self.claim(&running).await else { return };
            if leases.is_empty() {
                self.wait(&mut running, look_at, &stop).await;
            }
            for lease in leases {
                running.start(Arc::clone(&self.shared), lease);
            }
        }
        tracing::info!(turns = running.turns.len(), "draining");
        while running.turns.join_next().await.is_some() {}
    }

    /// Conversations may use every place, tickets only a part: a flood of ticket changes delays no customer.
    async fn claim(&self, running: &Running) -> Result<Vec<Lease>, Stopped> {
        let mut leases = Vec::new();
        for lane in [Lane::Conversation, Lane::Ticket] {
            let n = self.room(running, lane).saturating_sub(leases.len());
            if n == 0 {
                continue;
            }
            let sharers = self.shared.connections.keys().cloned().collect();
            match self.shared.store.claim(Claim { lane, n, ttl: limits::LEASE, sharers }).await {
                Ok(more) => leases.extend(more),
                // Without a store there is nothing to work for: the process must end and be started anew.
                Err(store::Error::Stopped) => return Err(Stopped),
                Err(error) => {
                    tracing::error!(error = %turn::error_chain(&error), "mailboxes could not be claimed");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        Ok(leases)
    }

    fn room(&self, running: &Running, lane: Lane) -> usize {
        let free = self.most(Lane::Conversation).saturating_sub(running.turns.len());
        match lane {
            Lane::Conversation => free,
            Lane::Ticket => free.min(self.most(lane).saturating_sub(running.tickets)),
        }
    }

    fn most(&self, lane: Lane) -> usize {
        let most = self.shared.delivery.max_turns_in_flight;
        match lane {
            Lane::Conversation => most,
            Lane::Ticket => (most / 4).max(1),
        }
    }

    async fn wait(&self, running: &mut Running, look_at: Instant, stop: &CancellationToken) {
        let lanes: &[Lane] = match (self.room(running, Lane::Conversation), self.room(running, Lane::Ticket)) {
            (0, _) => &[],
            (_, 0) => &[Lane::Conversation],
            (_, _) => &[Lane::Conversation, Lane::Ticket],
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            Some(ended) = running.turns.join_next() => running.ended(ended.ok()),
            // The sweep may find a held connection well again.
            () = tokio::time::sleep_until(look_at) => {}
            result = self.shared.store.wait_due(lanes), if !lanes.is_empty() => {
                if let Err(error) = result {
                    tracing::error!(error = %turn::error_chain(&error), "waiting for work failed");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Running {
    fn start(&mut self, shared: Arc<Shared>, lease: Lease) {
        let lane = lease.key.object.lane();
        self.tickets += usize::from(lane == Lane::Ticket);
        self.turns.spawn(async move {
            turn::work(&shared, lease).await;
            lane
        });
    }

    fn reap(&mut self) {
        while let Some(ended) = self.turns.try_join_next() {
            self.ended(ended.ok());
        }
    }

    fn ended(&mut self, lane: Option<Lane>) {
        // A turn catches its panics, so every task returns its lane.
        if lane == Some(Lane::Ticket) {
            self.tickets = self.tickets.saturating_sub(1);
        }
    }
}
