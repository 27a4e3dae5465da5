//! The commands, one file each. `main` parses, hands over what a command needs from outside, and returns the exit code.
//!
//! Nothing here knows how the bridge is put together: what it takes to serve comes in as [`Programs`].

mod app_template;
mod backup;
mod client;
mod completions;
mod config;
pub mod doctor;
mod events;
mod healthcheck;
mod openapi;
mod replay;
pub mod sandbox;
mod serve;
mod sessions;
mod table;
mod terminal;
mod why;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use clap::{Parser, Subcommand};

pub use terminal::{Exit, Terminal, people};

use crate::config::{Config, Loaded};
use terminal::Failure;

/// Joins a HubSpot inbox to an AI support agent.
///
/// Exit codes: 0 fine, 1 failed, 2 could not run.
#[derive(Debug, Parser)]
#[command(name = "hubspot-bridge", version)]
pub struct Cli {
    /// The settings file; `BRIDGE_CONFIG` may name it too
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the bridge
    Serve,
    /// Run everything on this machine, with no account and no key: a simulated HubSpot, the bridge, an agent
    Sandbox(sandbox::Args),
    /// Say what happened to a thread, message, ticket, session or event, and why
    Why(why::Args),
    /// Run the troubleshooting checklist, with a running bridge or without one
    Doctor(doctor::Args),
    /// The ledger: every event and how it ended; replay or skip some
    #[command(subcommand)]
    Events(events::Command),
    /// The sessions: who has which conversation
    #[command(subcommand)]
    Sessions(sessions::Command),
    /// The settings: check them, or print what is in force
    #[command(subcommand)]
    Config(config::Command),
    /// For the container: exit 0 when ready
    Healthcheck(healthcheck::Args),
    /// Copy the database to a new file, also while the bridge runs
    Backup(backup::Args),
    /// Write the HubSpot app for these settings, ready for `hs project upload`
    AppTemplate(app_template::Args),
    /// Print the admin API's OpenAPI document
    Openapi,
    /// Print completions for a shell
    Completions(completions::Args),
}

/// What a program of the house ends with when it fails, in words for people.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A running program.
pub type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What commands run but do not know: `main` puts them together.
pub struct Programs {
    /// Serves until told to stop.
    pub serve: fn(Config) -> Running<Result<(), Cause>>,
    /// Runs the sandbox or its tour.
    pub sandbox: fn(sandbox::Args) -> Running<Exit>,
    /// Runs the checklist of all connections or of one where no bridge runs.
    pub doctor: fn(Config, doctor::Wanted) -> Running<doctor::Examined>,
    /// Copies the database file, while a bridge may have it open.
    pub backup: fn(&Path, &Path) -> Result<(), Cause>,
}

/// The variables of a process, as far as they are text.
#[must_use]
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

impl Command {
    /// Does it do work of its own, worth all cores?
    #[must_use]
    pub fn serves(&self) -> bool {
        matches!(self, Self::Serve | Self::Sandbox(_))
    }
}

/// Runs a command; what it has to say goes to the terminal.
pub async fn run(cli: Cli, env: &BTreeMap<String, String>, programs: Programs, terminal: &mut Terminal<'_>) -> Exit {
    let place = Place { file: cli.config, env };
    let done = match cli.command {
        Command::Serve => serve::run(&place, programs.serve).await,
        Command::Sandbox(args) => Ok((programs.sandbox)(args).await),
        Command::Why(args) => why::run(&args, &place, terminal).await,
        Command::Doctor(args) => doctor::run(&args, &place, programs.doctor, terminal).await,
        Command::Events(command) => events::run(command, &place, terminal).await,
        Command::Sessions(command) => sessions::run(command, &place, terminal).await,
        Command::Config(command) => config::run(command, &place, terminal),
        Command::Healthcheck(args) => healthcheck::run(args, &place, terminal).await,
        Command::Backup(args) => backup::run(&args, &place, programs.backup, terminal),
        Command::AppTemplate(args) => app_template::run(&args, &place, terminal),
        Command::Openapi => openapi::run(terminal),
        Command::Completions(args) => completions::run(args, terminal),
    };
    done.unwrap_or_else(|failure| terminal.report(&failure))
}

/// Where a command stands: its settings file and variables.
struct Place<'a> {
    file: Option<PathBuf>,
    env: &'a BTreeMap<String, String>,
}

impl Place<'_> {
    /// The settings, for a command that cannot run without them.
    fn load(&self) -> Result<Loaded, Failure> {
        crate::config::load(self.file.as_deref(), self.env).map_err(Failure::Settings)
    }
}
