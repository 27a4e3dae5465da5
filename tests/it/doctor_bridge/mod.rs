//! The doctor's lines on the bridge itself, its route and its command: each thing broken, and exactly its line seen failing.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy's own exception for tests does not reach the helpers beside them"
)]

mod breakages;
mod command;
mod deliveries;
mod kept;
mod noted;
mod route;
mod unseen;
mod ward;
