//! What every turn of one connection works with.

use std::sync::Arc;

use super::team::Directory;
use crate::agents::Agent;
use crate::clock::Clock;
use crate::config::{Connection, Delivery};
use crate::domain::Timestamp;
use crate::hubspot::Client;
use crate::store::Store;
use crate::telemetry::Metrics;

/// One connection at work; shared by its turns.
#[derive(Clone)]
pub struct Context {
    /// Its settings.
    pub settings: Arc<Connection>,
    /// How events are worked on.
    pub delivery: Arc<Delivery>,
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Its portal.
    pub hubspot: Client,
    /// Its agent.
    pub agent: Arc<dyn Agent>,
    /// Who we are and who belongs to the team, as HubSpot says.
    pub directory: Arc<Directory>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Counters.
    pub metrics: Metrics,
    /// The bound of one call to HubSpot.
    pub hubspot_timeout: std::time::Duration,
}

impl Context {
    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
