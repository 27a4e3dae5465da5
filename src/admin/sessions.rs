//! `GET /sessions` and `GET /sessions/{id}`. What changes one is in [`super::actions`] and [`super::custom_data`].

use axum::Json;
use axum::extract::{self, Path};
use axum::http::Uri;

use super::error::ApiError;
use super::openapi::query;
use super::params::Params;
use super::views::Page;
use super::views::session::SessionView;
use super::{Answer, State, views};
use crate::domain::{Session, SessionState};
use crate::store::SessionKey;
use crate::store::types::SessionFilter;

const KEYS: [&str; 7] = ["connection", "thread", "ticket", "contact", "state", "limit", "cursor"];

/// Which sessions there are, newest first
#[utoipa::path(get, path = "/sessions", tag = "sessions", operation_id = "list_sessions", params(query::Sessions),
    responses((status = 200, description = "A page of them.", body = Page<SessionView>)))]
pub(super) async fn list(extract::State(admin): extract::State<State>, uri: Uri) -> Answer<Page<SessionView>> {
    let params = Params::read(&uri, &KEYS)?;
    let (cursor, limit) = params.page()?;
    let states = format!("one of {}", SessionState::ALL.map(SessionState::as_str).join(", "));
    let filter = SessionFilter {
        connection: params.text("connection"),
        thread: params.text("thread"),
        ticket: params.text("ticket"),
        contact: params.text("contact"),
        state: params.parsed("state", &states, SessionState::from_name)?,
    };
    let page = admin.ledger.sessions(filter, cursor, limit).await?;
    Ok(Json(views::page(&page, views::session)))
}

/// One session
#[utoipa::path(get, path = "/sessions/{id}", tag = "sessions", operation_id = "show_session",
    params(("id" = String, Path, description = "`ses_3`.")),
    responses((status = 200, description = "The session.", body = SessionView)))]
pub(super) async fn show(
    extract::State(admin): extract::State<State>,
    Path(id): Path<String>,
    uri: Uri,
) -> Answer<SessionView> {
    Params::read(&uri, &[])?;
    Ok(Json(views::session(&find(&admin, &id).await?)))
}

/// The session with this id, or 404.
pub(super) async fn find(admin: &State, id: &str) -> Result<Session, ApiError> {
    let missing = || {
        ApiError::not_found(format!("there is no session {id:?}"), "ids look like ses_1; `GET /sessions` lists them")
    };
    let key = id.parse().map(SessionKey::Id).map_err(|_| missing())?;
    admin.store.session(&key).await?.ok_or_else(missing)
}
