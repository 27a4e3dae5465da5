//! `why ID`: the story of one thing, newest first.

use super::client::{Client, Target, escape, items, word};
use super::table::printable;
use super::terminal::Failure;
use super::{Exit, Place, Terminal};

/// About what.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A thread, message, ticket, session (`ses_1`) or event (`evt_1`)
    id: String,
    #[command(flatten)]
    target: Target,
}

pub(super) async fn run(args: &Args, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let answer = Client::admin(&args.target, place)?.ask(&format!("/why/{}", escape(&args.id))).await?;
    if args.target.json {
        writeln!(terminal.out, "{}", answer.text)?;
        return Ok(Exit::Fine);
    }
    writeln!(terminal.out, "Now:   {}", printable(&word(&answer.json, "now")))?;
    let todo = word(&answer.json, "todo");
    if !todo.is_empty() {
        writeln!(terminal.out, "To do: {}", printable(&todo))?;
    }
    writeln!(terminal.out)?;
    for line in items(&answer.json, "lines") {
        writeln!(terminal.out, "{}  {}", word(line, "at"), printable(&word(line, "text")))?;
    }
    Ok(Exit::Fine)
}
