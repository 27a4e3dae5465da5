//! `GET /metrics`. Counters are kept where things happen; what the store knows is read here, at each scrape.

use axum::extract;
use axum::http::{HeaderName, header};

use super::State;
use crate::domain::Timestamp;
use crate::store::types::Stats;
use crate::store::{self, Hold};
use crate::telemetry::metrics::{Held, Mailboxes};

const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Metrics for Prometheus
///
/// Without a token too, where `admin.metrics_public` says so.
#[utoipa::path(get, path = "/metrics", tag = "bridge", operation_id = "metrics",
    responses((status = 200, description = "OpenMetrics.", body = String, content_type = "application/openmetrics-text")))]
// Counters are told even when the store cannot be read.
pub(super) async fn render(extract::State(admin): extract::State<State>) -> ([(HeaderName, &'static str); 1], String) {
    if let Err(error) = refresh(&admin).await {
        let cause: &dyn std::error::Error = &error;
        tracing::warn!(error = cause, "the store's gauges could not be refreshed");
    }
    ([(header::CONTENT_TYPE, TEXT)], admin.metrics.render())
}

async fn refresh(admin: &State) -> Result<(), store::Error> {
    let (stats, holds) = (admin.ledger.stats().await?, admin.ledger.held().await?);
    set_mailboxes(admin, &stats, admin.clock.now());
    set_holds(admin, &holds);
    Ok(())
}

fn set_mailboxes(admin: &State, stats: &Stats, now: Timestamp) {
    let wait = stats.oldest_due.map(|due| now.since(due).as_secs_f64());
    admin.metrics.oldest_due_seconds.set(wait.unwrap_or_default());
    for (state, count) in [("due", stats.due), ("waiting", stats.waiting), ("leased", stats.leased)] {
        let label = Mailboxes { state: state.to_owned() };
        admin.metrics.mailboxes.get_or_create(&label).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

fn set_holds(admin: &State, holds: &[Hold]) {
    admin.metrics.connection_held.clear();
    for hold in holds.iter().filter(|hold| admin.config.connections.contains_key(&hold.connection)) {
        let label = Held { connection: hold.connection.to_string(), cause: cause_label(&hold.cause).to_owned() };
        admin.metrics.connection_held.get_or_create(&label).set(1);
    }
}

/// A hold's cause is `word: sentence`; the word is the label, so that labels stay few.
fn cause_label(cause: &str) -> &str {
    let word = cause.split_once(':').map_or("", |(word, _)| word);
    let bounded = word.len() <= 32 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if bounded && !word.is_empty() { word } else { "other" }
}

#[cfg(test)]
mod tests {
    use super::cause_label;

    #[test]
    fn a_cause_is_labelled_by_its_word_alone() {
        assert_eq!(cause_label("daily_limit: HubSpot's daily limit is used up"), "daily_limit");
        for cause in ["no word", "", ": x", "Has Capitals: x", "an_exceedingly_long_word_that_is_no_word: x"] {
            assert_eq!(cause_label(cause), "other", "{cause}");
        }
    }
}
