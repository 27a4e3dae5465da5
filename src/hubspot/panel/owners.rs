//! Owners' names, kept a while: they change seldom, and a page of them costs a call.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::hubspot::client::Client;

const FRESH_FOR: Duration = Duration::from_mins(10);
const RETRY_AFTER: Duration = Duration::from_mins(1);

/// Name, or else address, by owner id.
#[derive(Debug, Default)]
pub(super) struct Owners {
    cached: Mutex<Option<(BTreeMap<String, String>, Instant)>>,
}

impl Owners {
    /// The owner's name or address; none when HubSpot will not tell.
    pub(super) async fn name(&self, client: &Client, id: &str) -> Option<String> {
        let mut cached = self.cached.lock().await;
        if let Some((names, until)) = cached.as_ref()
            && Instant::now() < *until
        {
            return names.get(id).cloned();
        }
        let (names, lasts) = match client.owners().await {
            Ok(owners) => {
                let named = owners.into_iter().filter_map(|owner| Some((owner.id, owner.name.or(owner.email)?)));
                (named.collect(), FRESH_FOR)
            }
            Err(error) => {
                tracing::warn!(error = %error, "owners could not be read; the context shows their ids");
                (cached.take().map(|(names, _)| names).unwrap_or_default(), RETRY_AFTER)
            }
        };
        let found = names.get(id).cloned();
        *cached = Some((names, Instant::now() + lasts));
        found
    }
}
