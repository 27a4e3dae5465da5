//! hubspot-bridge joins a HubSpot inbox to an AI support agent. Data walks through it one way:
//!
//! ```text
//! HubSpot ──POST──▶ intake ──▶ store (mailboxes) ──▶ worker ──▶ filters ──▶ handlers ──▶ hubspot / agents
//!                    200 ◀── committed                 ▲ lease, drain, finish            │ every effect a journalled step
//!                                                      └───────── ledger: outcome + reason ◀┘
//! ```

pub mod agents;
pub mod clock;
pub mod config;
pub mod domain;
pub mod hubspot;
pub mod store;
pub mod telemetry;
