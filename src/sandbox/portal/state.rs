//! Everything a portal knows, behind its one lock. Changes go through [`super::change`], so that each raises its events.

use std::collections::VecDeque;

use serde::Serialize;

use super::budget::Budget;
use super::chance::Chance;
use super::event::Subscriptions;
use super::fault::{Faults, Visibility};
use super::model::{Conversations, Crm, Thread};
use super::outbox::Outbox;
use super::seed::Seed;
use super::stock;
use crate::domain::Timestamp;

/// Calls the log keeps.
const CALLS_MAX: usize = 2_000;

/// One API call, for tests to judge by.
#[derive(Clone, Debug, Serialize)]
pub struct CallLine {
    /// Epoch milliseconds.
    pub at: i64,
    /// `GET`, ….
    pub method: String,
    /// Without the query: e-mail addresses may be in it, but this is a sandbox.
    pub path: String,
    /// None when the connection was cut or no answer came.
    pub status: Option<u16>,
}

/// The portal's whole state.
#[derive(Debug)]
pub struct State {
    /// Account, people, credentials.
    pub seed: Seed,
    /// Draws.
    pub chance: Chance,
    /// Which events leave.
    pub subscriptions: Subscriptions,
    /// Threads.
    pub conversations: Conversations,
    /// Records and the links between them.
    pub crm: Crm,
    /// Rate limits.
    pub budget: Budget,
    /// API faults.
    pub faults: Faults,
    /// Eventual consistency.
    pub visibility: Visibility,
    /// Pages may be short or empty and still name a next one.
    pub short_pages: bool,
    /// Webhooks.
    pub outbox: Outbox,
    /// The last thread's id; HubSpot's rise with gaps.
    pub last_thread: u64,
    /// How many items there are, in all threads.
    pub items: u64,
    /// The last event id given, and its object: ids repeat now and then across objects.
    pub last_event: Option<(u64, u64)>,
    /// API calls, newest last.
    pub calls: VecDeque<CallLine>,
}

impl State {
    /// A fresh portal.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        let chance = Chance::new(seed.rng);
        Self {
            chance,
            seed,
            subscriptions: Subscriptions::default(),
            conversations: Conversations::default(),
            crm: stock::crm(),
            budget: Budget::default(),
            faults: Faults::default(),
            visibility: Visibility::default(),
            short_pages: true,
            outbox: Outbox::default(),
            last_thread: 6_065_362_089,
            items: 0,
            last_event: None,
            calls: VecDeque::new(),
        }
    }

    /// A thread that GETs show at `now`.
    #[must_use]
    pub fn visible_thread(&self, id: &str, now: Timestamp) -> Option<&Thread> {
        let id: u64 = id.parse().ok()?;
        self.conversations.threads.get(&id).filter(|thread| thread.visible_at <= now)
    }

    /// When an object made now becomes visible.
    pub fn object_visible_at(&mut self, now: Timestamp) -> Timestamp {
        now.after(self.visibility.delay(self.visibility.object_ms, &mut self.chance.shapes))
    }

    /// When a record that becomes visible then is found by search too.
    pub fn indexed_at(&mut self, now: Timestamp, visible_at: Timestamp) -> Timestamp {
        if self.visibility.search_ms == 0 {
            return visible_at;
        }
        visible_at.max(now.after(self.visibility.delay(self.visibility.search_ms, &mut self.chance.shapes)))
    }

    /// Logs one API call.
    pub fn log_call(&mut self, line: CallLine) {
        if self.calls.len() >= CALLS_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back(line);
    }
}
