//! What every page has around it.

use axum::response::Response;
use maud::{Markup, html};

use crate::admin::operator::Operator;
use crate::domain::Timestamp;
use crate::web::page;

/// The console's style.
pub(super) const CSS: &str = concat!(include_str!("../../web/base.css"), include_str!("console.css"));

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
            (page::navigation(&PLACES, here))
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
        a.skip href="#content" { "Skip to the content" }
        (bar)
        div #content tabindex="-1" { (main) }
        (foot)
    };
    page::frame(&format!("{title} · hubspot-bridge"), &body)
}

/// A time, UTC, to the second.
pub(super) fn time(at: Timestamp) -> Markup {
    page::time(at, "%b %-d %H:%M:%S")
}
