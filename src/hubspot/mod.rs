//! 6. HubSpot, typed: conversations, crm, account. One attempt per call; every error says what to do about it.
//!
//! Handlers, the sweep and the doctor call [`Client`]. It never retries: it waits for room in the rate budget, makes one
//! attempt through a [`transport::Transport`], and classifies what came back (`classify`). It knows no store and no agent.

pub mod budget;
pub mod error;
pub mod http;
pub mod panel;
pub mod pulse;
pub mod scopes;
pub mod text;
pub mod transport;
pub mod types;

mod account;
mod actors;
mod call;
mod classify;
mod client;
mod conversations;
mod crm;
mod headers;
mod paths;
mod post;
mod wire;

pub use client::{Client, Settings};
pub use error::{Class, Effect, Error};
pub use types::{
    Account, Actor, ChannelAccount, Content, CrmRecord, FoundTicket, Inbox, Kind, Note, OutgoingMessage, Owner,
    Pipeline, Property, Recent, ThreadPage, TokenInfo,
};
