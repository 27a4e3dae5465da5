//! The rate budget of one connection: a call's token comes back one window after it was spent, as HubSpot counts.
//!
//! The client takes a token before each call and tells the budget what the answer's headers say. The last quarter of
//! the window is kept for conversations; within a lane who came first goes first. Time is tokio's.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::config::Plan;
use crate::domain::Lane;

/// What the smallest plan allows, until HubSpot says more.
const STARTER: usize = 100;
const PRO: usize = 190;
const WINDOW: Duration = Duration::from_secs(10);
/// CRM search has a limit of its own, five calls a second for the whole account.
const SEARCHES: usize = 5;
/// Nobody waits longer for room: the mailbox is better off trying again later than holding its lease.
pub const WAIT_MAX: Duration = Duration::from_secs(30);

/// The rate window as of one answer. Search answers carry none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateWindow {
    /// `X-HubSpot-RateLimit-Max`: calls per window.
    pub max: Option<usize>,
    /// `X-HubSpot-RateLimit-Remaining`: calls left in it.
    pub remaining: Option<usize>,
    /// `X-HubSpot-RateLimit-Interval-Milliseconds`: the window's length.
    pub interval: Option<Duration>,
}

/// How many calls may be made, and who may make the next.
#[derive(Debug)]
pub struct Budget {
    state: Mutex<State>,
    /// Each lane's first in line holds its turnstile; tokio's mutex lets in whoever came first.
    conversations: tokio::sync::Mutex<()>,
    tickets: tokio::sync::Mutex<()>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    capacity: usize,
    interval: Duration,
    /// Does HubSpot's `Max` change the capacity?
    learns: bool,
    /// Has an answer told about the window yet?
    known: bool,
    /// When each spent token comes back, soonest first.
    spent: VecDeque<Instant>,
    /// Taken, not spent yet.
    held: usize,
    /// Calls of the same app that are not ours, as HubSpot's `Remaining` shows them, and until when they count.
    foreign: usize,
    foreign_until: Instant,
    /// Nothing before this: HubSpot said that the limit is reached.
    paused_until: Instant,
}

impl Budget {
    /// The general budget of a plan.
    #[must_use]
    pub fn for_plan(plan: Plan) -> Arc<Self> {
        match plan {
            Plan::Auto => Self::new(STARTER, WINDOW, true),
            Plan::Starter => Self::new(STARTER, WINDOW, false),
            Plan::Pro => Self::new(PRO, WINDOW, false),
        }
    }

    /// The budget of CRM search, whose answers carry no rate headers.
    #[must_use]
    pub fn for_search() -> Arc<Self> {
        Self::new(SEARCHES, Duration::from_secs(1), false)
    }

    fn new(capacity: usize, interval: Duration, learns: bool) -> Arc<Self> {
        let now = Instant::now();
        let state = State {
            capacity,
            interval,
            learns,
            known: !learns,
            spent: VecDeque::new(),
            held: 0,
            foreign: 0,
            foreign_until: now,
            paused_until: now,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            conversations: tokio::sync::Mutex::default(),
            tickets: tokio::sync::Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Waits for room for `calls` calls (at most a whole window's); none after [`WAIT_MAX`]. Dropping the future is fine.
    pub async fn take(self: &Arc<Self>, lane: Lane, calls: usize) -> Option<Permits> {
        tokio::time::timeout(WAIT_MAX, self.wait(lane, calls)).await.ok()
    }

    async fn wait(self: &Arc<Self>, lane: Lane, calls: usize) -> Permits {
        let turnstile = match lane {
            Lane::Conversation => &self.conversations,
            Lane::Ticket => &self.tickets,
        };
        // Let go of after the turnstile, on giving up too: whoever yielded to us looks again.
        let _after = Wake(&self.changed);
        let _turn = turnstile.lock().await;
        let left = loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            // A conversation in line goes first, however many calls it wants.
            let yields = lane == Lane::Ticket && self.conversations.try_lock().is_err();
            let next = match self.state().hold(lane, calls, yields) {
                Ok(held) => break held,
                Err(next) => next,
            };
            match next {
                Some(at) => drop(tokio::time::timeout_at(at, changed).await),
                None => changed.await,
            }
        };
        Permits { budget: Arc::clone(self), left: Mutex::new(left) }
    }

    /// Learns from an answer's headers.
    pub fn observe(&self, window: RateWindow) {
        self.state().observe(window);
        self.changed.notify_waiters();
    }

    /// HubSpot said that the limit is reached: no call for so long, reserved ones excepted.
    pub fn pause(&self, time: Duration) {
        let mut state = self.state();
        state.paused_until = state.paused_until.max(Instant::now() + time);
    }

    /// Calls left in the present window; none while nothing is known of it.
    #[must_use]
    pub fn remaining(&self) -> Option<usize> {
        let mut state = self.state();
        state.forget(Instant::now());
        state.known.then(|| state.free(Instant::now()))
    }

    /// Calls that a window holds.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.state().capacity
    }

    /// The window's length.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.state().interval
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes all who wait when it is dropped.
struct Wake<'a>(&'a Notify);

impl Drop for Wake<'_> {
    fn drop(&mut self) {
        self.0.notify_waiters();
    }
}

impl State {
    /// Holds `calls` tokens, or says when to look again at the latest (none: when something changes).
    fn hold(&mut self, lane: Lane, calls: usize, yields: bool) -> Result<usize, Option<Instant>> {
        let now = Instant::now();
        self.forget(now);
        let calls = calls.min(self.capacity);
        let kept = if lane == Lane::Ticket { self.capacity / 4 } else { 0 };
        let free = self.free(now);
        if !yields && (free >= calls + kept || free == self.capacity) {
            self.held += calls;
            return Ok(calls);
        }
        let ends = [self.spent.front().copied(), Some(self.foreign_until), Some(self.paused_until)];
        Err(ends.into_iter().flatten().filter(|at| *at > now).min())
    }

    fn free(&self, now: Instant) -> usize {
        if now < self.paused_until {
            return 0;
        }
        self.capacity.saturating_sub(self.spent.len()).saturating_sub(self.held).saturating_sub(self.foreign)
    }

    fn forget(&mut self, now: Instant) {
        while self.spent.front().is_some_and(|back| *back <= now) {
            self.spent.pop_front();
        }
        if self.foreign_until <= now {
            self.foreign = 0;
        }
    }

    fn observe(&mut self, window: RateWindow) {
        let now = Instant::now();
        self.forget(now);
        self.interval = window.interval.unwrap_or(self.interval);
        if let (true, Some(max)) = (self.learns, window.max) {
            self.capacity = max;
        }
        if let Some(remaining) = window.remaining {
            let ours = self.capacity.saturating_sub(self.spent.len());
            self.foreign = ours.saturating_sub(remaining);
            self.foreign_until = now + self.interval;
            self.known = true;
        }
    }
}

/// Room for some calls. What is not spent flows back when it is dropped.
#[derive(Debug)]
pub struct Permits {
    budget: Arc<Budget>,
    left: Mutex<usize>,
}

impl Permits {
    /// Spends one; false when none is left.
    pub fn spend(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if *left == 0 {
            return false;
        }
        *left -= 1;
        let mut state = self.budget.state();
        let back = Instant::now() + state.interval;
        state.held = state.held.saturating_sub(1);
        state.spent.push_back(back);
        true
    }
}

impl Drop for Permits {
    fn drop(&mut self) {
        let left = *self.left.get_mut().unwrap_or_else(PoisonError::into_inner);
        if left > 0 {
            let mut state = self.budget.state();
            state.held = state.held.saturating_sub(left);
            drop(state);
            self.budget.changed.notify_waiters();
        }
    }
}
