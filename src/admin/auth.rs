//! Who may use the admin listener.
//!
//! With a token: whoever sends it. Without one (the settings allow that on loopback only): anybody on this machine who
//! names it as such. A page of another site in neither case, see [`crate::web`].

use axum::extract::{self, Request};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::State;
use super::error::ApiError;
use crate::config::{Secret, secret};
use crate::web;

pub(super) async fn require(extract::State(admin): extract::State<State>, request: Request, next: Next) -> Response {
    let settings = &admin.config.admin;
    let open = settings.metrics_public && request.uri().path() == "/metrics";
    let allowed = match &settings.token {
        _ if web::is_foreign(request.method(), request.headers(), &settings.public_url) => Err(foreign()),
        _ if open => Ok(()),
        Some(token) => has_token(request.headers(), token),
        None if web::names_loopback(request.headers()) => Ok(()),
        None => Err(not_local()),
    };
    match allowed {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn has_token(headers: &HeaderMap, token: &Secret) -> Result<(), ApiError> {
    let wanted = token.reveal().ok().filter(|wanted| !wanted.is_empty()).ok_or_else(|| {
        tracing::error!("`admin.token_file` cannot be read or is empty; the admin API refuses everybody");
        ApiError::unavailable("the bridge cannot read its own admin token", "mend `admin.token_file`")
    })?;
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    let same = given.is_some_and(|given| secret::is_same(given, &wanted));
    if same { Ok(()) } else { Err(ApiError::unauthorized()) }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn foreign() -> ApiError {
    let fix =
        "open it by its own address; behind a proxy that writes another `Host`, set `admin.public_url` to that address";
    ApiError::forbidden("this was asked by a page of another site", fix)
}

fn not_local() -> ApiError {
    let fix = "call it by 127.0.0.1 or localhost, or set `admin.token`";
    ApiError::forbidden("without `admin.token`, only this machine's own calls are answered", fix)
}
