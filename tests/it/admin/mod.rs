//! Health, the admin API, `why`, and the commands that look at a running bridge.

#[cfg(test)]
mod actions;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod auth;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod context;
#[cfg(test)]
mod custom_data;
#[cfg(test)]
mod health;
#[cfg(test)]
pub mod house;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod routes;
#[cfg(test)]
pub mod schema;
#[cfg(test)]
mod why;
#[cfg(test)]
mod why_long;
#[cfg(test)]
mod why_rules;
#[cfg(test)]
mod why_told_once;
