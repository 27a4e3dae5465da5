//! 1. Intake: verify → parse → judge the envelope → store → 200.
//!
//! It does not act on events. In the order data flows: [`listener`], [`routes`], [`body`], [`signature`], [`envelope`],
//! [`judge`], [`dedup`], [`delivery`], [`answer`]. Invariant: 200 is answered only after `Store::append` returned.

pub mod answer;
pub mod body;
pub mod dedup;
pub mod delivery;
pub mod envelope;
pub mod judge;
pub mod listener;
pub mod routes;
mod secrets;
pub mod signature;

pub use routes::{Intake, router};
