//! `GET /events` and `GET /events/{id}`.

use axum::Json;
use axum::extract::{self, Path};
use axum::http::Uri;

use super::error::ApiError;
use super::openapi::query;
use super::params::Params;
use super::views::Page;
use super::views::event::{EventView, HistoryView};
use super::{Answer, State, views};
use crate::domain::{self, EventId, Object, Outcome, Reason, Timestamp};
use crate::store::types::{EventFilter, EventHistory};

const KEYS: [&str; 10] =
    ["connection", "state", "outcome", "reason", "thread", "ticket", "message", "since", "limit", "cursor"];

/// Which events there are, newest first
#[utoipa::path(get, path = "/events", tag = "events", operation_id = "list_events", params(query::Events),
    responses((status = 200, description = "A page of them.", body = Page<EventView>)))]
pub(super) async fn list(extract::State(admin): extract::State<State>, uri: Uri) -> Answer<Page<EventView>> {
    let params = Params::read(&uri, &KEYS)?;
    let (cursor, limit) = params.page()?;
    let page = admin.ledger.events(filter(&params)?, cursor, limit).await?;
    Ok(Json(views::page(&page, views::event)))
}

/// One event, with everything tried for it
#[utoipa::path(get, path = "/events/{id}", tag = "events", operation_id = "show_event",
    params(("id" = String, Path, description = "`evt_12`.")),
    responses((status = 200, description = "The event, its runs and their steps.", body = HistoryView)))]
pub(super) async fn show(
    extract::State(admin): extract::State<State>,
    Path(id): Path<String>,
    uri: Uri,
) -> Answer<HistoryView> {
    Params::read(&uri, &[])?;
    Ok(Json(views::history(&find(&admin, named(&id)?).await?)))
}

/// The id that a path names.
pub(super) fn named(id: &str) -> Result<EventId, ApiError> {
    id.parse().map_err(|_| missing(id))
}

/// The event with this id, or 404.
pub(super) async fn find(admin: &State, id: EventId) -> Result<EventHistory, ApiError> {
    admin.ledger.event(id).await?.ok_or_else(|| missing(&id.to_string()))
}

fn missing(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no event {id:?}"), "ids look like evt_1; `GET /events` lists them")
}

/// The conditions among parameters.
pub(super) fn filter(params: &Params) -> Result<EventFilter, ApiError> {
    let words = |all: Vec<&str>| format!("one of {}", all.join(", "));
    let states = words(domain::State::ALL.map(domain::State::as_str).to_vec());
    let outcomes = words(Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect());
    let reasons = words(Reason::ALL.iter().map(|reason| reason.as_str()).collect());
    let (thread, ticket) = (params.text("thread").map(Object::Thread), params.text("ticket").map(Object::Ticket));
    if thread.is_some() && ticket.is_some() {
        let fix = "ask for one of them; `GET /why/{id}` looks for anything with an id";
        return Err(ApiError::bad_request("an event is of a thread or of a ticket, not both", fix));
    }
    Ok(EventFilter {
        connection: params.text("connection"),
        state: params.parsed("state", &states, domain::State::from_name)?,
        outcome: params.parsed("outcome", &outcomes, Outcome::from_name)?,
        reason: params.parsed("reason", &reasons, Reason::from_name)?,
        object: thread.or(ticket),
        message: params.text("message"),
        since: params.parsed("since", "a time such as 2026-11-21T09:00:00Z", Timestamp::parse)?,
    })
}
