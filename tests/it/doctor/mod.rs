//! The doctor: each line of the checklist fails when exactly that thing is broken.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its scene has failed")]

mod bench;
mod fix;
mod hubspot;
mod settings;
mod slow;
