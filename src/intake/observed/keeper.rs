//! Keeps what was observed across restarts. Run by the composition root beside the listeners.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Observed, Seen, record};
use crate::domain::ConnectionName;
use crate::store::{Error, Store};

/// How often it is written, when it changed.
const EVERY: Duration = Duration::from_mins(1);

/// What an earlier life of the bridge observed of a connection; nothing when a newer release wrote it.
pub async fn recall(store: &dyn Store, connection: &ConnectionName) -> Result<Option<Seen>, Error> {
    Ok(store.cursor(&record::name(connection)).await?.as_deref().and_then(record::read))
}

/// Begins with what earlier lives observed. What cannot be read is forgotten: nothing depends on it but the doctor.
pub async fn restore(observed: &Observed, store: &dyn Store, connections: impl IntoIterator<Item = &ConnectionName>) {
    for name in connections {
        match recall(store, name).await {
            Ok(None) => {}
            Ok(Some(found)) => observed.note(name, |seen| *seen = found),
            Err(error) => {
                tracing::warn!(connection = %name, %error, "what deliveries were like cannot be read; it begins anew");
            }
        }
    }
}

/// Writes down what was observed.
pub struct Keeper {
    observed: Observed,
    store: Arc<dyn Store>,
    /// Each connection as it was last written.
    kept: BTreeMap<ConnectionName, Seen>,
}

impl Keeper {
    /// Of these connections; begins where they are now.
    pub fn new(
        observed: Observed,
        store: Arc<dyn Store>,
        connections: impl IntoIterator<Item = ConnectionName>,
    ) -> Self {
        let kept = connections.into_iter().map(|name| (name.clone(), observed.of(&name))).collect();
        Self { observed, store, kept }
    }

    /// Writes once a minute, and a last time when it is told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let stopped = tokio::select! {
                biased;
                () = stop.cancelled() => true,
                () = tokio::time::sleep(EVERY) => false,
            };
            self.write().await;
            if stopped {
                return;
            }
        }
    }

    /// Writes what changed since.
    pub async fn write(&mut self) {
        for (name, kept) in &mut self.kept {
            let seen = self.observed.of(name);
            if seen == *kept {
                continue;
            }
            match self.store.set_cursor(&record::name(name), &record::write(&seen)).await {
                Ok(()) => *kept = seen,
                // Tried again in a minute; the disk's trouble is told by what needs it.
                Err(error) => tracing::debug!(connection = %name, %error, "what deliveries were like was not written"),
            }
        }
    }
}
