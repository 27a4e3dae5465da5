//! What a command writes to and reads from, and how it ends.

use std::io::{self, BufRead, IsTerminal as _, Write};
use std::process::ExitCode;

use super::Cause;
use crate::config::Problems;

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0, warnings too.
    Fine,
    /// 1: it ran, and the answer is no.
    Failed,
    /// 2: it could not do its work.
    CouldNotRun,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Fine => Self::SUCCESS,
            Exit::Failed => Self::from(1),
            Exit::CouldNotRun => Self::from(2),
        }
    }
}

/// Standard output and standard error, or a test's paper.
pub struct Terminal<'a> {
    /// What was asked for.
    pub out: &'a mut (dyn Write + Send),
    /// What went wrong.
    pub err: &'a mut (dyn Write + Send),
    /// What somebody types.
    pub input: &'a mut (dyn BufRead + Send),
    /// A person reads `err`: a line may be written over.
    pub is_read: bool,
    /// A person may be asked: reads `err` and types.
    pub is_asked: bool,
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The settings are wrong.
    #[error("the settings cannot be used:\n{0}")]
    Settings(#[source] Problems),
    /// The bridge was asked and said no.
    #[error("{message}; {fix}")]
    Refused { message: String, fix: String },
    /// The command could not get at what it needs.
    #[error("{message}; {fix}")]
    Unreachable { message: String, fix: String },
    /// The bridge stopped because of an error.
    #[error("{0}")]
    Ended(Cause),
    /// Nobody reads the output.
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
}

impl Failure {
    fn exit(&self) -> Exit {
        match self {
            Self::Refused { .. } | Self::Ended(_) => Exit::Failed,
            // `… | head` has read enough.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
            Self::Settings(_) | Self::Unreachable { .. } | Self::Output(_) => Exit::CouldNotRun,
        }
    }
}

/// Who is at the ends of this process: does a person read standard error, and may one be asked?
#[must_use]
pub fn people() -> (bool, bool) {
    let reads = io::stderr().is_terminal();
    (reads, reads && io::stdin().is_terminal())
}

impl Terminal<'_> {
    /// Is it to be done? Nobody who could be asked is a failure: say `--yes` then.
    pub(super) fn confirm(&mut self, what: &str) -> Result<bool, Failure> {
        if !self.is_asked {
            let fix = "say --yes if that is meant".to_owned();
            return Err(Failure::Unreachable { message: format!("{what} Nobody is here to be asked"), fix });
        }
        write!(self.err, "{what} Go on? [y/N] ")?;
        self.err.flush()?;
        let mut answer = String::new();
        self.input.read_line(&mut answer)?;
        Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
    }

    /// Says why, with every cause behind it.
    pub(super) fn report(&mut self, failure: &Failure) -> Exit {
        let exit = failure.exit();
        if exit != Exit::Fine {
            let mut words = failure.to_string();
            if let Failure::Ended(cause) = failure {
                let mut cause = cause.source();
                while let Some(deeper) = cause {
                    words = format!("{words}: {deeper}");
                    cause = deeper.source();
                }
            }
            // With standard error gone too, the exit code is all that is left to say it.
            let _ = writeln!(self.err, "hubspot-bridge: {words}");
        }
        exit
    }
}
