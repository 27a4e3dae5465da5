//! One integration binary: one file or folder an area.
mod admin;
mod agents;
mod config;
mod conversation;
mod doctor_bridge;
mod filters;
mod hubspot;
mod intake;
mod mistakes;
mod process;
mod sandbox;
mod security;
mod store;
mod tidy;
