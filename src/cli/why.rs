//! `why ID`: the story of one thing, newest first; with `--live` what HubSpot shows of it now.

use std::time::Duration;

use serde_json::Value;

use super::client::{Client, Target, items, word};
use super::table::printable;
use super::terminal::Failure;
use super::{Exit, Place, Terminal};
use crate::web;

/// HubSpot is asked several things for these answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// About what.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A thread, message, ticket, contact, session (`ses_1`) or event (`evt_1`), or a customer's e-mail address
    #[arg(value_parser = id)]
    id: String,
    /// Look at the conversation in HubSpot as well
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    target: Target,
}

/// An empty one would ask for the list of everything, which there is not.
fn id(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => {
            Err("it is empty: give a thread, message, ticket, contact, session or event, or an e-mail address"
                .to_owned())
        }
        id => Ok(id.to_owned()),
    }
}

pub(super) async fn run(args: &Args, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let live = if args.live { "?live=true" } else { "" };
    let client = Client::admin(&args.target, place)?;
    let client = if args.live || args.id.contains('@') { client.patient(PATIENCE) } else { client };
    let answer = client.ask(&format!("/why/{}{live}", web::escape(&args.id))).await?;
    if args.target.json {
        writeln!(terminal.out, "{}", answer.text)?;
        return Ok(Exit::Fine);
    }
    writeln!(terminal.out, "Now:   {}", printable(&word(&answer.json, "now")))?;
    if let Some(next) = answer.json.get("next").filter(|next| next.is_object()) {
        let at = Some(word(next, "at")).filter(|at| !at.is_empty()).unwrap_or_else(|| "at once".to_owned());
        writeln!(terminal.out, "Next:  {at}  {}", printable(&word(next, "what")))?;
    }
    let todo = word(&answer.json, "todo");
    if !todo.is_empty() {
        writeln!(terminal.out, "To do: {}", printable(&todo))?;
    }
    for link in items(&answer.json, "links") {
        writeln!(terminal.out, "See:   {} ({})", printable(&word(link, "url")), printable(&word(link, "what")))?;
    }
    writeln!(terminal.out)?;
    for line in items(&answer.json, "lines") {
        writeln!(terminal.out, "{}  {}", word(line, "at"), printable(&word(line, "text")))?;
    }
    if let Some(live) = answer.json.get("live").filter(|live| live.is_object()) {
        checks(live, terminal)?;
    }
    Ok(Exit::Fine)
}

/// One line a look; what to do below it.
fn checks(live: &Value, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out, "\nIn HubSpot at {}:", printable(&word(live, "checked_at")))?;
    for line in items(live, "lines") {
        let (status, check) = (printable(&word(line, "status")), printable(&word(line, "check")));
        writeln!(terminal.out, "{status:<8} {check:<13} {}", printable(&word(line, "seen")))?;
        let fix = word(line, "fix");
        if !fix.is_empty() {
            writeln!(terminal.out, "{:22} {}", "", printable(&fix))?;
        }
    }
    Ok(())
}
