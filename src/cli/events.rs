//! `events list`, `show` and `skip`; `replay` is next door.

use serde_json::{Value, json};

use super::client::{self, Client, Target, query, word};
use super::terminal::Failure;
use super::{Exit, Place, Terminal, replay, table};
use crate::web;

/// What to see of the ledger.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Command {
    /// Events, newest first
    List(Box<List>),
    /// One event with its runs and steps
    Show {
        /// `evt_1`
        id: String,
        #[command(flatten)]
        target: Target,
    },
    /// Work on an ended event again, or on all that meet conditions
    Replay(Box<replay::Args>),
    /// End a waiting event without working on it
    Skip {
        /// `evt_1`
        id: String,
        #[command(flatten)]
        target: Target,
    },
}

/// Which events: all given conditions hold.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Conditions {
    /// Of one connection
    #[arg(long)]
    connection: Option<String>,
    /// pending, running, done, skipped or dead
    #[arg(long)]
    state: Option<String>,
    /// `replied`, `handed_off`, …
    #[arg(long)]
    outcome: Option<String>,
    /// `not_ai_owned`, `agent_failed`, …
    #[arg(long)]
    reason: Option<String>,
    /// Of one HubSpot thread
    #[arg(long)]
    thread: Option<String>,
    /// Of one HubSpot ticket
    #[arg(long)]
    ticket: Option<String>,
    /// Announcing one HubSpot message
    #[arg(long)]
    message: Option<String>,
    /// Received at or after, e.g. 2026-11-21T09:00:00Z
    #[arg(long)]
    since: Option<String>,
}

/// Which events, and how many.
#[derive(Clone, Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    conditions: Conditions,
    /// How many, at most 200
    #[arg(long)]
    limit: Option<String>,
    /// The next page, as the last one said
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    target: Target,
}

const COLUMNS: [(&str, &str); 9] = [
    ("RECEIVED", "received_at"),
    ("ID", "id"),
    ("CONNECTION", "connection"),
    ("TYPE", "type"),
    ("OBJECT", "object_id"),
    ("STATE", "state"),
    ("OUTCOME", "outcome"),
    ("REASON", "reason"),
    ("SESSION", "session_id"),
];

const FIELDS: [&str; 14] = [
    "id",
    "connection",
    "type",
    "object_id",
    "message_id",
    "state",
    "outcome",
    "reason",
    "detail",
    "attempts",
    "seen",
    "received_at",
    "due_at",
    "finished_at",
];

pub(super) async fn run(command: Command, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => list(&args, place, terminal).await,
        Command::Show { id, target } => show(&id, &target, place, terminal).await,
        Command::Replay(args) => replay::run(&args, place, terminal).await,
        Command::Skip { id, target } => skip(&id, &target, place, terminal).await,
    }
}

impl Conditions {
    /// Those that are given, by the API's names.
    pub(super) fn given(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("connection", &self.connection),
            ("state", &self.state),
            ("outcome", &self.outcome),
            ("reason", &self.reason),
            ("thread", &self.thread),
            ("ticket", &self.ticket),
            ("message", &self.message),
            ("since", &self.since),
        ];
        all.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?))).collect()
    }
}

async fn skip(id: &str, target: &Target, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let path = format!("/events/{}/skip", web::escape(id));
    let answer = Client::admin(target, place)?.post(&path, &json!({})).await?;
    if target.json {
        writeln!(terminal.out, "{}", answer.text)?;
    } else {
        writeln!(terminal.out, "{} is skipped", table::printable(&word(&answer.json, "id")))?;
    }
    Ok(Exit::Fine)
}

async fn list(args: &List, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let conditions = args.conditions.given();
    let given = conditions.iter().map(|(key, value)| (*key, Some(*value)));
    let pairs: Vec<(&str, Option<&str>)> =
        given.chain([("limit", args.limit.as_deref()), ("cursor", args.cursor.as_deref())]).collect();
    let query = query(&pairs);
    let answer = Client::admin(&args.target, place)?.ask(&format!("/events{query}")).await?;
    page(&answer, args.target.json, &COLUMNS, terminal)
}

/// A page of a list: the rows, and how to get the next.
pub(super) fn page(
    answer: &client::Answer,
    json: bool,
    columns: &[(&str, &str)],
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    if json {
        writeln!(terminal.out, "{}", answer.text)?;
        return Ok(Exit::Fine);
    }
    let rows: Vec<&Value> = client::items(&answer.json, "items").collect();
    table::write(terminal.out, columns, &rows)?;
    let next = word(&answer.json, "next");
    if !next.is_empty() {
        writeln!(terminal.out, "more: --cursor {}", table::printable(&next))?;
    }
    Ok(Exit::Fine)
}

async fn show(id: &str, target: &Target, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let answer = Client::admin(target, place)?.ask(&format!("/events/{}", web::escape(id))).await?;
    if target.json {
        writeln!(terminal.out, "{}", answer.text)?;
        return Ok(Exit::Fine);
    }
    table::write_fields(terminal.out, &FIELDS, &answer.json)?;
    table::write_fields(terminal.out, &["session_id"], &answer.json)?;
    for end in client::items(&answer.json, "past_ends") {
        let how = ["finished_at", "outcome", "reason", "detail", "replayed_at"].map(|key| word(end, key));
        let [finished_at, outcome, reason, detail, replayed_at] = how;
        let line = format!("ended {finished_at}: {outcome} {reason} {detail} Replayed {replayed_at}");
        writeln!(terminal.out, "\n{}", table::printable(&line))?;
    }
    for run in client::items(&answer.json, "runs") {
        let line = format!(
            "run {}: {} to {} {}",
            word(run, "run"),
            word(run, "started_at"),
            word(run, "ended_at"),
            word(run, "note")
        );
        writeln!(terminal.out, "\n{}", table::printable(line.trim_end()))?;
        for step in client::items(run, "steps") {
            let line = format!(
                "{}  {:<16} {:<9} {}",
                word(step, "intended_at"),
                word(step, "name"),
                word(step, "status"),
                word(step, "result")
            );
            writeln!(terminal.out, "  {}", table::printable(line.trim_end()))?;
        }
    }
    Ok(Exit::Fine)
}
