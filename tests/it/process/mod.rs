//! The real binary as an operator runs it: a process of its own against the sandbox's portal, over sockets.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy's own exception for tests does not reach the helpers beside them"
)]

mod commands;
mod crash;
mod desk;
mod disk;
mod drain;
mod secrets;
mod serve;
mod start;
mod tour;
