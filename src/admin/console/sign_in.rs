//! Signing in with the admin token, for browsers. The cookie holds a name and an end, sealed with the token.

use axum::extract::{self, Request};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::layout;
use crate::admin::State;
use crate::admin::auth;
use crate::admin::error::ApiError;
use crate::admin::operator::{Operator, SIGNED_IN};
use crate::config::secret;
use crate::limits::{ADMIN_BODY, BODY_READ};
use crate::store::Audit;

const COOKIE: &str = "bridge_console";

/// What is shown before anybody is known.
pub(in crate::admin) fn is_open(path: &str) -> bool {
    path == "/sign-in" || path.starts_with("/assets/")
}

/// To the form, and from there back.
pub(in crate::admin) fn lead(from: &Uri) -> Redirect {
    let back = from.path_and_query().map_or("/", |path| path.as_str());
    Redirect::to(&format!("/sign-in?next={}", utf8_percent_encode(back, NON_ALPHANUMERIC)))
}

/// The sealed cookie a browser sent.
pub(in crate::admin) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = sent.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

pub(super) async fn page(uri: Uri) -> Response {
    let next = field(uri.query().unwrap_or_default().as_bytes(), "next");
    layout::outside("Sign in", &form(&next, None))
}

pub(super) async fn enter(extract::State(admin): extract::State<State>, request: Request) -> Response {
    let read = tokio::time::timeout(BODY_READ, axum::body::to_bytes(request.into_body(), ADMIN_BODY)).await;
    let Ok(Ok(body)) = read else {
        return ApiError::bad_request("the form did not arrive whole", "send it again").into_response();
    };
    let next = local(&field(&body, "next"));
    let Some(token) = &admin.config.admin.token else { return Redirect::to(&next).into_response() };
    let token = match auth::reveal(token) {
        Ok(token) => token,
        Err(error) => return error.into_response(),
    };
    if !secret::is_same(field(&body, "token").trim(), &token) {
        let wrong = form(&next, Some("That is not the token in force."));
        return (StatusCode::UNAUTHORIZED, layout::outside("Sign in", &wrong)).into_response();
    }
    let who = Operator::named(&field(&body, "name"), "somebody with the token");
    let noted = Audit { who: who.0.clone(), action: "sign_in".to_owned(), subject: String::new(), detail: None };
    if let Err(error) = admin.store.audit(noted).await {
        return ApiError::from(error).into_response();
    }
    let sealed = who.seal(&token, admin.clock.now().after(SIGNED_IN));
    kept(&admin, &sealed, SIGNED_IN.as_secs(), &next)
}

pub(super) async fn leave(extract::State(admin): extract::State<State>) -> Response {
    kept(&admin, "", 0, "/sign-in")
}

fn kept(admin: &State, value: &str, seconds: u64, next: &str) -> Response {
    let secure = if admin.config.admin.public_url.starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response()
}

fn form(next: &str, wrong: Option<&str>) -> Markup {
    html! {
        main.narrow {
            h1 { "Sign in" }
            form.stack method="post" action="/sign-in" {
                input type="hidden" name="next" value=(next);
                label { "Admin token" input type="password" name="token" autocomplete="current-password" required autofocus; }
                label { "Your name, for the audit" input name="name" autocomplete="name" maxlength="60"; }
                @if let Some(wrong) = wrong { p.failed role="alert" { (wrong) } }
                button { "Sign in" }
            }
        }
    }
}

/// A path of ours: nobody is sent elsewhere.
fn local(next: &str) -> String {
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']);
    if ours { next.to_owned() } else { "/".to_owned() }
}

fn field(form: &[u8], key: &str) -> String {
    form_urlencoded::parse(form).find(|(name, _)| name == key).map(|(_, value)| value.into_owned()).unwrap_or_default()
}
