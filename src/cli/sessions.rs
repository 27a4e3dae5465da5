//! `sessions list` and `sessions show`.

use super::client::{Client, Target, query};
use super::terminal::Failure;
use super::{Exit, Place, Terminal, events, table};
use crate::web;

/// What to see of the sessions.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Command {
    /// Sessions, last changed first
    List(Box<List>),
    /// One session
    Show {
        /// `ses_1`
        id: String,
        #[command(flatten)]
        target: Target,
    },
}

/// Which sessions.
#[derive(Clone, Debug, clap::Args)]
pub struct List {
    /// Of one connection
    #[arg(long)]
    connection: Option<String>,
    /// Of one HubSpot thread
    #[arg(long)]
    thread: Option<String>,
    /// Of one HubSpot ticket
    #[arg(long)]
    ticket: Option<String>,
    /// Of one HubSpot contact
    #[arg(long)]
    contact: Option<String>,
    /// `ai`, `handed_off`, `paused` or `closed`
    #[arg(long)]
    state: Option<String>,
    /// How many, at most 200
    #[arg(long)]
    limit: Option<String>,
    /// The next page, as the last one said
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    target: Target,
}

const COLUMNS: [(&str, &str); 8] = [
    ("UPDATED", "updated_at"),
    ("ID", "id"),
    ("CONNECTION", "connection"),
    ("STATE", "state"),
    ("MODE", "mode"),
    ("THREAD", "thread_id"),
    ("TICKET", "ticket_id"),
    ("CONTACT", "contact_id"),
];

const FIELDS: [&str; 15] = [
    "id",
    "connection",
    "state",
    "mode",
    "thread_id",
    "ticket_id",
    "contact_id",
    "agent_session_id",
    "answered_through",
    "ai_since",
    "handed_off_at",
    "created_at",
    "updated_at",
    "custom_data",
    "custom_data_pending",
];

pub(super) async fn run(command: Command, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => list(&args, place, terminal).await,
        Command::Show { id, target } => show(&id, &target, place, terminal).await,
    }
}

async fn list(args: &List, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let query = query(&[
        ("connection", args.connection.as_deref()),
        ("thread", args.thread.as_deref()),
        ("ticket", args.ticket.as_deref()),
        ("contact", args.contact.as_deref()),
        ("state", args.state.as_deref()),
        ("limit", args.limit.as_deref()),
        ("cursor", args.cursor.as_deref()),
    ]);
    let answer = Client::admin(&args.target, place)?.ask(&format!("/sessions{query}")).await?;
    events::page(&answer, args.target.json, &COLUMNS, terminal)
}

async fn show(id: &str, target: &Target, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let answer = Client::admin(target, place)?.ask(&format!("/sessions/{}", web::escape(id))).await?;
    if target.json {
        writeln!(terminal.out, "{}", answer.text)?;
    } else {
        table::write_fields(terminal.out, &FIELDS, &answer.json)?;
    }
    Ok(Exit::Fine)
}
