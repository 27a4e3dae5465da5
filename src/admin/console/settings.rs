//! `/settings`: the settings in force, redacted as `config print` shows them, each with where it is from; and what runs.

use axum::response::Response;
use axum::{Extension, extract};
use maud::{Markup, html};

use super::{layout, words};
use crate::admin::operator::Operator;
use crate::admin::{Started, State};
use crate::config::{Origin, Setting};

pub(super) async fn page(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Extension(started): Extension<Started>,
) -> Response {
    let uptime = words::lasting(admin.clock.now().since(started.0));
    let main = html! {
        main.wide {
            h1 { "Settings" }
            p.quiet {
                "In force since the bridge started, secrets redacted. They are changed in the file or in variables "
                code { "BRIDGE__SECTION__KEY" } ", then the bridge is restarted."
            }
            section.facts {
                h2 { "This bridge" }
                dl {
                    dt { "Version" } dd { (env!("CARGO_PKG_VERSION")) }
                    dt { "Schema of the database" } dd { (crate::store::sqlite::schema_version()) }
                    dt { "Started" } dd { (layout::time(started.0)) ", " (uptime) " ago" }
                }
            }
            @for (name, settings) in sections(&admin.config.in_force) { (section(&name, &settings)) }
        }
    };
    layout::page(&who, "/settings", "Settings", &main)
}

/// Grouped by section, a connection being one; in the order of the settings.
fn sections(settings: &[Setting]) -> Vec<(String, Vec<(&str, &Setting)>)> {
    let mut sections: Vec<(String, Vec<(&str, &Setting)>)> = Vec::new();
    for setting in settings {
        let depth = if setting.path.starts_with("connections.") { 2 } else { 1 };
        let cut = setting.path.match_indices('.').nth(depth - 1).map_or(0, |(at, _)| at);
        let (section, key) = setting.path.split_at(cut);
        let key = key.trim_start_matches('.');
        match sections.last_mut().filter(|(name, _)| name == section) {
            Some((_, keys)) => keys.push((key, setting)),
            None => sections.push((section.to_owned(), vec![(key, setting)])),
        }
    }
    sections
}

fn section(name: &str, settings: &[(&str, &Setting)]) -> Markup {
    html! {
        section {
            h2 { (name) }
            div.scroll tabindex="0" role="region" aria-label=(format!("Settings of {name}")) {
                table.settings {
                    thead { tr { th scope="col" { "Setting" } th scope="col" { "Value" } th scope="col" { "From" } } }
                    tbody {
                        @for (key, setting) in settings {
                            tr {
                                th scope="row" { (key) }
                                td { code { (setting.value) } }
                                td { (from(setting.origin)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn from(origin: Origin) -> Markup {
    match origin {
        Origin::Default => html! { span.quiet { (origin.as_str()) } },
        Origin::File | Origin::Environment => html! { span.tag { (origin.as_str()) } },
    }
}
