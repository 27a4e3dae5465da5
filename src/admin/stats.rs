//! `GET /stats`: the numbers of the ledger.

use axum::Json;
use axum::extract;
use axum::http::Uri;
use serde::Serialize;
use utoipa::ToSchema;

use super::params::Params;
use super::views::words;
use super::{Answer, State, views};
use crate::domain::Reason;

/// The numbers of the ledger now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stats)]
pub(super) struct StatsView {
    mailboxes: Mailboxes,
    /// Since when the oldest mailbox that is due waits; null when none is.
    #[schema(format = DateTime)]
    oldest_due_at: Option<String>,
    /// Events not yet ended.
    open_events: u64,
    /// Rows of the ledger.
    events: u64,
    /// Events that ended in the last 24 hours, counted.
    finished_24h: Vec<Finished>,
    /// The database's size, in bytes.
    database_bytes: u64,
}

/// Queues with something in them: one of each conversation or ticket that is not settled.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Mailboxes {
    /// To be worked on now.
    due: u64,
    /// For a later time.
    waiting: u64,
    /// Being worked on.
    leased: u64,
}

/// How many events of a connection ended the same way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Finished {
    /// The connection's name.
    connection: String,
    #[schema(value_type = words::Outcome)]
    outcome: &'static str,
    /// Null where the outcome says it all.
    #[schema(value_type = Option<words::Reason>)]
    reason: Option<&'static str>,
    /// Events.
    count: u64,
}

/// The numbers of the ledger
#[utoipa::path(get, path = "/stats", tag = "bridge", operation_id = "show_stats",
    responses((status = 200, description = "Counted now.", body = StatsView)))]
pub(super) async fn show(extract::State(admin): extract::State<State>, uri: Uri) -> Answer<StatsView> {
    Params::read(&uri, &[])?;
    let stats = admin.ledger.stats().await?;
    let finished = stats.finished.iter().map(|(connection, outcome, reason, count)| Finished {
        connection: connection.to_string(),
        outcome: outcome.as_str(),
        reason: reason.map(Reason::as_str),
        count: *count,
    });
    Ok(Json(StatsView {
        mailboxes: Mailboxes { due: stats.due, waiting: stats.waiting, leased: stats.leased },
        oldest_due_at: stats.oldest_due.map(views::time),
        open_events: stats.open_events,
        events: stats.events,
        finished_24h: finished.collect(),
        database_bytes: stats.bytes,
    }))
}
