//! Parses the arguments, runs a command, returns its exit code.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use hubspot_bridge::app;
use hubspot_bridge::cli::{self, Cause, Cli, Exit, Programs, Running, Terminal};
use hubspot_bridge::config::Config;
use hubspot_bridge::sandbox::command;
use hubspot_bridge::store::sqlite;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut runtime = if cli.command.serves() {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut input = io::BufReader::new(io::stdin());
    let (is_read, is_asked) = cli::people();
    let mut terminal = Terminal { out: &mut out, err: &mut err, input: &mut input, is_read, is_asked };
    let programs = Programs { serve, sandbox, doctor, backup };
    match runtime.enable_all().build() {
        Ok(runtime) => runtime.block_on(cli::run(cli, &cli::environment(), programs, &mut terminal)).into(),
        Err(_) => Exit::CouldNotRun.into(),
    }
}

fn serve(config: Config) -> Running<Result<(), Cause>> {
    Box::pin(async { app::serve(config).await.map_err(Into::into) })
}

fn sandbox(args: cli::sandbox::Args) -> Running<Exit> {
    // The tour shows what an agent is told of reps' words, which the built-in one does not take.
    let own_agent = args.agent.map_or(args.tour, |agent| agent == cli::sandbox::SandboxAgent::Http);
    let options = command::Options { tour: args.tour, own_agent, port: args.port, data: args.data };
    Box::pin(async {
        match command::run(options).await {
            Ok(true) => Exit::Fine,
            Ok(false) => Exit::Failed,
            Err(error) => {
                // With standard error gone too, the exit code is all that is left to say it.
                let _ = writeln!(io::stderr(), "hubspot-bridge: {error}");
                Exit::CouldNotRun
            }
        }
    })
}

fn doctor(config: Config, wanted: cli::doctor::Wanted) -> Running<cli::doctor::Examined> {
    Box::pin(async move { app::doctor(config, wanted.connection, wanted.fix).await.map_err(Into::into) })
}

fn backup(from: &Path, to: &Path) -> Result<(), Cause> {
    sqlite::copy_file(from, to).map_err(Into::into)
}
