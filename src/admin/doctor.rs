//! `POST /connections/{name}/doctor`: the whole checklist of one connection, now.

use axum::extract::{self, Path, Request};
use axum::{Extension, Json};

use super::connections::unknown;
use super::error::ApiError;
use super::openapi::query;
use super::operator::Operator;
use super::{State, audit, body};
use crate::doctor::{Examination, Patient, problems};
use crate::domain::ConnectionName;

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
    let fix = body::flag(&fields, "fix")?;
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
        audit::note(admin, who, "doctor_fix", name, None).await?;
    }
    let examination = async {
        let patient = Patient {
            cx,
            config: &admin.config,
            ledger: Some(admin.ledger.as_ref()),
            store: Some(admin.store.as_ref()),
            seen: Some(admin.observed.of(name)),
            serves: true,
            now: admin.clock.now(),
        };
        let found = Examination::run(&patient, fix).await;
        problems::show(&admin.problems, name, &found.lines);
        found
    };
    Ok(admin.examinations.one(name, fix, examination).await)
}
