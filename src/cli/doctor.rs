//! `doctor [CONNECTION]`: the troubleshooting checklist. A running bridge is asked; where none runs, what it would need is put
//! together from the settings for this look alone.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, Target, items, word};
use super::table::printable;
use super::terminal::Failure;
use super::{Cause, Exit, Place, Running, Terminal};
use crate::config::Config;
use crate::doctor::fold::{Row, fold};
use crate::doctor::{Examination, Status};
use crate::domain::ConnectionName;
use crate::web;

/// An examination makes a few dozen calls to others, some of which may not answer.
const PATIENCE: Duration = Duration::from_mins(3);

/// What to look at.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// One connection; all without it
    connection: Option<String>,
    /// Make what is missing in HubSpot and can be made: the tag property
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    target: Target,
}

/// What to look at where no bridge runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// One connection; all without it.
    pub connection: Option<ConnectionName>,
    /// See [`Args`].
    pub fix: bool,
}

/// What the doctor found, in the order of the connections' names, or why nothing could be examined.
pub type Examined = Result<Vec<Examination>, Cause>;

pub(super) async fn run(
    args: &Args,
    place: &Place<'_>,
    look: fn(Config, Wanted) -> Running<Examined>,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let client = Client::admin(&args.target, place)?.patient(PATIENCE);
    // Whoever names a bridge wants that one.
    if args.target.is_named(place) || client.listens().await {
        return asked(args, &client, terminal).await;
    }
    let config = place.load()?.config;
    let connection = args.connection.clone().map(ConnectionName);
    if let Some(name) = connection.as_ref().filter(|name| !config.connections.contains_key(*name)) {
        let known: Vec<&str> = config.connections.keys().map(ConnectionName::as_str).collect();
        let message = format!("the settings have no connection {:?}", name.as_str());
        return Err(Failure::Unreachable { message, fix: format!("name one of them: {}", known.join(", ")) });
    }
    writeln!(terminal.err, "no bridge answers at {}; looking by the settings alone", client.base())?;
    let mut worst = Status::Ok;
    for examination in look(config, Wanted { connection, fix: args.fix }).await.map_err(cannot)? {
        // Of text alone: it cannot fail.
        let value = serde_json::to_value(&examination).unwrap_or_default();
        worst = worst.max(show(&value, args.target.json, terminal)?);
    }
    Ok(exit(worst))
}

/// Asks a running bridge.
async fn asked(args: &Args, client: &Client, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let names = if let Some(name) = &args.connection {
        vec![name.clone()]
    } else {
        let connections = client.ask("/connections").await.map_err(could_not)?;
        items(&connections.json, "items").map(|connection| word(connection, "name")).collect()
    };
    let mut worst = Status::Ok;
    for name in names {
        let path = format!("/connections/{}/doctor", web::escape(&name));
        let answer = client.post(&path, &json!({ "fix": args.fix })).await.map_err(could_not)?;
        worst = worst.max(show(&answer.json, args.target.json, terminal)?);
    }
    Ok(exit(worst))
}

/// A bridge that refuses was not examined: that is no finding.
fn could_not(failure: Failure) -> Failure {
    match failure {
        Failure::Refused { message, fix } => Failure::Unreachable { message, fix },
        other @ (Failure::Settings(_) | Failure::Unreachable { .. } | Failure::Ended(_) | Failure::Output(_)) => other,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "maps an error")]
fn cannot(cause: Cause) -> Failure {
    Failure::Unreachable { message: cause.to_string(), fix: "nothing was examined".to_owned() }
}

fn exit(worst: Status) -> Exit {
    if worst == Status::Failed { Exit::Failed } else { Exit::Fine }
}

/// The check that says why this line was not looked at.
fn follows<'line>(line: &'line &Value) -> Option<&'line str> {
    line.get("follows").and_then(Value::as_str)
}

/// Prints one examination, for people or as the API gives it, one JSON object a line. How it came out.
fn show(examination: &Value, as_json: bool, terminal: &mut Terminal<'_>) -> std::io::Result<Status> {
    let lines: Vec<&Value> = items(examination, "lines").collect();
    // A word of a newer bridge may be anything: it is looked at, not passed over.
    let status = |line: &&Value| match word(line, "status").as_str() {
        "ok" => Status::Ok,
        "warning" => Status::Warning,
        _ => Status::Failed,
    };
    let worst = lines.iter().map(status).max().unwrap_or(Status::Ok);
    if as_json {
        writeln!(terminal.out, "{examination}")?;
        return Ok(worst);
    }
    writeln!(terminal.out, "{}", printable(&word(examination, "connection")))?;
    let width = lines.iter().map(|line| word(line, "check").chars().count()).max().unwrap_or(0);
    for row in fold(&lines, follows) {
        let line = match row {
            Row::Line(line) => line,
            Row::Unseen(words) => {
                writeln!(terminal.out, "{:7}  {}", "", printable(&words))?;
                continue;
            }
        };
        let [status, check, seen, fix] = ["status", "check", "seen", "fix"].map(|key| printable(&word(line, key)));
        writeln!(terminal.out, "{status:<7}  {check:<width$}  {seen}")?;
        if !fix.is_empty() {
            writeln!(terminal.out, "{:11}→ {fix}", "")?;
        }
    }
    let (unseen, found): (Vec<&Value>, Vec<&Value>) = lines.iter().partition(|line| follows(line).is_some());
    let count = |wanted: Status| found.iter().filter(|line| status(line) == wanted).count();
    let (ok, warnings, failed) = (count(Status::Ok), count(Status::Warning), count(Status::Failed));
    write!(terminal.out, "{ok} ok, {warnings} with a warning, {failed} failed")?;
    if !unseen.is_empty() {
        write!(terminal.out, ", {} not looked at", unseen.len())?;
    }
    writeln!(terminal.out)?;
    writeln!(terminal.out)?;
    Ok(worst)
}
