//! The settings, one file per section; validated as a whole, every problem reported at once.

//!
//! `config/default.toml`, a file and the environment are merged by the `config` crate ([`load()`]); each section's
//! reader checks its keys; `checks` looks at combinations. Nothing else reads settings.

pub mod admin;
mod checks;
pub mod connection;
pub mod delivery;
pub mod hubspot;
mod in_force;
mod load;
pub mod problems;
mod quantities;
mod reader;
pub mod secret;
pub mod server;
mod sources;
pub mod store;
pub mod telemetry;
mod values;

use std::collections::BTreeMap;

pub use connection::{
    AgentKind, AgentSettings, Connection, Crm, HandoffWords, Hours, Matcher, OnAgentFailure, Plan, ReturnToAi, Route,
    Signature, SignatureMode, Ticketing, Topic, TopicAction, Weekday,
};
pub use delivery::{Delivery, Guarantee, OnUnknown, ReplyLimit};
pub use in_force::{Origin, Setting};
pub use load::{Loaded, draft, load};
pub use problems::{Problem, Problems};
pub use secret::Secret;

use crate::domain::ConnectionName;

/// Every setting, validated.
#[derive(Clone, Debug)]
pub struct Config {
    /// The public listener.
    pub server: server::Server,
    /// The admin listener.
    pub admin: admin::Admin,
    /// The store.
    pub store: store::Store,
    /// How events are worked on.
    pub delivery: Delivery,
    /// How HubSpot is reached.
    pub hubspot: hubspot::Hubspot,
    /// Logs.
    pub telemetry: telemetry::Telemetry,
    /// By name.
    pub connections: BTreeMap<ConnectionName, Connection>,
    /// All of it again as people are shown it, redacted.
    pub in_force: Vec<Setting>,
}
