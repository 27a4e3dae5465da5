//! The words of `sandbox`; the sandbox itself is a program of its own.

use std::path::PathBuf;

/// What the sandbox is asked to do.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Play a scripted day through it, print each step, exit 0 only if all were seen
    #[arg(long)]
    pub tour: bool,
    /// Which agent: the built-in one, or a team's own over HTTP (it too answers from the articles), which is told what
    /// reps write. Without it, `faq`; for the tour, `http`
    #[arg(long, value_name = "KIND")]
    pub agent: Option<SandboxAgent>,
    /// The pages' port; the bridge takes the two after it. Without it, free ones
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Where the bridge keeps database, settings, articles and log. Without it, a folder that is removed at the end
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Which agent the sandbox's bridge asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SandboxAgent {
    /// The built-in one.
    Faq,
    /// A team's own, played by the sandbox.
    Http,
}
