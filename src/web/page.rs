//! The frame of a page, what it loads, and the headers that keep everything from elsewhere out of it.

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use maud::{DOCTYPE, Markup, html};

use crate::domain::Timestamp;

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const JS: &str = include_str!("live.js");
const ICON: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="12" cy="16" r="11" fill="#0b6e5f"/><circle cx="24" cy="16" r="7" fill="#2b4a86"/></svg>"##;

/// A whole page around the `body`.
#[must_use]
pub fn frame(title: &str, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/style.css";
                script src="/assets/live.js" defer {}
            }
            body { (body) }
        }
    };
    // Without a referrer browsers hide a form's origin even from its own site, which then could not tell it.
    let headers = [(CONTENT_SECURITY_POLICY, POLICY), (REFERRER_POLICY, "same-origin")];
    (headers, page).into_response()
}

/// What a page of [`frame`] loads; `css` is `base.css` with what the listener adds.
pub fn assets<S: Clone + Send + Sync + 'static>(css: &'static str) -> Router<S> {
    Router::new()
        .route("/assets/icon.svg", file("image/svg+xml", ICON))
        .route("/assets/style.css", file("text/css; charset=utf-8", css))
        .route("/assets/live.js", file("text/javascript; charset=utf-8", JS))
}

fn file<S: Clone + Send + Sync + 'static>(kind: &'static str, text: &'static str) -> MethodRouter<S> {
    let headers: [(HeaderName, &'static str); 1] = [(CONTENT_TYPE, kind)];
    get(move || async move { (headers, text) })
}

/// The navigation: each entry's path and label. `here` is the entry the page is under.
#[must_use]
pub fn navigation(places: &[(&str, &str)], here: &str) -> Markup {
    html! {
        nav aria-label="Pages" {
            @for (path, label) in places {
                a href=(path) aria-current=[(*path == here).then_some("page")] { (label) }
            }
        }
    }
}

/// A time, UTC, in the form that `strftime` knows as `format`.
#[must_use]
pub fn time(at: Timestamp, format: &str) -> Markup {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    html! { time datetime=(at.to_string()) title=(format!("{at} (UTC)")) { (instant.strftime(format).to_string()) } }
}
