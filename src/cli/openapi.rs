//! `openapi`: the document of the admin API and of the `http` agent's contract.

use super::terminal::Failure;
use super::{Exit, Terminal};
use crate::admin;

pub(super) fn run(terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let document = admin::openapi::text().map_err(|error| Failure::Ended(error.into()))?;
    terminal.out.write_all(document.as_bytes())?;
    Ok(Exit::Fine)
}
