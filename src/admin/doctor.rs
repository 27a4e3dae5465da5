//! `POST /connections/{name}/doctor`: the whole checklist of one connection, now.

use axum::extract::{self, Path, Request};
use axum::{Extension, Json};
use serde_json::Value;

use super::connections::unknown;
use super::error::ApiError;
use super::openapi::query;
use super::operator::Operator;
use super::{State, body};
use crate::doctor::{Examination, Patient};
use crate::domain::ConnectionName;
use crate::store::Audit;

/// Runs the doctor
///
/// The whole checklist of one connection, now; up to half a minute. One at a time: who asks meanwhile shares the next run.
#[utoipa::path(post, path = "/connections/{name}/doctor", tag = "connections", operation_id = "run_doctor",
    params(("name" = String, Path, description = "The connection's name.")), request_body = Option<query::Doctor>,
    responses((status = 200, description = "Every line of it.", body = Examination)))]
pub(super) async fn run(
    extract::State(admin): extract::State<State>,
    Path(name): Path<String>,
    Extension(who): Extension<Operator>,
    request: Request,
) -> Result<Json<Examination>, ApiError> {
    let fields = body::read(request.into_body(), &["fix"]).await?;
    let fix = match fields.get("fix") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(fix)) => *fix,
        Some(Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(ApiError::bad_request("`fix` is neither true nor false", "send {\"fix\": true}, or no body"));
        }
    };
    examine(&admin, &ConnectionName(name), fix, &who).await.map(Json)
}

/// Examines a connection, one at a time; noted first when something is to be mended. Also for the console.
pub(super) async fn examine(
    admin: &State,
    name: &ConnectionName,
    fix: bool,
    who: &Operator,
) -> Result<Examination, ApiError> {
    if !admin.config.connections.contains_key(name) {
        return Err(unknown(&admin.config, name.as_str()));
    }
    let Some(cx) = admin.contexts.get(name) else {
        return Err(ApiError::unavailable("this connection is not at work here", "ask the bridge that runs it"));
    };
    if fix {
        let (action, subject) = ("doctor_fix".to_owned(), name.to_string());
        admin.store.audit(Audit { who: who.0.clone(), action, subject, detail: None }).await?;
    }
    let examination = async {
        let patient = Patient {
            cx,
            config: &admin.config,
            ledger: Some(admin.ledger.as_ref()),
            store: Some(admin.store.as_ref()),
            seen: Some(admin.observed.of(name)),
            now: admin.clock.now(),
        };
        Examination::run(&patient, fix).await
    };
    Ok(admin.examinations.one(name, fix, examination).await)
}
