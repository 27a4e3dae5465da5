//! The last step of every door: what came in is stored, then counted, and only then answered 200. Called by the routes.

use std::error::Error as _;

use tokio::time::Instant;

use super::answer::Refused;
use super::quiet;
use super::routes::Intake;
use crate::config::Connection;
use crate::domain::{ConnectionName, EventId, EventIds, Reason, State};
use crate::store::{self, Batch};
use crate::telemetry::metrics::{Finished as FinishedLabels, Received as ReceivedLabels};

/// How much came in, duplicates too, by connection and type.
pub type Tally = Vec<(ConnectionName, &'static str, u64)>;

/// Not for every refused delivery: the log may lie on the very disk that is full.
fn say(connection: &ConnectionName, error: &store::Error) {
    let (word, fix) = match error {
        store::Error::Overloaded { .. } => {
            ("overloaded", "Nothing; HubSpot delivers again. If it lasts, use a faster disk.")
        }
        store::Error::DiskLow { .. } => ("disk_low", "Free some space on the database's disk; HubSpot delivers again."),
        store::Error::Stopped => ("stopped", "Nothing; the process ends and must be started anew."),
        store::Error::LeaseLost { .. }
        | store::Error::VersionConflict
        | store::Error::NotFound { .. }
        | store::Error::AlreadyAnswered
        | store::Error::Refused(_)
        | store::Error::Unavailable { .. }
        | store::Error::Unreadable { .. } => {
            ("store_unavailable", "Look at the disk and the file that `store.url` names; HubSpot delivers again.")
        }
    };
    let Some(left_out) = quiet::may_say(connection, word) else { return };
    let cause = error.source();
    if matches!(error, store::Error::Overloaded { .. }) {
        tracing::warn!(%connection, %error, cause, fix, left_out, "delivery not stored");
    } else {
        tracing::error!(%connection, %error, cause, fix, left_out, "delivery not stored");
    }
}

impl Intake {
    /// Stores the batch; the ids are in its order, of the first event for a duplicate. What was not stored is not
    /// counted as received.
    pub(super) async fn keep(
        &self,
        path: &Connection,
        batch: Batch,
        received: Tally,
        began: Instant,
    ) -> Result<Vec<EventId>, Refused> {
        let stored = self.store(path, batch).await;
        self.metrics.ack_seconds.observe(began.elapsed().as_secs_f64());
        let ids = stored?;
        self.count(received);
        Ok(ids)
    }

    async fn store(&self, path: &Connection, batch: Batch) -> Result<Vec<EventId>, Refused> {
        if batch.events.is_empty() {
            return Ok(Vec::new());
        }
        let events = batch.events.len();
        let ended: Vec<_> = batch.events.iter().map(|event| (event.connection.clone(), event.ended)).collect();
        let appended = self.store.append(batch).await.map_err(|error| {
            say(&path.name, &error);
            Refused::from(&error)
        })?;
        for (((connection, ended), fresh), id) in ended.into_iter().zip(&appended.fresh).zip(&appended.ids) {
            if let (Some((state, reason)), true) = (ended, fresh) {
                if state == State::Dead {
                    let fix = reason.fix();
                    tracing::warn!(event.id = %id, %connection, outcome = "dead", %reason, fix, "event ended dead");
                }
                self.count_ended(connection, state, reason);
            }
        }
        tracing::debug!(
            connection = %path.name,
            events,
            fresh = appended.fresh_count(),
            event.ids = %EventIds(&appended.ids),
            "delivery stored"
        );
        Ok(appended.ids)
    }

    /// The envelope alone settled it: no turn will count it.
    fn count_ended(&self, connection: ConnectionName, state: State, reason: Reason) {
        let labels = FinishedLabels {
            connection: connection.0,
            outcome: state.as_str().to_owned(),
            reason: reason.as_str().to_owned(),
        };
        self.metrics.events_finished.get_or_create(&labels).inc();
    }

    fn count(&self, received: Tally) {
        let seconds = self.clock.now().0.div_euclid(1000);
        for (connection, kind, count) in received {
            let labels = ReceivedLabels { connection: connection.0, r#type: kind.to_owned() };
            self.metrics.events_received.get_or_create(&labels).inc_by(count);
            self.metrics.last_event_timestamp.get_or_create(&labels).set(seconds);
        }
    }
}
