//! One integration binary: one file or folder an area.
mod admin;
mod agents;
mod browser;
mod config;
mod console;
mod conversation;
mod doctor;
mod filters;
mod hubspot;
mod intake;
mod mistakes;
mod process;
mod sandbox;
mod security;
mod store;
mod tidy;
