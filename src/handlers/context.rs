//! What every turn of one connection works with.

use std::sync::Arc;

use super::team::Directory;
use crate::agents::Agent;
use crate::clock::Clock;
use crate::config::{Config, Connection, Delivery, Secret};
use crate::domain::{ConnectionName, Timestamp};
use crate::hubspot::panel::Panel;
use crate::hubspot::transport::Transport;
use crate::hubspot::{self, Client};
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
    /// Its CRM read with the CRM's own token, where the settings name one; else the same as `hubspot`.
    pub reader: Client,
    /// What its CRM knows of a customer.
    pub panel: Arc<Panel>,
    /// Its agent.
    pub agent: Arc<dyn Agent>,
    /// Who we are and who belongs to the team, as HubSpot says.
    pub directory: Arc<Directory>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Counters.
    pub metrics: Metrics,
    /// Where people reach the console, without a trailing slash; empty: nowhere.
    pub console_url: String,
    /// The bound of one call to HubSpot.
    pub hubspot_timeout: std::time::Duration,
}

/// What all connections of a bridge share.
#[derive(Clone, Copy)]
pub struct Common<'a> {
    /// The settings.
    pub config: &'a Config,
    /// Where everything is kept.
    pub store: &'a Arc<dyn Store>,
    /// The time of day.
    pub clock: &'a Arc<dyn Clock>,
    /// Counters.
    pub metrics: &'a Metrics,
}

impl Context {
    /// Joins one connection's settings to its agent, and to HubSpot over `transport`.
    #[must_use]
    pub fn new(
        common: Common<'_>,
        settings: &Connection,
        transport: Arc<dyn Transport>,
        agent: Arc<dyn Agent>,
    ) -> Self {
        let client = |connection: &ConnectionName, access_token: &Secret, transport| {
            let settings = hubspot::Settings {
                connection: connection.clone(),
                access_token: access_token.clone(),
                hubspot: common.config.hubspot.clone(),
                plan: settings.plan,
            };
            Client::new(settings, transport, Arc::clone(common.clock), common.metrics.clone())
        };
        let hubspot = client(&settings.name, &settings.access_token, Arc::clone(&transport));
        // Another token is another app's: it has a budget of its own, which the metrics show beside the connection's.
        let reader = match &settings.crm.access_token {
            Some(token) => client(&ConnectionName(format!("{}/crm", settings.name)), token, transport),
            None => hubspot.clone(),
        };
        Self {
            settings: Arc::new(settings.clone()),
            delivery: Arc::new(common.config.delivery.clone()),
            store: Arc::clone(common.store),
            hubspot,
            panel: Arc::new(Panel::new(&reader)),
            reader,
            agent,
            directory: Arc::default(),
            clock: Arc::clone(common.clock),
            metrics: common.metrics.clone(),
            console_url: common.config.admin.public_url.clone(),
            hubspot_timeout: common.config.hubspot.timeout,
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
