//! What every page has around it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::domain::Timestamp;
use crate::web::page as web;

/// The sandbox's style.
pub const CSS: &str = concat!(include_str!("../../web/base.css"), include_str!("sandbox.css"));

/// The navigation's entries: path and label.
const PLACES: [(&str, &str); 5] =
    [("/", "Overview"), ("/chat", "Chat"), ("/email", "E-mail"), ("/inbox", "Inbox"), ("/agent", "Agent")];

/// A whole page.
pub fn page(here: &str, title: &str, main: &Markup) -> Response {
    let body = html! {
        header.top {
            a.brand href="/" { span.mark aria-hidden="true" {} "Sandbox" }
            (web::navigation(&PLACES, here))
        }
        (main)
    };
    web::frame(&format!("{title} · HubSpot sandbox"), &body)
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
    web::time(at, "%H:%M:%S")
}
