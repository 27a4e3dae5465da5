//! 1. Intake: verify → parse → judge the envelope → store → 200.
//!
//! It does not act on events. In the order data flows: [`listener`], [`routes`], [`body`]; HubSpot's deliveries by
//! [`signature`], [`envelope`], [`judge`], [`dedup`], [`delivery`], its workflow actions by [`signature`], [`actions`],
//! OpenCX's webhooks by [`sender`], [`opencx`]; then [`keep`] and [`answer`]. Invariant: 200 is answered only after `Store::append` returned.

pub mod actions;
pub mod answer;
pub mod body;
pub mod dedup;
pub mod delivery;
pub mod envelope;
pub mod judge;
pub mod keep;
pub mod listener;
pub mod observed;
pub mod opencx;
mod patience;
mod quiet;
pub mod routes;
mod secrets;
pub mod sender;
pub mod signature;

pub use observed::Observed;
pub use routes::{Intake, router};
