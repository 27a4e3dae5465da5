//! `events replay`: one event, or all that meet conditions, page by page. Ctrl-C stops between two pages and says how to go
//! on.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;

use serde_json::{Value, json};

use super::client::{Answer, Client, Target, items, query, word};
use super::events::Conditions;
use super::table::printable;
use super::terminal::Failure;
use super::{Exit, Place, Terminal};
use crate::web;

/// Events the bridge is asked to replay at once: its own bound.
const PAGE: u32 = 200;
/// Where no line can be written over, one is written every so many events.
const SAID_EVERY: u64 = 500;

/// What to replay.
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true).args([
    "id", "connection", "state", "outcome", "reason", "thread", "ticket", "message", "since",
]))]
pub struct Args {
    /// `evt_1`; or name conditions instead
    #[arg(conflicts_with_all = [
        "connection", "state", "outcome", "reason", "thread", "ticket", "message", "since", "cursor", "yes",
    ])]
    id: Option<String>,
    #[command(flatten)]
    conditions: Conditions,
    /// What was answered already gets an answer as a draft comment for the reps
    #[arg(long)]
    force: bool,
    /// Do not ask whether that is meant
    #[arg(long)]
    yes: bool,
    /// Go on there, as the interrupted command said
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(super) async fn run(args: &Args, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let client = Client::admin(&args.target, place)?;
    if let Some(id) = &args.id {
        let path = format!("/events/{}/replay", web::escape(id));
        let answer = client.post(&path, &json!({ "force": args.force })).await?;
        if args.target.json {
            writeln!(terminal.out, "{}", answer.text)?;
        } else {
            let (id, state) = (word(&answer.json, "id"), word(&answer.json, "state"));
            writeln!(terminal.out, "{} is replayed, it is {}", printable(&id), printable(&state))?;
        }
        return Ok(Exit::Fine);
    }
    if !args.yes && !meant(args, &client, terminal).await? {
        writeln!(terminal.err, "nothing was replayed")?;
        return Ok(Exit::Fine);
    }
    pages(args, &client, terminal).await
}

/// Says what will be done, and asks.
async fn meant(args: &Args, client: &Client, terminal: &mut Terminal<'_>) -> Result<bool, Failure> {
    let given = args.conditions.given();
    let limit = PAGE.to_string();
    let rest = [("limit", Some(limit.as_str())), ("cursor", args.cursor.as_deref())];
    let pairs: Vec<(&str, Option<&str>)> = given.iter().map(|(key, value)| (*key, Some(*value))).chain(rest).collect();
    let page = client.ask(&format!("/events{}", query(&pairs))).await?.json;
    let ended = |event: &&Value| ["done", "skipped", "dead"].contains(&word(event, "state").as_str());
    let count = items(&page, "items").filter(ended).count();
    let more = if word(&page, "next").is_empty() { "" } else { " and more" };
    let conditions =
        given.iter().map(|(key, value)| format!("{key} {}", printable(value))).collect::<Vec<_>>().join(", ");
    let drafts = if args.force { " What was answered gets a draft comment." } else { "" };
    terminal.confirm(&format!("This replays {count}{more} ended events with {conditions}, the newest first.{drafts}"))
}

/// What was done so far.
#[derive(Default)]
struct Tally {
    replayed: u64,
    refused: u64,
    /// Why, each with how many.
    why: BTreeMap<String, u64>,
}

/// Ctrl-C, until it was heard or cannot be.
type Interrupt = Option<Pin<Box<dyn Future<Output = io::Result<()>>>>>;

async fn pages(args: &Args, client: &Client, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let mut tally = Tally::default();
    let mut cursor = args.cursor.clone();
    let mut interrupt: Interrupt = Some(Box::pin(tokio::signal::ctrl_c()));
    let mut stopped = false;
    loop {
        let ended = page(args, client, cursor.as_deref(), &mut interrupt, &mut stopped).await;
        let answer = match ended {
            Ok(answer) => answer,
            Err(failure) if tally.replayed + tally.refused == 0 => return Err(failure),
            Err(failure) => {
                tally.told(args, terminal)?;
                go_on(cursor.as_deref(), terminal)?;
                terminal.report(&failure);
                return Ok(Exit::Failed);
            }
        };
        if args.target.json {
            writeln!(terminal.out, "{}", answer.text)?;
        }
        tally.add(&answer.json, terminal)?;
        let next = word(&answer.json, "next");
        if next.is_empty() {
            tally.told(args, terminal)?;
            return Ok(if tally.refused == 0 { Exit::Fine } else { Exit::Failed });
        }
        cursor = Some(next);
        if stopped {
            tally.told(args, terminal)?;
            go_on(cursor.as_deref(), terminal)?;
            return Ok(Exit::Failed);
        }
    }
}

/// One page. What the bridge was asked for is waited for: whoever interrupts learns what was done.
async fn page(
    args: &Args,
    client: &Client,
    cursor: Option<&str>,
    interrupt: &mut Interrupt,
    stopped: &mut bool,
) -> Result<Answer, Failure> {
    let mut body = json!({ "limit": PAGE, "force": args.force, "cursor": cursor });
    for (key, value) in args.conditions.given() {
        if let Some(fields) = body.as_object_mut() {
            fields.insert(key.to_owned(), json!(value));
        }
    }
    let post = client.post("/events/replay", &body);
    tokio::pin!(post);
    loop {
        let heard = async {
            match interrupt.as_mut() {
                Some(heard) => heard.await.is_ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            // Where signals cannot be heard, they end the process.
            heard = heard => {
                *stopped = heard;
                *interrupt = None;
            }
            answer = &mut post => return answer,
        }
    }
}

fn go_on(cursor: Option<&str>, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let cursor = cursor.map_or_else(String::new, |cursor| format!(" with --cursor {}", printable(cursor)));
    writeln!(terminal.err, "not done yet: the same command{cursor} goes on")?;
    Ok(())
}

impl Tally {
    fn add(&mut self, page: &Value, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        let before = self.replayed + self.refused;
        self.replayed += u64::try_from(items(page, "replayed").count()).unwrap_or(u64::MAX);
        for refusal in items(page, "refused") {
            self.refused += 1;
            let why = word(refusal, "message").replace(&word(refusal, "id"), "it");
            *self.why.entry(why).or_default() += 1;
        }
        let after = self.replayed + self.refused;
        if terminal.is_read {
            write!(terminal.err, "\r{}", self.words())?;
            terminal.err.flush()?;
        } else if before / SAID_EVERY < after / SAID_EVERY {
            writeln!(terminal.err, "{}", self.words())?;
        }
        Ok(())
    }

    fn words(&self) -> String {
        format!("{} replayed, {} refused", self.replayed, self.refused)
    }

    /// The end of it.
    fn told(&self, args: &Args, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        if terminal.is_read {
            writeln!(terminal.err)?;
        }
        if args.target.json {
            return Ok(());
        }
        writeln!(terminal.out, "{}", self.words())?;
        for (why, count) in &self.why {
            writeln!(terminal.out, "{count:>8}  {}", printable(why))?;
        }
        Ok(())
    }
}
