//! Who we are in HubSpot (our app id) and who belongs to the team (owners, channel accounts): read now and then, kept
//! a while, and done without when HubSpot will not tell.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::domain::AppId;
use crate::hubspot::{Class, Client, Error, Owner};

const FRESH_FOR: Duration = Duration::from_mins(10);
const RETRY_AFTER: Duration = Duration::from_mins(1);
const PATIENCE: Duration = Duration::from_secs(3);

/// What HubSpot says of our app and the team.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The app our token belongs to.
    pub app: Option<AppId>,
    /// Addresses of owners and channel accounts, lower-cased.
    pub addresses: HashSet<String>,
    /// Owner ids, users and names.
    pub owners: Vec<Owner>,
    /// The address or number of each channel account, by its id.
    pub accounts: HashMap<String, String>,
}

/// The cached answer.
#[derive(Debug, Default)]
pub struct Directory {
    cached: Mutex<Option<(Known, Instant)>>,
}

impl Directory {
    /// What is known, read anew when it is old. A part that cannot be read keeps its last value: a missing scope
    /// must not stop answers.
    pub async fn known(&self, hubspot: &Client) -> Known {
        let mut cached = self.cached.lock().await;
        if let Some((known, until)) = cached.as_ref()
            && Instant::now() < *until
        {
            return known.clone();
        }
        let mut known = cached.take().map(|(known, _)| known).unwrap_or_default();
        let whole = refresh(&mut known, hubspot).await;
        let lasts = if whole { FRESH_FOR } else { RETRY_AFTER };
        *cached = Some((known.clone(), Instant::now() + lasts));
        known
    }
}

async fn refresh(known: &mut Known, hubspot: &Client) -> bool {
    // Every turn of the connection waits for this: it must not take long when HubSpot is slow.
    let hubspot = hubspot.within(PATIENCE);
    let mut whole = true;
    match hubspot.token_info().await {
        Ok(info) => known.app = info.app_id,
        Err(error) => {
            whole &= lasting(&error);
            tracing::warn!(error = %error, "the own app id could not be read; the events' appId is used");
        }
    }
    let mut addresses = HashSet::new();
    match hubspot.owners().await {
        Ok(owners) => {
            addresses.extend(owners.iter().filter_map(|owner| owner.email.clone()));
            known.owners = owners;
        }
        Err(error) => {
            whole &= lasting(&error);
            tracing::warn!(error = %error, "owners could not be read; internal_domains alone tells the team");
        }
    }
    match hubspot.channel_accounts().await {
        Ok(accounts) => {
            known.accounts =
                accounts.into_iter().filter_map(|account| Some((account.id, account.identifier?))).collect();
            addresses.extend(known.accounts.values().cloned());
        }
        Err(error) => {
            whole &= lasting(&error);
            tracing::warn!(error = %error, "channel accounts could not be read");
        }
    }
    let addresses = addresses.into_iter().filter(|a| a.contains('@')).map(|a| a.to_lowercase());
    known.addresses.extend(addresses);
    whole
}

/// A missing scope stays missing: asking again soon would only cost calls.
fn lasting(error: &Error) -> bool {
    matches!(error.class, Class::Permanent { .. } | Class::Unsupported)
}
