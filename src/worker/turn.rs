//! One lease: open the turn, run its handler, keep the lease alive, and write down how it ended.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

use super::dispatch::Shared;
use super::hold::Ill;
use super::{backoff, hold};
use crate::config::Guarantee;
use crate::domain::{Ending, Event, EventId, EventIds, Lane, Outcome, Reason, Timestamp};
use crate::handlers::{self, Context, LastResort, Run, Stop, interrupted, journal};
use crate::store::interrupts::Watch;
use crate::store::{self, Finish, Lease, Renewal, StepRecord, Turn};
use crate::telemetry::metrics;

/// How long a mailbox of a connection that is no longer configured is left alone.
const UNCONFIGURED_PAUSE: Duration = Duration::from_hours(1);
/// What a peer that asks for no pause at all gets.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// How long to wait after the store itself failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Works on one leased mailbox. Never panics, never returns an error: what went wrong is in the ledger and the log.
pub(super) async fn work(shared: &Shared, lease: Lease) {
    let Some(cx) = shared.connections.get(&lease.key.connection) else {
        let until = shared.clock.now().after(UNCONFIGURED_PAUSE);
        let why = "its connection is not in the settings any more";
        defer(shared, &lease, until, why, false).await;
        return;
    };
    let watch = shared.interrupts.watch(&lease.key);
    let turn = match shared.store.open_turn(&lease).await {
        Ok(Some(turn)) => turn,
        Ok(None) | Err(store::Error::LeaseLost { .. }) => return,
        Err(error) => {
            tracing::error!(mailbox = %lease.key, error = %error_chain(&error), "a turn could not be opened");
            let until = shared.clock.now().after(STORE_PAUSE);
            defer(shared, &lease, until, &format!("its turn could not be opened: {error}"), true).await;
            return;
        }
    };
    let started = tokio::time::Instant::now();
    let last_resort = last_resort(shared, &lease, &turn);
    let bound = turn.events.clone();
    let ids: Vec<EventId> = bound.iter().map(|event| event.id).collect();
    let span = tracing::info_span!(
        "turn",
        mailbox = %lease.key,
        turn.id = %turn.id,
        attempt = turn.run,
        event.ids = %EventIds(&ids)
    );
    let before = shared.ill.failed(lease.mailbox);
    let end = End { shared, cx, lease: &lease, bound: &bound, before, last_resort: last_resort.clone() };
    // Turns of marks alone read and compare: nothing of them is done twice.
    let once = shared.delivery.guarantee == Guarantee::AtMostOnce && !bound.is_empty();
    // Whatever ended the run before (a crash, a store that could not write down what became of an act).
    if once && (turn.crashed || journal::is_unclear(&turn.steps)) {
        return tracing::Instrument::instrument(end.interrupt(&turn.steps), span).await;
    }
    let run = Run { lease: &lease, turn, watch: &watch, last_resort };
    let handler = AssertUnwindSafe(handlers::run(cx, run)).catch_unwind();
    let ended = tracing::Instrument::instrument(
        async {
            tokio::select! {
                biased;
                ended = handler => ended,
                () = keep_alive(shared, &lease, &watch) => Ok(Err(Stop::LeaseLost)),
            }
        },
        span.clone(),
    )
    .await;
    shared.metrics.turn_seconds.observe(started.elapsed().as_secs_f64());
    let mut panicked = false;
    let result = ended.unwrap_or_else(|_| {
        shared.metrics.turn_panics.inc();
        panicked = true;
        let why = "the turn panicked; this is a bug, please report it".to_owned();
        Err(Stop::Retry { after: None, why })
    });
    let written =
        async { if once && panicked { end.interrupt_panicked().await } else { end.write_down(result).await } };
    tracing::Instrument::instrument(written, span).await;
}

/// Renews the lease until it is lost, and passes on the interrupts found in the store.
async fn keep_alive(shared: &Shared, lease: &Lease, watch: &Watch) {
    loop {
        tokio::time::sleep(lease.ttl / 3).await;
        match shared.store.renew(lease).await {
            Ok(Renewal::Extended(_)) => {}
            Ok(Renewal::Interrupted(_)) => watch.ring(),
            Ok(Renewal::Lost) => return,
            // The next attempt may succeed; without renewal the lease runs out and its token protects the rest.
            Err(error) => tracing::error!(error = %error_chain(&error), "a lease could not be renewed"),
        }
    }
}

fn last_resort(shared: &Shared, lease: &Lease, turn: &Turn) -> Option<LastResort> {
    // What was planned for later, or replayed, has waited since then.
    let waits_since = |event: &Event| event.due_at.map_or(event.received_at, |due| due.max(event.received_at));
    let oldest = turn.events.iter().map(waits_since).min()?;
    let now = shared.clock.now();
    if now.since(oldest) > shared.delivery.max_event_age {
        return Some(LastResort { reason: Reason::Expired, detail: "it waited too long".to_owned() });
    }
    (lease.attempts >= shared.delivery.max_attempts).then(|| LastResort {
        reason: Reason::AttemptsExhausted,
        detail: format!("{} attempts failed", lease.attempts),
    })
}

/// The end of a run, being written down.
struct End<'a> {
    shared: &'a Shared,
    cx: &'a Context,
    lease: &'a Lease,
    bound: &'a [Event],
    /// When the mailbox failed before.
    before: Option<tokio::time::Instant>,
    last_resort: Option<LastResort>,
}

impl End<'_> {
    /// A run that never ended, under at-most-once.
    async fn interrupt(&self, steps: &[StepRecord]) {
        let ended = async {
            let finish = interrupted::end(self.cx, self.lease, self.bound, steps).await?;
            let endings = finish.endings.clone();
            self.shared.store.finish(self.lease, finish).await.map(|()| endings)
        };
        match ended.await {
            Ok(endings) => endings.iter().for_each(|ending| self.tell(ending)),
            // Never put off: the lease runs out by itself, and the next run finds that this one never ended.
            Err(error) => tracing::error!(error = %error_chain(&error), "an interrupted turn could not be ended"),
        }
    }

    /// The same for the run at hand, with what it journalled and bound until it panicked.
    async fn interrupt_panicked(&self) {
        tracing::error!("the turn panicked; this is a bug, please report it");
        match self.shared.store.open_turn(self.lease).await {
            Ok(Some(turn)) => {
                let end = End { bound: &turn.events, last_resort: None, ..*self };
                end.interrupt(&turn.steps).await;
            }
            Ok(None) | Err(store::Error::LeaseLost { .. }) => {}
            // The lease runs out by itself, and the next run finds that this one never ended.
            Err(error) => tracing::error!(error = %error_chain(&error), "an interrupted turn could not be ended"),
        }
    }

    async fn write_down(&self, result: Result<Finish, Stop>) {
        if !matches!(result, Err(Stop::Hold { .. })) {
            hold::release_if_well(self.shared, self.cx, self.lane()).await;
        }
        self.shared.ill.ended(self.lease.mailbox, result.is_ok());
        match result {
            Ok(finish) => self.finish(finish).await,
            // HubSpot's trouble is not this turn's failure.
            Err(Stop::Defer { until, why, counts: true }) if self.is_waited_for() => {
                self.wait(until.since(self.shared.clock.now()).max(self.probe()), &why).await;
            }
            Err(Stop::Retry { why, .. }) if self.is_waited_for() => self.wait(self.probe(), &why).await,
            Err(Stop::Retry { why, .. }) if hold::is_outage(self.shared, self.cx) => {
                self.hold(hold::OUTAGE, None, &why).await;
            }
            Err(Stop::Defer { why, counts: true, .. }) if self.hopeless() => self.retry(None, &why).await,
            Err(Stop::Defer { until, why, counts }) => self.defer(until, &why, counts).await,
            Err(Stop::Retry { after, why }) => self.retry(after, &why).await,
            Err(Stop::Wait { after, why }) => self.wait(after, &why).await,
            Err(Stop::Again { why }) => self.again(&why).await,
            Err(Stop::Hold { cause, for_, why }) => match hold::who_is_ill(self.cx, cause, self.before) {
                Ill::Connection => self.hold(cause, for_, &why).await,
                Ill::Acts => self.wait(self.probe(), &why).await,
                Ill::Object => self.retry(None, &why).await,
            },
            Err(Stop::Refused { reason, detail }) => self.bury(reason, &detail).await,
            Err(Stop::LeaseLost) => {
                tracing::warn!("the lease was lost; another run goes on");
            }
            Err(Stop::Store(error)) => {
                tracing::error!(error = %error_chain(&error), "the store failed in the middle of a turn");
                self.defer(self.shared.clock.now().after(STORE_PAUSE), "the store failed", false).await;
            }
        }
    }

    /// When to look again. What fails for the first time may be a blink.
    fn probe(&self) -> Duration {
        self.before.map_or(SHORTEST_WAIT, |_| self.shared.delivery.hold_probe)
    }

    fn is_waited_for(&self) -> bool {
        hold::is_waited_for(self.cx, self.lane(), self.before)
    }

    /// Even the last resort (a comment, an assignment) kept ending unclearly.
    fn hopeless(&self) -> bool {
        self.last_resort.is_some() && self.lease.attempts >= self.shared.delivery.max_attempts + 3
    }

    async fn retry(&self, wish: Option<Duration>, why: &str) {
        if let Some(last) = &self.last_resort {
            return self.bury(last.reason, &format!("{}; last error: {why}", last.detail)).await;
        }
        let attempts = self.lease.attempts + 1;
        let jitter = backoff::jitter(self.lease.mailbox, attempts);
        let pause = backoff::pause(attempts, wish, jitter);
        self.defer(self.shared.clock.now().after(pause), why, true).await;
    }

    /// Not before the peer's wish, and not all at one moment.
    async fn wait(&self, after: Duration, why: &str) {
        if let Some(LastResort { reason: Reason::Expired, .. }) = self.last_resort {
            return self.bury(Reason::Expired, why).await;
        }
        let spread =
            after.max(SHORTEST_WAIT).mul_f64(1.0 + 0.5 * backoff::jitter(self.lease.mailbox, self.lease.attempts));
        self.defer(self.shared.clock.now().after(spread), why, false).await;
    }

    /// At once, but a run that always begins again is a failing one.
    async fn again(&self, why: &str) {
        if self.lease.attempts < self.shared.delivery.max_attempts {
            return self.defer(self.shared.clock.now(), why, true).await;
        }
        self.retry(None, why).await;
    }

    /// The whole connection is ill: its events keep their place, others go on.
    async fn hold(&self, cause: &str, for_: Option<Duration>, why: &str) {
        if let Some(LastResort { reason: Reason::Expired, .. }) = self.last_resort {
            return self.bury(Reason::Expired, why).await;
        }
        let until = hold::begin(self.shared, &self.lease.key.connection, cause, for_, why).await;
        // Behind those not tried yet, but not for the whole of a long hold: that may be over sooner.
        let next = self.shared.clock.now().after(self.shared.delivery.hold_probe);
        tracing::debug!(until = %until, why, "turn deferred by a hold");
        defer(self.shared, self.lease, until.min(next), why, false).await;
    }

    fn lane(&self) -> Lane {
        self.lease.key.object.lane()
    }

    /// Ends every bound event as dead.
    async fn bury(&self, reason: Reason, detail: &str) {
        match interrupted::bury(self.cx, self.lease, self.bound, (reason, detail)).await {
            Ok(finish) => self.finish(finish).await,
            Err(store::Error::LeaseLost { .. }) => tracing::warn!("the lease was lost before the turn could be ended"),
            Err(error) => {
                tracing::error!(error = %error_chain(&error), "a turn could not be ended");
                self.defer(self.shared.clock.now().after(STORE_PAUSE), "the turn could not be ended", true).await;
            }
        }
    }

    async fn finish(&self, finish: Finish) {
        let endings = finish.endings.clone();
        match self.shared.store.finish(self.lease, finish).await {
            Ok(()) => endings.iter().for_each(|ending| self.tell(ending)),
            Err(store::Error::LeaseLost { .. }) => tracing::warn!("the lease was lost before the turn could be ended"),
            Err(store::Error::VersionConflict) => {
                let why = "the session changed meanwhile";
                self.defer(self.shared.clock.now(), why, true).await;
            }
            Err(error) => {
                tracing::error!(error = %error_chain(&error), "a turn could not be ended");
                self.defer(self.shared.clock.now().after(STORE_PAUSE), "the turn could not be ended", true).await;
            }
        }
    }

    fn tell(&self, ending: &Ending) {
        let reason = ending.reason.map_or("", Reason::as_str);
        let labels = metrics::Finished {
            connection: self.lease.key.connection.0.clone(),
            outcome: ending.outcome.as_str().to_owned(),
            reason: reason.to_owned(),
        };
        self.shared.metrics.events_finished.get_or_create(&labels).inc();
        let (connection, detail) = (&self.cx.settings.name, ending.detail.as_deref().unwrap_or_default());
        if ending.outcome == Outcome::Dead {
            let fix = ending.reason.map_or("", Reason::fix);
            tracing::warn!(event.id = %ending.event, %connection, outcome = "dead", reason, detail, fix, "event ended dead");
        } else {
            let outcome = ending.outcome.as_str();
            tracing::info!(event.id = %ending.event, %connection, outcome, reason, detail, "event ended");
        }
    }

    async fn defer(&self, until: Timestamp, why: &str, counts: bool) {
        tracing::info!(until = %until, why, counts, "turn deferred");
        defer(self.shared, self.lease, until, why, counts).await;
    }
}

async fn defer(shared: &Shared, lease: &Lease, until: Timestamp, why: &str, counts: bool) {
    match shared.store.defer(lease, until, why, counts).await {
        Ok(()) | Err(store::Error::LeaseLost { .. }) => {}
        // The lease runs out by itself; nothing is lost.
        Err(error) => tracing::error!(error = %error_chain(&error), "a turn could not be deferred"),
    }
}

/// An error with its causes, for a log line.
pub(super) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
