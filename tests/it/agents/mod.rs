//! The agents, from the side of the turn that asks them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail a test")]

mod faq;
mod question;
