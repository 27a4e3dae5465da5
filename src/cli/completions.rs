//! `completions SHELL`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::terminal::Failure;
use super::{Cli, Exit, Terminal};

/// For whom.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "hubspot-bridge", &mut script);
    terminal.out.write_all(&script)?;
    Ok(Exit::Fine)
}
