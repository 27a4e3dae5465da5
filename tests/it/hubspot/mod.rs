//! The typed client: over scripted answers in memory (time is paused there), and the real transport over loopback sockets.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail as tests do")]

mod budget;
mod errors;
mod fake;
mod http;
mod panel;
mod portal;
mod post;
mod read;
mod text;
