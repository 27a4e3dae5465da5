//! Links into HubSpot's own pages. HubSpot says which host they are on (`uiDomain` of the account's details); a page waits
//! for that a moment at most, and has no links where HubSpot does not say.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::admin::State;
use crate::admin::portal::Portal;
use crate::domain::ConnectionName;
use crate::limits::{PORTAL_RETRY, PORTAL_WAIT};

/// Until when a connection's portal is not asked again, because it did not say. Its client remembers what it said.
#[derive(Clone, Debug, Default)]
pub(super) struct Portals(Arc<DashMap<ConnectionName, Arc<Mutex<Option<Instant>>>>>);

impl Portals {
    /// The pages of a connection's portal; none while HubSpot does not say where they are.
    pub(super) async fn of(&self, admin: &State, connection: &ConnectionName) -> Option<Portal> {
        let context = admin.contexts.get(connection)?;
        let cell = Arc::clone(&self.0.entry(connection.clone()).or_default());
        // Held while HubSpot is asked: pages opened at the same moment wait for one answer.
        let mut silent = cell.lock().await;
        if context.hubspot.ui_domain().is_none() && silent.is_none_or(|until| Instant::now() >= until) {
            let hubspot = context.hubspot.within(PORTAL_WAIT);
            // Whatever comes of it, the client knows.
            let _ = tokio::time::timeout(PORTAL_WAIT, hubspot.account()).await;
            *silent = Some(Instant::now() + PORTAL_RETRY);
        }
        Portal::new(&context.hubspot.ui_domain()?, context.settings.portal_id)
    }
}
