//! The agents, from the side of the turn that asks them.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests may fail a test")]

mod build;
mod crm;
mod custom_data;
mod fake;
mod faq;
pub mod http;
mod http_relay;
mod limits;
mod look;
mod openai;
mod opencx;
mod outside;
pub mod peer;
pub mod question;
mod reader;
mod recall;
mod relay;
mod shapes;
mod sockets;
