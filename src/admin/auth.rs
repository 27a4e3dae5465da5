//! Who may use the admin listener.
//!
//! With a token: whoever sends it. Without one (the settings allow that on loopback only): anybody on this machine,
//! but no web page that merely runs in a browser here. Such a page can name us by a host of its own (DNS rebinding)
//! or post to us from another origin; both are seen in the request's headers.

use axum::extract::{self, Request};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::State;
use super::error::ApiError;
use crate::config::Secret;

pub(super) async fn require(extract::State(admin): extract::State<State>, request: Request, next: Next) -> Response {
    let settings = &admin.config.admin;
    let open = settings.metrics_public && request.uri().path() == "/metrics";
    let allowed = match &settings.token {
        _ if open => Ok(()),
        Some(token) => has_token(request.headers(), token),
        None => is_local(request.headers()),
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
    let same = given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(wanted.as_bytes())));
    if same { Ok(()) } else { Err(ApiError::unauthorized()) }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn is_local(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let origin = text(header::ORIGIN).map(|origin| origin.trim_start_matches("http://"));
    if is_loopback(host) && origin.is_none_or(|origin| origin == host) {
        return Ok(());
    }
    let fix = "call it by 127.0.0.1 or localhost, or set `admin.token`";
    Err(ApiError::forbidden("without `admin.token`, only this machine's own calls are answered", fix))
}

/// `127.0.0.1:8081`, `[::1]:8081`, `localhost:8081`; HTTP/1.0 clients on loopback may send none.
fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_start_matches('[').trim_end_matches(']');
    host.is_empty() || name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
