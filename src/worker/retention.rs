//! Retention: what is older than `store.retention` goes, in small portions, so that intake never waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::Store;

const EVERY: Duration = Duration::from_hours(1);
const PORTION: u32 = 500;

/// Prunes now and every hour.
pub async fn run(store: Arc<dyn Store>, clock: Arc<dyn Clock>, keep: Duration, stop: CancellationToken) {
    loop {
        match store.prune(clock.now().before(keep), PORTION).await {
            Ok(removed) if removed >= PORTION => {
                tokio::task::yield_now().await;
                continue;
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %error, "old events could not be removed"),
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
