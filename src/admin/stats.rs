//! `GET /stats`: the numbers of the ledger.

use axum::Json;
use axum::extract;
use axum::http::Uri;
use serde_json::{Value, json};

use super::params::Params;
use super::{Answer, State, views};

pub(super) async fn show(extract::State(admin): extract::State<State>, uri: Uri) -> Answer {
    Params::read(&uri, &[])?;
    let stats = admin.ledger.stats().await?;
    let finished = stats.finished.iter().map(|(connection, outcome, reason, count)| {
        json!({
            "connection": connection.as_str(),
            "outcome": outcome.as_str(),
            "reason": reason.map(super::super::domain::reason::Reason::as_str),
            "count": count,
        })
    });
    Ok(Json(json!({
        "mailboxes": { "due": stats.due, "waiting": stats.waiting, "leased": stats.leased },
        "oldest_due_at": stats.oldest_due.map(views::time),
        "open_events": stats.open_events,
        "events": stats.events,
        "finished_24h": finished.collect::<Vec<Value>>(),
        "database_bytes": stats.bytes,
    })))
}
