//! Who may use the admin listener.
//!
//! With a token: whoever sends it, and on the console's pages whoever signed in with it. Without one (the settings allow
//! that on loopback only): anybody on this machine who names it as such. A page of another site in neither case, see
//! [`crate::web`].
//!
//! Refusals are JSON for programs and pages for people.

use axum::extract::{self, Request};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::State;
use super::console::{refusal, sign_in};
use super::error::ApiError;
use super::operator::{self, Operator};
use crate::config::{Secret, secret};
use crate::domain::Timestamp;
use crate::web;

pub(super) async fn require(
    extract::State(admin): extract::State<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let wants_page = wants_page(&request);
    let who = admitted(&admin, &request);
    let response = match &who {
        Ok(who) => {
            if let Some(who) = who {
                request.extensions_mut().insert(who.clone());
            }
            next.run(request).await
        }
        Err(error) if error.is_unauthorized() && wants_page && is_read(request.method()) => {
            return sign_in::lead(request.uri()).into_response();
        }
        Err(error) => error.clone().into_response(),
    };
    let who = who.ok().flatten();
    if wants_page { refusal::for_people(who.as_ref(), response) } else { response }
}

/// Who asks; none where that does not matter.
fn admitted(admin: &State, request: &Request) -> Result<Option<Operator>, ApiError> {
    let settings = &admin.config.admin;
    if web::is_foreign(request.method(), request.headers(), &settings.public_url) {
        return Err(foreign());
    }
    let path = request.uri().path();
    let open = (settings.metrics_public && path == "/metrics") || (settings.token.is_some() && sign_in::is_open(path));
    match &settings.token {
        _ if open => Ok(None),
        Some(token) => known(request, token, admin.clock.now()).map(Some),
        None if web::names_loopback(request.headers()) => {
            Ok(Some(named(request.headers(), "somebody on this machine")))
        }
        None => Err(not_local()),
    }
}

/// Whoever sends the token, or signed in with it.
fn known(request: &Request, token: &Secret, now: Timestamp) -> Result<Operator, ApiError> {
    let token = reveal(token)?;
    let headers = request.headers();
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    if given.is_some_and(|given| secret::is_same(given, &token)) {
        return Ok(named(headers, "the API"));
    }
    // Programs send the token: a browser's cookie opens pages, nothing else.
    let mut sealed = is_page(request.uri()).then(|| sign_in::cookies(headers)).into_iter().flatten();
    sealed.find_map(|sealed| Operator::unseal(sealed, &token, now)).ok_or_else(ApiError::unauthorized)
}

/// The token, or why nobody is let in.
pub(super) fn reveal(token: &Secret) -> Result<String, ApiError> {
    token.reveal().ok().filter(|token| !token.is_empty()).ok_or_else(|| {
        tracing::error!("`admin.token_file` cannot be read or is empty; the admin API refuses everybody");
        ApiError::unavailable("the bridge cannot read its own admin token", "mend `admin.token_file`")
    })
}

fn named(headers: &HeaderMap, otherwise: &str) -> Operator {
    let name = headers.get(operator::HEADER).and_then(|name| name.to_str().ok());
    Operator::named(name.unwrap_or_default(), otherwise)
}

fn is_page(uri: &Uri) -> bool {
    !uri.path().starts_with("/api/") && uri.path() != "/metrics"
}

/// A browser that is on its way to a page, and would rather sign in, or read why not, than read JSON.
fn wants_page(request: &Request) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
    is_page(request.uri()) && accepts.is_some_and(|accepts| accepts.contains("text/html"))
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
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
