//! Links into HubSpot's own pages. HubSpot says which host they are on (`uiDomain` of the account's details); a page waits
//! for that a moment at most, and has no links where HubSpot does not say.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::admin::State;
use crate::admin::portal::Portal;
use crate::domain::ConnectionName;
use crate::hubspot::Client;
use crate::limits::{PORTAL_RETRY, PORTAL_WAIT};

/// Where each connection's portal has its pages, as far as asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Portals(Arc<DashMap<ConnectionName, Arc<Mutex<Answer>>>>);

#[derive(Clone, Debug, Default)]
enum Answer {
    #[default]
    NotAsked,
    /// Not asked again before then.
    Silent(Instant),
    Host(String),
}

impl Portals {
    /// The pages of a connection's portal; none while HubSpot does not say where they are.
    pub(super) async fn of(&self, admin: &State, connection: &ConnectionName) -> Option<Portal> {
        let context = admin.contexts.get(connection)?;
        let cell = Arc::clone(&self.0.entry(connection.clone()).or_default());
        // Held while HubSpot is asked: pages opened at the same moment wait for one answer.
        let mut answer = cell.lock().await;
        let host = match &*answer {
            Answer::Host(host) => Some(host.clone()),
            Answer::Silent(until) if Instant::now() < *until => None,
            Answer::Silent(_) | Answer::NotAsked => {
                let host = ask(&context.hubspot).await;
                *answer = host.clone().map_or_else(|| Answer::Silent(Instant::now() + PORTAL_RETRY), Answer::Host);
                host
            }
        };
        Portal::new(&host?, context.settings.portal_id)
    }
}

async fn ask(hubspot: &Client) -> Option<String> {
    let hubspot = hubspot.within(PORTAL_WAIT);
    let account = tokio::time::timeout(PORTAL_WAIT, hubspot.account()).await.ok()?.ok()?;
    account.ui_domain
}
