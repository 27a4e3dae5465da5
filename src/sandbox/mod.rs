//! 8. The sandbox: a simulated HubSpot portal, its pages, and the tour.
//!
//! [`portal`] is the portal itself, in process: no sockets, no threads, no real time, and the same story for the same
//! seed and clock, so that the simulation drives it directly. Around it: [`server`] puts it on a port together with
//! [`control`] (faults, state, people's actions over JSON) and [`pages`]; [`deliver`] posts its webhooks over sockets.
//! [`agent`] is a team's own AI to go with it, [`command`] is the `sandbox` command with a bridge beside it, [`tour`] a scripted day through both.

pub mod agent;
pub mod command;
pub mod control;
pub mod deliver;
pub mod pages;
pub mod portal;
pub mod server;
pub mod tour;
