//! The real binary as an operator runs it: a process of its own against the sandbox's portal, over sockets.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's own exception for tests does not reach the helpers beside them"
)]

mod alerts;
mod backup;
mod blow;
mod canaries;
mod commands;
mod context;
mod crash;
pub(crate) mod desk;
mod disk;
mod drain;
mod fails;
mod handoff;
mod load;
mod migration;
mod model;
pub(crate) mod namespace;
mod outside;
mod own_agent;
mod power;
mod proxy;
pub(crate) mod replay;
mod rounds;
mod rules;
mod secrets;
mod serve;
mod start;
mod tickets;
mod tour;
mod verdict;
mod worker;
mod workflow;
