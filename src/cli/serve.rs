//! `serve`: settings, logs, then the bridge until it is told to stop.

use super::terminal::Failure;
use super::{Cause, Exit, Place, Running};
use crate::config::Config;
use crate::telemetry::logs;

pub(super) async fn run(place: &Place<'_>, serve: fn(Config) -> Running<Result<(), Cause>>) -> Result<Exit, Failure> {
    let loaded = place.load()?;
    logs::init(&loaded.config.telemetry).map_err(|error| Failure::Ended(Box::new(error)))?;
    for warning in &loaded.warnings {
        tracing::warn!(config.path = warning.path, "{}; {}", warning.what, warning.fix);
    }
    serve(loaded.config).await.map_err(Failure::Ended)?;
    Ok(Exit::Fine)
}
