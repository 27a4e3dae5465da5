//! `GET /context?connection=&email=`: what the CRM knows of a customer, each part with how reading it ended.

use axum::Json;
use axum::extract;
use axum::http::Uri;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::error::ApiError;
use super::openapi::query;
use super::params::Params;
use super::{Answer, State};
use crate::agents::crm::Crm;
use crate::domain::{ConnectionName, CustomerContext};

/// What the CRM knows of a customer: the shape that agents are told it in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Context)]
pub(super) struct ContextView {
    /// The connection's name.
    #[schema(examples("acme"))]
    connection: String,
    /// The address asked about, in lower case.
    email: String,
    #[serde(flatten, serialize_with = "crm")]
    #[schema(value_type = Crm<'static>)]
    crm: CustomerContext,
}

fn crm<S: Serializer>(found: &CustomerContext, serializer: S) -> Result<S::Ok, S::Error> {
    Crm::of(found).serialize(serializer)
}

/// What the CRM knows of a customer
///
/// Each part says how reading it ended: one that fails hides no other.
#[utoipa::path(get, path = "/context", tag = "connections", operation_id = "show_context", params(query::Context),
    responses((status = 200, description = "Contact, company, deals and tickets.", body = ContextView)))]
pub(super) async fn show(extract::State(admin): extract::State<State>, uri: Uri) -> Answer<ContextView> {
    let params = Params::read(&uri, &["connection", "email"])?;
    let name: ConnectionName = required(&params, "connection", "the name of a connection")?;
    let email: String = required(&params, "email", "the customer's e-mail address")?;
    // The address itself is never quoted: answers to mistakes end up in logs.
    if !email.contains('@') {
        return Err(ApiError::bad_request("parameter \"email\" is no e-mail address", "give the whole address"));
    }
    let missing =
        || ApiError::not_found(format!("there is no connection {:?}", name.as_str()), "`GET /connections` lists them");
    let panel = &admin.contexts.get(&name).ok_or_else(missing)?.panel;
    let found = panel.context(&email).await;
    Ok(Json(ContextView { connection: name.to_string(), email: email.trim().to_lowercase(), crm: found }))
}

fn required<T: From<String>>(params: &Params, key: &str, what: &str) -> Result<T, ApiError> {
    let missing = || ApiError::bad_request(format!("parameter {key:?} is missing"), format!("`{key}` is {what}"));
    params.text(key).ok_or_else(missing)
}
