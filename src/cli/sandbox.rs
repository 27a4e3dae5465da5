//! The words of `sandbox`; the sandbox itself is a program of its own.

/// What the sandbox is asked to do.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Play a scripted day through it, print each step, exit 0 only if all were seen
    #[arg(long)]
    pub tour: bool,
}
