//! Alerts: who is told what, when, and that it comes through; and the rules for Prometheus.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's own exception for tests does not reach the helpers beside them"
)]

mod contract;
mod decide;
pub(crate) mod desk;
mod expression;
mod gathered;
mod receivers;
mod rules;
