//! The frame of every page, its style and its script.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::domain::Timestamp;
use crate::web::PAGE_POLICY;

const CSS: &str = concat!(include_str!("../../web/base.css"), include_str!("sandbox.css"));
const JS: &str = include_str!("../../web/live.js");
const ICON: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="12" cy="16" r="11" fill="#0b6e5f"/><circle cx="24" cy="16" r="7" fill="#2b4a86"/></svg>"##;

/// The navigation's entries: path and label.
const PLACES: [(&str, &str); 6] = [
    ("/", "Overview"),
    ("/chat", "Chat"),
    ("/email", "E-mail"),
    ("/inbox", "Inbox"),
    ("/events", "Events"),
    ("/agent", "Agent"),
];

/// A whole page.
pub fn page(here: &str, title: &str, main: &Markup) -> Response {
    let body = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · HubSpot sandbox" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/sandbox.css";
                script src="/assets/sandbox.js" defer {}
            }
            body {
                header.top {
                    a.brand href="/" { span.mark aria-hidden="true" {} "Sandbox" }
                    nav aria-label="Pages" {
                        @for (path, label) in PLACES {
                            a href=(path) aria-current=[(path == here).then_some("page")] { (label) }
                        }
                    }
                }
                (main)
            }
        }
    };
    // Without a referrer browsers hide a form's origin even from its own site, which then could not tell it.
    let headers = [(CONTENT_SECURITY_POLICY, PAGE_POLICY), (REFERRER_POLICY, "same-origin")];
    (headers, body).into_response()
}

/// A page that says what went wrong.
pub fn refusal(status: StatusCode, title: &str, message: &str) -> Response {
    let main = html! { main.narrow { h1 { (title) } p { (message) } p { a href="/" { "Back to the overview" } } } };
    (status, page("", title, &main)).into_response()
}

/// There is no such thread.
pub fn no_thread() -> Response {
    let message = "The sandbox forgets its threads when it is restarted. Begin a new one.";
    refusal(StatusCode::NOT_FOUND, "No such conversation", message)
}

/// A time of day, UTC.
pub fn time(at: Timestamp) -> Markup {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    html! { time datetime=(at.to_string()) title=(format!("{at} (UTC)")) { (instant.strftime("%H:%M:%S").to_string()) } }
}

/// The icon.
pub async fn icon() -> Response {
    ([(CONTENT_TYPE, "image/svg+xml")], ICON).into_response()
}

/// The style.
pub async fn css() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], CSS).into_response()
}

/// The script.
pub async fn js() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], JS).into_response()
}
