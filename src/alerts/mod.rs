//! Alerts that do not go by way of HubSpot: an event died, a connection is held, it works again. Started by `app`.
//!
//! Each receiver has an errand and a place in the store of its own, so that one that fails makes nobody else hear a thing
//! twice. What was told is noted after the receiver took it: an alert may come twice, under the same id, but is not lost.
//! What happens while nobody can be told, or within `alerts.every`, is gathered into one.

pub mod alert;
pub mod decide;
pub mod receiver;
pub mod state;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio_util::sync::CancellationToken;

pub use receiver::Receiver;

use crate::clock::Clock;
use crate::config::Config;
use crate::hubspot::transport::Transport;
use crate::store::{Error, Ledger, Store};
use crate::telemetry::{Metrics, metrics};
use crate::worker::backoff;
use decide::{Dead, Facts, Terms, decide};
use state::State;

/// How often is looked; oftener only where `alerts.every` is shorter.
const LOOK: Duration = Duration::from_secs(5);
/// Rows of one reading.
const PAGE: u32 = 200;
/// Readings for one alert: 10,000 events. What is left comes with the next.
const PAGES: usize = 50;

/// What tells one receiver.
#[derive(Clone)]
pub struct Watch {
    /// Holds, and the place.
    pub store: Arc<dyn Store>,
    /// Dead events.
    pub ledger: Arc<dyn Ledger>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Counters.
    pub metrics: Metrics,
    /// How to tell it.
    pub terms: Terms,
    /// Whom.
    pub receiver: Receiver,
}

/// The receivers of the settings.
#[must_use]
pub fn receivers(config: &Config, transport: &Arc<dyn Transport>) -> Vec<Receiver> {
    let alerts = &config.alerts;
    let webhook = alerts.webhook_url.clone().map(|url| Receiver::Webhook {
        url,
        secret: alerts.webhook_secret.clone(),
        transport: Arc::clone(transport),
    });
    let command = (!alerts.command.is_empty()).then(|| Receiver::Command(alerts.command.clone()));
    webhook.into_iter().chain(command).collect()
}

/// The terms of the settings.
#[must_use]
pub fn terms(config: &Config) -> Terms {
    Terms {
        every: config.alerts.every,
        hold_after: config.alerts.hold_after,
        console: config.admin.public_url.clone(),
        connections: config.connections.keys().cloned().collect(),
    }
}

impl Watch {
    /// Looks and tells, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.watch() => {}
        }
    }

    async fn watch(&self) {
        // There from the start, so that the first failure shows as an increase.
        self.failed().inc_by(0);
        let every = LOOK.min(self.terms.every);
        let (mut known, mut failures) = (None, 0);
        loop {
            let pause = match self.look(&mut known).await {
                Ok(Ok(())) => {
                    failures = 0;
                    every
                }
                Ok(Err(refused)) => {
                    failures += 1;
                    self.failed().inc();
                    let pause = backoff::pause(failures, refused.wish(), backoff::jitter(0, failures)).max(every);
                    let (cause, to): (&dyn std::error::Error, _) = (&refused, self.receiver.name());
                    tracing::error!(
                        to,
                        error = cause,
                        failures,
                        "an alert was not taken; it is sent again in {pause:?}"
                    );
                    pause
                }
                Err(error) => {
                    let cause: &dyn std::error::Error = &error;
                    tracing::warn!(
                        error = cause,
                        "what there is to alert of could not be read or noted; that is tried again"
                    );
                    every
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Tells what there is to tell. `known`: what this receiver knows, once it was read; it stands even when it could not be
    /// noted, so that a store that is ill makes no storm.
    async fn look(&self, known: &mut Option<State>) -> Result<Result<(), receiver::Refused>, Error> {
        let place = format!("alerts/{}", self.receiver.name());
        let stored = self.store.cursor(&place).await?;
        let mut state = match known.take().or_else(|| stored.as_deref().and_then(State::read)) {
            Some(state) => state,
            None => State::beginning(self.clock.now()),
        };
        let mut refused = Ok(());
        let facts = self.facts(&state).await;
        if let Ok(facts) = &facts {
            while let Some((alert, after)) = decide(&state, facts, &self.terms, self.clock.now()) {
                let body = serde_json::to_vec(&alert).unwrap_or_default();
                refused = self.receiver.deliver(&alert.id, self.clock.now(), body).await;
                if refused.is_err() {
                    break;
                }
                tracing::info!(to = self.receiver.name(), kind = ?alert.kind, count = alert.count, "an alert was sent");
                state = after;
            }
        }
        let text = state.write();
        *known = Some(state);
        if stored.as_deref() != Some(text.as_str()) {
            self.store.set_cursor(&place, &text).await?;
            tracing::debug!(place, "what was told is noted");
        }
        facts.map(|_| refused)
    }

    async fn facts(&self, state: &State) -> Result<Facts, Error> {
        let mut facts = Facts { holds: self.store.holds().await?, ..Facts::default() };
        let mut from = state.read_from(self.clock.now());
        for _ in 0..PAGES {
            let page = self.ledger.dead_since(from, PAGE).await?;
            facts.more = u32::try_from(page.len()).is_ok_and(|read| read >= PAGE);
            let dead = page.into_iter().filter_map(|event| {
                let ended = event.finished_at?;
                Some(Dead { id: event.id, connection: event.connection, reason: event.reason, ended })
            });
            facts.dead.extend(dead);
            let Some(last) = facts.dead.last().filter(|_| facts.more) else { break };
            from = (last.ended, last.id);
        }
        Ok(facts)
    }

    fn failed(&self) -> Counter {
        let label = metrics::Receiver { receiver: self.receiver.name().to_owned() };
        self.metrics.alerts_failed.get_or_create(&label).clone()
    }
}
