//! The frame of every page, its style and its script.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::admin::operator::Operator;
use crate::domain::Timestamp;
use crate::web::PAGE_POLICY;

const CSS: &str = concat!(include_str!("../../web/base.css"), include_str!("console.css"));
const JS: &str = include_str!("../../web/live.js");
const ICON: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="12" cy="16" r="11" fill="#0b6e5f"/><circle cx="24" cy="16" r="7" fill="#2b4a86"/></svg>"##;

/// The navigation's entries: path and label.
const PLACES: [(&str, &str); 7] = [
    ("/", "Overview"),
    ("/events", "Events"),
    ("/conversations", "Conversations"),
    ("/dead", "Dead letters"),
    ("/connections", "Connections"),
    ("/audit", "Audit"),
    ("/settings", "Settings"),
];

/// A whole page. `here` is the navigation's entry it is under; `main` is a `<main>` element, in which parts with an `id` and
/// `data-live` are swapped when something changes.
pub(super) fn page(who: &Operator, here: &str, title: &str, main: &Markup) -> Response {
    let bar = html! {
        header.top {
            a.brand href="/" { span.mark aria-hidden="true" {} span { "hubspot-bridge" } }
            nav aria-label="Pages" {
                @for (path, label) in PLACES {
                    a href=(path) aria-current=[(path == here).then_some("page")] { (label) }
                }
            }
            form.search method="post" action="/why" role="search" aria-label="What happened to something" {
                input type="search" name="id" aria-label="Thread, message, ticket, session or event id, or a contact's e-mail" placeholder="Why? An id or e-mail" autocomplete="off" spellcheck="false" required;
                button.plain { "Find" }
            }
            @if who.is_signed_in() {
                form.who method="post" action="/sign-out" { span.quiet { (who.0) } button.plain { "Sign out" } }
            }
        }
    };
    // The script writes into the state of a page that is live; without scripts it stays empty.
    let foot = html! {
        footer.foot {
            p { "Times are UTC." }
            p #live-state .live-state role="status" {}
        }
    };
    frame(title, &bar, &foot, main)
}

/// A page for those who are not let in yet.
pub(super) fn outside(title: &str, main: &Markup) -> Response {
    frame(title, &html! {}, &html! {}, main)
}

fn frame(title: &str, bar: &Markup, foot: &Markup, main: &Markup) -> Response {
    let body = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · hubspot-bridge" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/console.css";
                script src="/assets/console.js" defer {}
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                (bar)
                div #content tabindex="-1" { (main) }
                (foot)
            }
        }
    };
    // Without a referrer browsers hide a form's origin even from its own site, which then could not tell it.
    let headers = [(CONTENT_SECURITY_POLICY, PAGE_POLICY), (REFERRER_POLICY, "same-origin")];
    (headers, body).into_response()
}

/// A time, UTC, to the second.
pub(super) fn time(at: Timestamp) -> Markup {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    html! { time datetime=(at.to_string()) title=(format!("{at} (UTC)")) { (instant.strftime("%b %-d %H:%M:%S").to_string()) } }
}

pub(super) async fn icon() -> Response {
    ([(CONTENT_TYPE, "image/svg+xml")], ICON).into_response()
}

pub(super) async fn css() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], CSS).into_response()
}

pub(super) async fn js() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], JS).into_response()
}
