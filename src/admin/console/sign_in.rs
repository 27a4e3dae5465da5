//! Signing in with the admin token, for browsers. The cookie holds a name and an end, sealed with the token.

use axum::Extension;
use axum::extract::{self, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::form::Form;
use super::{Shared, layout};
use crate::admin::operator::{Operator, SIGNED_IN};
use crate::admin::{State, audit, auth};
use crate::config::secret;
use crate::domain::Timestamp;
use crate::web;

const COOKIE: &str = "bridge_console";

/// What is shown before anybody is known. Whoever is no longer known may leave, too.
pub(in crate::admin) fn is_open(path: &str) -> bool {
    path == "/sign-in" || path == "/sign-out" || path.starts_with("/assets/")
}

/// To the form, and from there back.
pub(in crate::admin) fn lead(from: &Uri) -> Redirect {
    // A customer's address has no place in an address line.
    let holds_address = from.query().is_some_and(|query| query.contains('@') || query.contains("%40"));
    let back = if holds_address { from.path() } else { from.path_and_query().map_or("/", |path| path.as_str()) };
    Redirect::to(&format!("/sign-in?next={}", web::escape(back)))
}

/// The sealed cookies a browser sent: more than one when a neighbouring host set one of that name, too.
pub(in crate::admin) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = sent.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

pub(super) async fn page(extract::State(admin): extract::State<State>, uri: Uri) -> Response {
    let next = local(Form::of(&uri).get("next"));
    if admin.config.admin.token.is_none() {
        return Redirect::to(&next).into_response();
    }
    layout::outside("Sign in", &form(&next, "", None))
}

pub(super) async fn enter(
    extract::State(admin): extract::State<State>,
    Extension(shared): Extension<Shared>,
    request: Request,
) -> Response {
    let form = match Form::read(request).await {
        Ok(form) => form,
        Err(error) => return error.into_response(),
    };
    let (next, name) = (local(form.get("next")), form.get("name"));
    let Some(token) = &admin.config.admin.token else { return Redirect::to(&next).into_response() };
    let token = match auth::reveal(token) {
        Ok(token) => token,
        Err(error) => return error.into_response(),
    };
    let now = admin.clock.now();
    if !secret::is_same(form.get("token").trim(), &token) {
        return wrong(&shared, now, &next, name);
    }
    let who = Operator::named(name, "somebody with the token");
    if let Err(error) = audit::note(&admin, &who, "sign_in", "", None).await {
        return error.into_response();
    }
    let sealed = who.seal(&token, now.after(SIGNED_IN));
    kept(&admin, &sealed, SIGNED_IN.as_secs(), &next)
}

fn wrong(shared: &Shared, now: Timestamp, next: &str, name: &str) -> Response {
    match shared.tries.wrong(now) {
        Ok(()) => {
            tracing::warn!("somebody typed a wrong admin token into the console's sign-in");
            refused(StatusCode::UNAUTHORIZED, next, name, "That is not the token in force.")
        }
        Err(wait) => {
            let seconds = wait.as_secs().max(1);
            let words = format!("Too many wrong tokens were typed here. Try again in {seconds} seconds.");
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, next, name, &words);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
    }
}

pub(super) async fn leave(extract::State(admin): extract::State<State>) -> Response {
    kept(&admin, "", 0, "/sign-in")
}

/// `Lax`, not `Strict`: the links in HubSpot's comments lead here, and a browser that follows one must bring the cookie.
/// Whatever changes something is a POST, which another site's page cannot send: the cookie stays away, and
/// [`crate::web::is_foreign`] refuses it.
fn kept(admin: &State, value: &str, seconds: u64, next: &str) -> Response {
    let secure = if admin.config.admin.public_url.starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response()
}

fn refused(status: StatusCode, next: &str, name: &str, words: &str) -> Response {
    (status, layout::outside("Sign in", &form(next, name, Some(words)))).into_response()
}

/// `wrong` is about the token; the name that was typed stays.
fn form(next: &str, name: &str, wrong: Option<&str>) -> Markup {
    let (invalid, described) = (wrong.map(|_| "true"), wrong.map(|_| "token-problem token-help"));
    html! {
        main.sign-in {
            p.brand { span.mark aria-hidden="true" {} "hubspot-bridge" }
            h1 { "Sign in" }
            form.stack method="post" action="/sign-in" {
                input type="hidden" name="next" value=(next);
                label {
                    "Admin token"
                    input type="password" name="token" autocomplete="current-password" required autofocus
                        aria-invalid=[invalid] aria-describedby=(described.unwrap_or("token-help"));
                }
                @if let Some(wrong) = wrong { p #token-problem .failed role="alert" { (wrong) } }
                p #token-help .hint { "It is in the bridge's settings, as " code { "admin.token" } " or in the file that " code { "admin.token_file" } " names." }
                label { "Your name, for the audit" input name="name" value=(name) autocomplete="name" maxlength="60"; }
                button { "Sign in" }
            }
        }
    }
}

/// A path of ours: nobody is sent elsewhere. Browsers drop tabs and line breaks from an address and read `\` as `/`, so that
/// `/<tab>/evil.example` would be another host.
fn local(next: &str) -> String {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|c: char| c == '\\' || c.is_control() || c.is_whitespace());
    if ours && HeaderValue::from_str(next).is_ok() { next.to_owned() } else { "/".to_owned() }
}
