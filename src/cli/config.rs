//! `config check` and `config print`.

use super::terminal::Failure;
use super::{Exit, Place, Terminal};
use crate::config::{Loaded, Problems, load};

/// What to do with the settings.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum Command {
    /// Report every problem at once, each with its fix
    Check,
    /// Print what is in force, secrets redacted
    Print,
}

pub(super) fn run(command: Command, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    match (command, load(place.file.as_deref(), place.env)) {
        (Command::Check, Ok(loaded)) => check(&loaded, terminal),
        (Command::Print, Ok(loaded)) => print(&loaded, terminal),
        (Command::Check, Err(problems)) => refuse(&problems, terminal),
        (Command::Print, Err(problems)) => Err(Failure::Settings(problems)),
    }
}

fn check(loaded: &Loaded, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    for warning in &loaded.warnings {
        writeln!(terminal.out, "warning  {warning}")?;
    }
    let connections = loaded.config.connections.len();
    let warnings = loaded.warnings.len();
    writeln!(terminal.out, "ok       the settings can be used ({})", counted(connections, warnings))?;
    Ok(Exit::Fine)
}

fn counted(connections: usize, warnings: usize) -> String {
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    format!("{}, {}", plural(connections, "connection"), plural(warnings, "warning"))
}

fn refuse(problems: &Problems, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    for problem in &problems.0 {
        writeln!(terminal.out, "error    {problem}")?;
    }
    Ok(Exit::Failed)
}

fn print(loaded: &Loaded, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    writeln!(terminal.out, "# The settings in force, defaults included, secrets redacted.")?;
    write!(terminal.out, "{}", loaded.effective)?;
    Ok(Exit::Fine)
}
