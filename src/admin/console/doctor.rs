//! `/connections/{name}/doctor`: runs the checklist and shows it; with `fix=yes`, after a page that asks, it makes what is
//! missing and can be made.

use axum::Extension;
use axum::extract::{self, Path};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::layout;
use crate::admin::State;
use crate::admin::connections::unknown;
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::admin::params::Params;
use crate::doctor::{self, Depth, Line, Patient, Status};
use crate::domain::ConnectionName;
use crate::store::Audit;

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
    let lines = examine(&admin, &ConnectionName::from(name.as_str()), fix, &who).await?;
    Ok(layout::page(&who, "/connections", "Doctor", &report(&name, &lines)))
}

/// Noted before it mends anything.
async fn examine(admin: &State, name: &ConnectionName, fix: bool, who: &Operator) -> Result<Vec<Line>, ApiError> {
    if !admin.config.connections.contains_key(name) {
        return Err(unknown(&admin.config, name.as_str()));
    }
    let cx = admin.contexts.get(name).ok_or_else(|| {
        ApiError::unavailable("this connection is not at work in this process", "restart the bridge, and read its log")
    })?;
    if fix {
        let (action, subject) = ("doctor_fix".to_owned(), name.to_string());
        admin.store.audit(Audit { who: who.0.clone(), action, subject, detail: None }).await?;
    }
    let patient = Patient {
        cx,
        config: &admin.config,
        ledger: Some(admin.ledger.as_ref()),
        store: Some(admin.store.as_ref()),
        seen: Some(admin.observed.of(name)),
        now: admin.clock.now(),
    };
    Ok(doctor::examine(&patient, Depth::Full, fix).await)
}

/// The checklist, what is wrong first by count and then in its own order.
pub(super) fn report(name: &str, lines: &[Line]) -> Markup {
    let count = |status: Status| lines.iter().filter(|line| line.status == status).count();
    html! {
        main.wide {
            h1 { "Doctor: " (name) }
            p { (count(Status::Failed)) " failed, " (count(Status::Warning)) " to look at, " (count(Status::Ok)) " ok." }
            ol.checks {
                @for line in lines {
                    li {
                        (verdict(line.status))
                        div {
                            p { strong { (line.check) } }
                            p { (line.seen) }
                            @if let Some(fix) = &line.fix { p.fix { "To do: " (fix) } }
                        }
                    }
                }
            }
            h2 { "Again" }
            (forms(name))
            p { a href=(format!("/connections/{name}")) { "Back to " (name) } }
        }
    }
}

/// A sign and a word; the colour only adds to them.
fn verdict(status: Status) -> Markup {
    let (class, sign, word) = match status {
        Status::Ok => ("pill good", "✓", "ok"),
        Status::Warning => ("pill warn", "!", "warning"),
        Status::Failed => ("pill bad", "✗", "failed"),
    };
    html! { span class=(class) { span aria-hidden="true" { (sign) " " } (word) } }
}
