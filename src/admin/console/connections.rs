//! `/connections` and `/connections/{name}`: the addresses others call, the settings that matter, health and why, what
//! HubSpot delivered lately, and the way to the doctor.

use std::time::Duration;

use axum::Extension;
use axum::extract::{self, Path};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::{doctor, layout, words};
use crate::admin::State;
use crate::admin::connections::{Doors, unknown};
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::admin::params::Params;
use crate::config::Connection;
use crate::domain::{ConnectionName, Timestamp};
use crate::intake::observed::Seen;
use crate::store::Hold;

/// How a connection is, and why.
pub(super) struct Health<'a> {
    pub(super) connection: &'a Connection,
    hold: Option<Hold>,
    problems: Vec<String>,
}

impl<'a> Health<'a> {
    /// Of all, in the order of their names.
    pub(super) async fn of_all(admin: &'a State) -> Result<Vec<Self>, ApiError> {
        let holds = admin.ledger.held().await?;
        let of = |connection: &'a Connection| Self {
            connection,
            hold: holds.iter().find(|hold| hold.connection == connection.name).cloned(),
            problems: admin.problems.get(&connection.name).map(|found| found.clone()).unwrap_or_default(),
        };
        Ok(admin.config.connections.values().map(of).collect())
    }

    /// Where it has a page.
    pub(super) fn path(&self) -> String {
        format!("/connections/{}", self.connection.name)
    }

    /// In a word.
    pub(super) fn pill(&self) -> Markup {
        match (&self.hold, self.problems.len()) {
            (Some(_), _) => html! { span.pill.bad { "held" } },
            (None, 0) => html! { span.pill.good { "ok" } },
            (None, 1) => html! { span.pill.warn { "1 problem" } },
            (None, count) => html! { span.pill.warn { (count) " problems" } },
        }
    }

    /// The hold with its cause and next try, and each problem; nothing when it is well.
    pub(super) fn why(&self) -> Markup {
        html! {
            @if let Some(hold) = &self.hold {
                p {
                    (sentence(&hold.cause)) " Nothing of it is lost: events wait. Held since " (layout::time(hold.since))
                    ", tried again at " (layout::time(hold.until)) "."
                }
            }
            @for problem in &self.problems { p { (problem) } }
        }
    }
}

/// A hold's cause without its word.
fn sentence(cause: &str) -> String {
    let said = cause.split_once(": ").map_or(cause, |(_, said)| said).trim();
    let mut letters = said.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if said.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

pub(super) async fn list(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    uri: Uri,
) -> Result<Response, ApiError> {
    Params::read(&uri, &[])?;
    let health = Health::of_all(&admin).await?;
    let main = html! {
        main.wide {
            h1 { "Connections" }
            p.quiet { "Each joins one HubSpot portal to one agent. They are set up in the settings." }
            div id="connections" data-live {
                @if health.is_empty() { p { "None is set up. Name one in the settings: " code { "[connections.acme]" } "." } }
                ul.list.health {
                    @for one in &health {
                        li {
                            div.row { a.name href=(one.path()) { (one.connection.name) } (one.pill()) }
                            p.quiet {
                                "Portal " (one.connection.portal_id) ", mode " (one.connection.mode.as_str())
                                ", agent " (one.connection.agent.kind.as_str())
                            }
                            (one.why())
                        }
                    }
                }
            }
        }
    };
    Ok(layout::page(&who, "/connections", "Connections", &main))
}

pub(super) async fn show(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let all = Health::of_all(&admin).await?;
    let found = all.iter().find(|one| one.connection.name.as_str() == name);
    let one = found.ok_or_else(|| unknown(&admin.config, &name))?;
    let seen = admin.observed.of(&ConnectionName(name.clone()));
    let main = html! {
        main.wide {
            div.bar id="health" data-live { h1 { (name) } (one.pill()) }
            div id="why" data-live { (one.why()) }
            section {
                h2 { "Doctor" }
                p { "Runs the whole checklist: token, scopes, users, webhooks, tickets, channels, the agent, the store." }
                (doctor::forms(&name))
            }
            section { h2 { "Addresses" } (addresses(one.connection, &admin.config.server.public_url)) }
            section.facts { h2 { "Set up as" } (setup(one.connection)) }
            section id="seen" data-live { h2 { "What HubSpot delivered" } (delivered(&seen, admin.clock.now())) }
        }
    };
    Ok(layout::page(&who, "/connections", &name, &main))
}

/// To be copied: fields that can be selected whole, with the keyboard too.
fn addresses(connection: &Connection, public_url: &str) -> Markup {
    let Some(doors) = Doors::of(connection, public_url) else {
        return html! { p { "Unknown: set " code { "server.public_url" } " to where HubSpot reaches the bridge." } };
    };
    let field = |label: &str, url: &str| html! { label { (label) input readonly value=(url); } };
    html! {
        div.stack {
            (field("Webhooks of the HubSpot app", &doors.webhooks))
            (field("Workflow actions of the HubSpot app", &doors.actions))
            @if let Some(url) = &doors.opencx { (field("Webhooks of OpenCX", url)) }
        }
    }
}

fn setup(connection: &Connection) -> Markup {
    let all = |items: Vec<&str>, none: &str| if items.is_empty() { none.to_owned() } else { items.join(", ") };
    let inboxes = connection.inboxes.iter().map(String::as_str).collect();
    let channels = connection.channels.iter().map(|channel| channel.as_str()).collect();
    let default_user = connection.default_user_id.as_ref();
    html! {
        dl {
            dt { "Portal" } dd { (connection.portal_id) }
            dt { "Mode" } dd { (connection.mode.as_str()) }
            dt { "Agent" } dd { (connection.agent.kind.as_str()) }
            dt { "Inboxes" } dd { (all(inboxes, "all")) }
            dt { "Channels" } dd { (all(channels, "all it can answer on")) }
            dt { "AI user" } dd { (connection.ai_user_id) }
            dt { "Default user" } dd { (default_user.map_or_else(|| "none: routing rules decide".to_owned(), ToString::to_string)) }
            dt { "Ticketing" } dd { @if connection.ticketing.enabled { "on" } @else { "off" } }
        }
        p { a href="/settings" { "All settings" } }
    }
}

/// Of what was observed since the bridge started to look.
fn delivered(seen: &Seen, now: Timestamp) -> Markup {
    html! {
        @match &seen.delivery {
            Some(call) => p { "Last delivery " (layout::time(call.at)) ", " (words::lasting(now.since(call.at))) " ago, to " code { (call.host.as_deref().unwrap_or("no host")) (call.path) } "." },
            None => p { "No delivery with a right signature has been seen." },
        }
        @if !seen.types.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Last event of each type" {
                table {
                    thead { tr { th scope="col" { "Subscription" } th scope="col" { "Last event" } th scope="col" { "Ago" } } }
                    tbody {
                        @for (kind, at) in &seen.types {
                            tr { th scope="row" { (kind) } td { (layout::time(*at)) } td { (words::lasting(now.since(*at))) } }
                        }
                    }
                }
            }
        }
        (refused(seen))
    }
}

fn refused(seen: &Seen) -> Markup {
    html! {
        h3 { "Refused signatures" }
        @if seen.refusals.is_empty() { p.quiet { "None lately." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Refused signatures" {
                table {
                    thead { tr { th scope="col" { "When" } th scope="col" { "Cause" } th scope="col" { "Called" } th scope="col" { "Its timestamp" } } }
                    tbody {
                        @for refusal in seen.refusals.iter().rev() {
                            tr {
                                td { (layout::time(refusal.call.at)) }
                                td { (refusal.cause.replace('_', " ")) }
                                td { code { (refusal.call.host.as_deref().unwrap_or("no host")) (refusal.call.path) } }
                                td { @match refusal.skew_ms { Some(ms) => {
                                    (words::lasting(Duration::from_millis(ms.unsigned_abs())))
                                    @if ms < 0 { " old" } @else { " ahead" }
                                }, None => "–" } }
                            }
                        }
                    }
                }
            }
        }
    }
}
