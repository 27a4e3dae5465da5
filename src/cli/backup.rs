//! `backup FILE`: a whole copy of the database, also while the bridge runs.

use std::path::{Path, PathBuf};

use super::terminal::Failure;
use super::{Cause, Exit, Place, Terminal};
use crate::config::store::Location;

/// Where to.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A file that does not exist yet
    file: PathBuf,
}

pub(super) fn run(
    args: &Args,
    place: &Place<'_>,
    backup: fn(&Path, &Path) -> Result<(), Cause>,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let Location::File(database) = place.load()?.config.store.location else {
        let message = "the store is in memory and cannot be copied".to_owned();
        return Err(Failure::Unreachable {
            message,
            fix: "set `store.url` to a file, e.g. \"sqlite:data/bridge.db\"".into(),
        });
    };
    backup(&database, &args.file).map_err(Failure::Ended)?;
    writeln!(terminal.out, "copied {} to {}", database.display(), args.file.display())?;
    Ok(Exit::Fine)
}
