//! hubspot-bridge joins a HubSpot inbox to an AI support agent. Data walks through it one way:
//!
//! ```text
//! HubSpot ──POST──▶ intake ──▶ store (mailboxes) ──▶ worker ──▶ filters ──▶ handlers ──▶ hubspot / agents
//!                    200 ◀── committed                 ▲ lease, drain, finish            │ every effect a journalled step
//!                                                      └───────── ledger: outcome + reason ◀┘
//! ```

pub mod admin;
pub mod agents;
pub mod app;
pub mod app_template;
pub mod cli;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod domain;
pub mod filters;
pub mod handlers;
pub mod hubspot;
pub mod intake;
pub mod lifecycle;
pub mod limits;
pub mod sandbox;
pub mod store;
pub mod telemetry;
pub mod web;
pub mod worker;
