//! `/connections/{name}/doctor`: runs the checklist and shows it; with `fix=yes`, after a page that asks, it makes what is
//! missing and can be made.

use axum::Extension;
use axum::extract::{self, Path};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::{layout, parts};
use crate::admin::State;
use crate::admin::connections::unknown;
use crate::admin::doctor;
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::admin::params::Params;
use crate::doctor::fold::{Row, fold};
use crate::doctor::{Line, Status};
use crate::domain::ConnectionName;

const TIME: &str = "It asks HubSpot and the agent, which can take up to half a minute.";

/// The buttons: look, and the way to mend.
pub(super) fn forms(name: &str) -> Markup {
    html! {
        p.quiet { (TIME) }
        div.acts {
            form method="post" action=(format!("/connections/{name}/doctor")) { button { "Run the doctor" } }
            a.button.plain href=(format!("/connections/{name}/doctor")) { "Run and mend…" }
        }
    }
}

/// Asks before anything is changed.
pub(super) async fn ask(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    if !admin.config.connections.contains_key(&ConnectionName::from(name.as_str())) {
        return Err(unknown(&admin.config, &name));
    }
    let main = html! {
        main.narrow {
            h1 { "Run the doctor on " (name) " and mend?" }
            p {
                "Beside looking, it makes what is missing in HubSpot and can be made: the property of tickets that carries "
                "the handoff's tags. Everything else it only names. That you asked is noted in the audit."
            }
            p.quiet { (TIME) }
            div.acts {
                form method="post" action=(format!("/connections/{name}/doctor?fix=yes")) { button { "Run and mend" } }
                form method="post" action=(format!("/connections/{name}/doctor")) { button.plain { "Only look" } }
                a.button.plain href=(format!("/connections/{name}")) { "Back" }
            }
        }
    };
    Ok(layout::page(&who, "/connections", "Run the doctor", &main))
}

pub(super) async fn run(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let yes = |word: &str| (word == "yes").then_some(true);
    let fix = Params::read(&uri, &["fix"])?.parsed("fix", "yes", yes)?.unwrap_or(false);
    let lines = doctor::examine(&admin, &ConnectionName::from(name.as_str()), fix, &who).await?.lines;
    Ok(layout::page(&who, "/connections", "Doctor", &report(&name, &lines)))
}

/// The checklist, what is wrong first by count and then in its own order.
pub(super) fn report(name: &str, lines: &[Line]) -> Markup {
    let (unseen, found): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| line.follows.is_some());
    let count = |status: Status| found.iter().filter(|line| line.status == status).count();
    let rows = fold(lines, |line| line.follows.as_deref());
    html! {
        main.wide {
            h1 { "Doctor: " (name) }
            p {
                (count(Status::Failed)) " failed, " (count(Status::Warning)) " to look at, " (count(Status::Ok)) " ok"
                @if !unseen.is_empty() { ", " (unseen.len()) " not looked at" } "."
            }
            ol.checks {
                @for row in rows {
                    @match row {
                        Row::Line(line) => { (parts::check(line)) },
                        Row::Unseen(words) => li { span.pill { "not seen" } div { p { (parts::prose(&words)) } } },
                    }
                }
            }
            h2 { "Again" }
            (forms(name))
            p.small { a href=(format!("/connections/{name}")) { "Back to " (name) } }
        }
    }
}
