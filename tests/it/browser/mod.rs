//! The pages as a person meets them: headless Chromium walks through the console and the sandbox. Every page is looked at
//! in light and dark, wide and narrow, with axe-core's rules of accessibility; nothing may leave the machine, and the
//! browser may have nothing to complain about. Screenshots are in `target/screenshots`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's own exception for tests does not reach the helpers beside them"
)]

mod actions;
mod chromium;
mod day;
mod driver;
mod live;
mod look;
mod pages;
mod sandbox;
