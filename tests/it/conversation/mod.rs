//! The AI turn by its behaviour: a whole bridge in process against the simulated portal, on paused time. Every test
//! asserts the ledger and the portal's own record.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy's own exception for tests does not reach the helpers beside them"
)]

mod actions;
pub(crate) mod agent;
mod answers;
mod assist;
mod at_most_once;
mod delivery;
mod documented;
mod email;
mod flood;
mod guarantee;
mod handoff;
pub(crate) mod house;
mod ill;
mod life;
mod notes;
mod outside;
mod reasons;
pub(crate) mod record;
mod records;
mod relay;
mod replay;
mod reviewed;
mod skips;
mod steps;
mod sweep;
mod takeover;
mod tickets;
mod topics;
mod trouble;
mod writes;
