//! `POST /events/{id}/replay` and `/skip`, and `POST /events/replay` by filter.

use axum::extract::{self, Path, Request};
use axum::http::StatusCode;
use axum::{Extension, Json};
use futures_util::future::join_all;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::error::{ApiError, ErrorView};
use super::openapi::query;
use super::operator::Operator;
use super::params::Params;
use super::views::event::HistoryView;
use super::{State, audit, body, events, views};
use crate::domain::{Event, EventId, Outcome, Reason};
use crate::limits::{REPLAY_AT_ONCE, REPLAY_TIME};
use crate::store::Operation;
use crate::store::types::{EventFilter, EventHistory, Page};
use crate::telemetry::metrics;

/// The conditions of a replay by filter, as `GET /events` has them.
const CONDITIONS: [&str; 8] = ["connection", "state", "outcome", "reason", "thread", "ticket", "message", "since"];

/// How much of a condition's value the audit keeps.
const NOTED_CHARS: usize = 64;

/// What a replay by filter did.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub(super) struct BulkReplay {
    /// The events that wait again.
    pub(super) replayed: Vec<String>,
    /// Those that do not, and why.
    pub(super) refused: Vec<Refusal>,
    /// Where to go on (`cursor`); none: there is nothing further.
    pub(super) next: Option<String>,
}

/// An event that was not replayed.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Refusal {
    /// Which.
    pub(super) id: String,
    /// The same as of a refused replay of this event alone.
    pub(super) code: String,
    /// Why, and what to do.
    pub(super) message: String,
}

/// Which events to replay.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    /// At least one condition.
    pub(super) filter: EventFilter,
    /// The `next` of the call before.
    pub(super) cursor: Option<i64>,
    /// Looks at so many events at most.
    pub(super) limit: u32,
    /// What was answered gets a draft.
    pub(super) force: bool,
    /// The conditions in words, for the audit.
    pub(super) words: String,
}

/// Puts an ended event back into its mailbox
///
/// It keeps its id and its history. What was answered is refused; with `force` the reps get an answer as a draft comment.
#[utoipa::path(post, path = "/events/{id}/replay", tag = "events", operation_id = "replay_event",
    params(("id" = String, Path, description = "`evt_12`.")), request_body = Option<query::Replay>,
    responses(
        (status = 202, description = "The event, which waits again.", body = HistoryView),
        (status = 409, description = "Its turn was answered, it has not ended, or nothing could come of it.", body = ErrorView),
    ))]
pub(super) async fn one(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(id): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<HistoryView>), ApiError> {
    let force = body::flag(&body::read(request.into_body(), &["force"]).await?, "force")?;
    let history = replay(&admin, &who, events::named(&id)?, force).await?;
    Ok((StatusCode::ACCEPTED, Json(views::history(&history))))
}

/// Ends a waiting event
///
/// As `skipped_by_operator`.
#[utoipa::path(post, path = "/events/{id}/skip", tag = "events", operation_id = "skip_event",
    params(("id" = String, Path, description = "`evt_12`.")),
    responses(
        (status = 200, description = "The event, which has ended.", body = HistoryView),
        (status = 409, description = "It does not wait.", body = ErrorView),
    ))]
pub(super) async fn skip_one(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<HistoryView>, ApiError> {
    body::read(request.into_body(), &[]).await?;
    let history = skip(&admin, &who, events::named(&id)?).await?;
    Ok(Json(views::history(&history)))
}

/// Puts ended events back, by filter
///
/// Newest first, at most `limit` of them in a call and for a few seconds: go on with `next` as `cursor`. At least one
/// condition is needed.
#[utoipa::path(post, path = "/events/replay", tag = "events", operation_id = "replay_events",
    request_body = query::ReplayMany,
    responses((status = 202, description = "What waits again, and what does not.", body = BulkReplay)))]
pub(super) async fn many(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    request: Request,
) -> Result<(StatusCode, Json<BulkReplay>), ApiError> {
    let known: Vec<&str> = CONDITIONS.into_iter().chain(["limit", "cursor", "force"]).collect();
    let mut fields = body::read(request.into_body(), &known).await?;
    let force = body::flag(&fields, "force")?;
    fields.remove("force");
    let params = Params::of(&fields)?;
    let (cursor, limit) = params.page()?;
    let wish = Wish { filter: events::filter(&params)?, cursor, limit, force, words: words(&fields) };
    Ok((StatusCode::ACCEPTED, Json(replay_many(&admin, &who, wish).await?)))
}

/// Puts an ended event back into its mailbox; the event as it is then. 404 for none, 409 `already_answered` when only a
/// draft (`force`) may follow, 409 `conflict` when it has not ended or nothing could come of it.
pub(super) async fn replay(admin: &State, who: &Operator, id: EventId, force: bool) -> Result<EventHistory, ApiError> {
    let event = events::find(admin, id).await?.event;
    audit::note(admin, who, "replay", id, force.then(|| "force".to_owned())).await?;
    audit::told(admin, who, "replay", id, put_back(admin, &event, force).await).await?;
    events::find(admin, id).await
}

/// Ends a waiting event as `skipped_by_operator`; the event as it is then. 404 for none, 409 when it does not wait.
pub(super) async fn skip(admin: &State, who: &Operator, id: EventId) -> Result<EventHistory, ApiError> {
    let event = events::find(admin, id).await?.event;
    audit::note(admin, who, "skip", id, None).await?;
    let came = admin.store.operate(Operation::Skip { event: id }).await.map_err(ApiError::from);
    audit::told(admin, who, "skip", id, came).await?;
    let labels = metrics::Finished {
        connection: event.connection.0,
        outcome: Outcome::Skipped.as_str().to_owned(),
        reason: Reason::SkippedByOperator.as_str().to_owned(),
    };
    admin.metrics.events_finished.get_or_create(&labels).inc();
    events::find(admin, id).await
}

/// Replays ended events, newest first. Passes over those that have not ended. Comes back within [`REPLAY_TIME`] or a
/// little more: then `next` says where to go on.
pub(super) async fn replay_many(admin: &State, who: &Operator, wish: Wish) -> Result<BulkReplay, ApiError> {
    if wish.filter == EventFilter::default() {
        let fix = format!("name at least one condition: {}", CONDITIONS.join(", "));
        return Err(ApiError::bad_request("this would replay every event there is", fix));
    }
    if let Some(state) = wish.filter.state.filter(|state| !state.is_final()) {
        let message = format!("events that are {} have not ended, so they cannot be replayed", state.as_str());
        return Err(ApiError::bad_request(message, "`state` must be done, skipped or dead"));
    }
    let started = Instant::now();
    let page = admin.ledger.events(wish.filter.clone(), wish.cursor, wish.limit).await?;
    let subject = wish.filter.connection.as_ref().map(|name| name.0.clone()).unwrap_or_default();
    audit::note(admin, who, "replay", subject.clone(), Some(noted(&wish))).await?;
    let done = put_back_all(admin, page, &wish, started).await?;
    if !done.refused.is_empty() {
        let (refused, replayed) = (done.refused.len(), done.replayed.len());
        let why = format!("by filter: {refused} refused, {replayed} replayed");
        audit::note_refusal(admin, who, "replay", subject, why).await;
    }
    Ok(done)
}

/// Those of a page that have ended, as far as the time goes.
async fn put_back_all(admin: &State, page: Page<Event>, wish: &Wish, started: Instant) -> Result<BulkReplay, ApiError> {
    let mut done = BulkReplay { next: page.next.map(|next| next.to_string()), ..BulkReplay::default() };
    let mut last = None;
    for some in page.items.chunks(REPLAY_AT_ONCE) {
        if let Some(last) = last.clone().filter(|_| started.elapsed() > REPLAY_TIME) {
            done.next = Some(last);
            break;
        }
        let ended = some.iter().filter(|event| event.state.is_final());
        let results: Vec<(EventId, Result<(), ApiError>)> =
            join_all(ended.map(async |event| (event.id, put_back(admin, event, wish.force).await))).await;
        let failed = done.take(results);
        if let Some(error) = failed {
            // Nothing of these is passed over: what was replayed of them waits already, and is left alone next time.
            let again = last.or(wish.cursor.map(|cursor| cursor.to_string()));
            done.next = again.or(some.first().map(|event| event.id.0.saturating_add(1).to_string()));
            return if done.replayed.is_empty() && done.refused.is_empty() { Err(error) } else { Ok(done) };
        }
        last = some.last().map(|event| event.id.0.to_string());
    }
    Ok(done)
}

impl BulkReplay {
    /// Adds what became of some; the store's own failure, if it failed over one of them: then no refusal among them counts
    /// yet, as they are asked for again.
    fn take(&mut self, results: Vec<(EventId, Result<(), ApiError>)>) -> Option<ApiError> {
        let mut refused = Vec::new();
        let mut failed = None;
        for (id, result) in results {
            match result {
                Ok(()) => self.replayed.push(id.to_string()),
                Err(error) if error.is_unavailable() => failed = Some(error),
                Err(error) => {
                    refused.push(Refusal { id: id.to_string(), code: error.code().to_owned(), message: error.words() });
                }
            }
        }
        if failed.is_none() {
            self.refused.append(&mut refused);
        }
        failed
    }
}

async fn put_back(admin: &State, event: &Event, force: bool) -> Result<(), ApiError> {
    if !admin.config.connections.contains_key(&event.connection) {
        let message =
            format!("{} is of the connection {:?}, which is not in the settings", event.id, event.connection.0);
        return Err(ApiError::conflict(message, "put the connection back into the settings first"));
    }
    Ok(admin.store.operate(Operation::Replay { event: event.id, force }).await?)
}

fn words(fields: &Map<String, Value>) -> String {
    let said = fields.iter().filter(|(key, _)| CONDITIONS.contains(&key.as_str()));
    let said = said.filter_map(|(key, value)| {
        let value = value.as_str().filter(|value| !value.is_empty())?;
        Some(format!("{key}={}", value.chars().take(NOTED_CHARS).collect::<String>()))
    });
    said.collect::<Vec<_>>().join(" ")
}

fn noted(wish: &Wish) -> String {
    let cursor = wish.cursor.map(|cursor| format!(" from {cursor}")).unwrap_or_default();
    format!("by filter: {}{cursor}{}", wish.words, if wish.force { ", force" } else { "" })
}
