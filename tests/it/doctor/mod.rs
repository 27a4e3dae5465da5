//! The doctor: each line of the checklist fails when exactly that thing is broken.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests may fail a test")]

mod bench;
mod fix;
mod hubspot;
mod settings;
mod slow;
