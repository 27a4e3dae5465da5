//! `GET /audit`: what people asked the bridge to do. Everything that changes something is noted through here, before
//! it is done; a refusal is noted after it.

use axum::Json;
use axum::extract;
use axum::http::Uri;
use serde::Serialize;

use super::error::ApiError;
use super::openapi::query;
use super::operator::Operator;
use super::params::Params;
use super::{State, views};
use crate::store::Audit;
use crate::store::types::AuditRecord;

/// One line of the audit.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AuditItem {
    /// Rises.
    id: String,
    /// When it was asked, RFC 3339 UTC.
    at: String,
    /// The name the person or program gave; nobody checks it.
    who: String,
    /// `replay`, `skip`, `pause`, `resume`, `handoff`, `custom_data`, `doctor_fix`, `sign_in`; with `_refused` behind it,
    /// what was not done.
    action: String,
    /// The id it was about; empty: nothing in particular.
    subject: String,
    /// What adds to it.
    detail: Option<String>,
}

/// A page of the audit, newest first.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AuditPage {
    items: Vec<AuditItem>,
    /// Give it as `cursor` for the next page; none at the end.
    next: Option<String>,
}

/// What people asked for
///
/// Newest first. Each is noted before it is done; a replay, a skip or a change of custom data that was
/// refused has a second line, such as `replay_refused`.
#[utoipa::path(get, path = "/audit", tag = "events", operation_id = "list_audit", params(query::Audit),
    responses((status = 200, description = "A page of it.", body = AuditPage)))]
pub(super) async fn list(extract::State(admin): extract::State<State>, uri: Uri) -> Result<Json<AuditPage>, ApiError> {
    let params = Params::read(&uri, &["subject", "limit", "cursor"])?;
    let (cursor, limit) = params.page()?;
    let page = admin.ledger.audits(params.text("subject"), cursor, limit).await?;
    let items = page.items.into_iter().map(item).collect();
    Ok(Json(AuditPage { items, next: page.next.map(|next| next.to_string()) }))
}

/// Notes a wish. An `Err` means that it must not be done.
pub(super) async fn note(
    admin: &State,
    who: &Operator,
    action: &str,
    subject: impl ToString,
    detail: Option<String>,
) -> Result<(), ApiError> {
    let (who, action, subject) = (who.0.clone(), action.to_owned(), subject.to_string());
    Ok(admin.store.audit(Audit { who, action, subject, detail }).await?)
}

/// What came of a wish; a refusal is noted. What failed otherwise may have been done, and is not said to be refused.
pub(super) async fn told<T>(
    admin: &State,
    who: &Operator,
    action: &str,
    subject: impl ToString,
    came: Result<T, ApiError>,
) -> Result<T, ApiError> {
    if let Some(error) = came.as_ref().err().filter(|error| !error.is_unavailable()) {
        let (why, _) = error.message_and_fix();
        note_refusal(admin, who, action, subject, why.to_owned()).await;
    }
    came
}

/// Notes that a wish, or a part of it, was refused.
pub(super) async fn note_refusal(admin: &State, who: &Operator, action: &str, subject: impl ToString, why: String) {
    // Nothing was done: without this line the audit tells the wish alone, which is true as well.
    if note(admin, who, &format!("{action}_refused"), subject, Some(why)).await.is_err() {
        tracing::warn!(action, "a refusal could not be noted in the audit");
    }
}

fn item(record: AuditRecord) -> AuditItem {
    let Audit { who, action, subject, detail } = record.audit;
    AuditItem { id: record.id.to_string(), at: views::time(record.at), who, action, subject, detail }
}
