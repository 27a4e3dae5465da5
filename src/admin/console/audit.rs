//! `/audit`: who asked for what, and when. Sign-ins are in it; names are those people gave.

use axum::http::Uri;
use axum::response::Response;
use axum::{Extension, extract};
use maud::{Markup, html};

use super::{layout, parts};
use crate::admin::State;
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::admin::params::Params;
use crate::config::Config;
use crate::domain::ConnectionName;
use crate::store::types::{AuditRecord, Page};
use crate::web;

pub(super) async fn page(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let params = Params::read(&uri, &["subject", "cursor", "limit"])?;
    let subject: Option<String> = params.text("subject").map(|subject: String| subject.trim().to_owned());
    let (cursor, limit) = params.page()?;
    let found = admin.ledger.audits(subject.clone(), cursor, limit).await?;
    let main = html! {
        main.wide {
            h1 { "Audit" }
            p.quiet { "What people and programs asked the bridge to do, newest first. The names are those they gave." }
            form.filter action="/audit" {
                label { "About (an event, a session or a connection)" input type="search" name="subject" value=[subject.as_deref()] placeholder="evt_1"; }
                button { "Show" }
                @if subject.is_some() { a.button.plain href="/audit" { "All" } }
            }
            div id="audit" data-live { (list(&found, &admin.config)) (older(&found, subject.as_deref(), limit)) }
        }
    };
    Ok(layout::page(&who, "/audit", "Audit", &main))
}

fn list(found: &Page<AuditRecord>, config: &Config) -> Markup {
    if found.items.is_empty() {
        return html! { p { "Nobody has asked for anything that shows here." } };
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label="Audit" {
            table {
                thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "About" } } }
                tbody {
                    @for record in &found.items {
                        tr {
                            td { (layout::time(record.at)) }
                            td { (record.audit.who) }
                            td {
                                (record.audit.action.replace('_', " "))
                                @if let Some(detail) = &record.audit.detail { " " span.quiet { (detail) } }
                            }
                            td { (about(&record.audit.subject, config)) }
                        }
                    }
                }
            }
        }
    }
}

/// The subject as a link to where it is shown.
fn about(subject: &str, config: &Config) -> Markup {
    let path = match subject {
        "" => return html! { span.quiet { "–" } },
        event if event.starts_with("evt_") => format!("/events/{subject}"),
        name if config.connections.contains_key(&ConnectionName::from(name)) => {
            format!("/connections/{}", web::escape(subject))
        }
        _ => parts::why(subject),
    };
    html! { a href=(path) { (subject) } }
}

fn older(found: &Page<AuditRecord>, subject: Option<&str>, limit: u32) -> Markup {
    let Some(next) = found.next else { return html! {} };
    let next = next.to_string();
    let limit = limit.to_string();
    let pairs = [("cursor", next.as_str()), ("limit", &limit)].into_iter().chain(subject.map(|s| ("subject", s)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    html! { nav aria-label="More of the audit" { a.button.plain rel="next" href=(format!("/audit?{query}")) { "Older" } } }
}
