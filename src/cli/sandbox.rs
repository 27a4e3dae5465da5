//! The words of `sandbox`; the sandbox itself is a program of its own.

use std::path::PathBuf;

/// What the sandbox is asked to do.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Play a scripted day through it, print each step, exit 0 only if all were seen
    #[arg(long)]
    pub tour: bool,
    /// The pages' port; the bridge takes the two after it. Without it, free ones
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Where the bridge keeps database, settings, articles and log. Without it, a folder that is removed at the end
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}
