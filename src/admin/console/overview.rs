//! `/`: how the bridge is, at a glance: each connection's health and why, the last day's numbers, the charts, the store.

use axum::response::Response;
use axum::{Extension, extract};
use maud::{Markup, html};

use super::connections::Health;
use super::{layout, trends, words};
use crate::admin::State;
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::domain::{Outcome, Timestamp};
use crate::store::types::Stats;
use crate::worker::sweep;

pub(super) async fn page(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
) -> Result<Response, ApiError> {
    let now = admin.clock.now();
    let (stats, health) = (admin.ledger.stats().await?, Health::of_all(&admin).await?);
    let (series, lags) = (admin.ledger.series(trends::HOURS).await?, admin.ledger.lags().await?);
    let swept = sweep::found_by_all(admin.ledger.as_ref(), now).await?;
    let found =
        swept.iter().filter(|(name, _)| admin.config.connections.contains_key(name)).map(|(_, found)| found).sum();
    let main = html! {
        main.wide {
            h1 { "Overview" }
            section id="health" data-live { h2 { "Connections" } (connections(&health)) }
            section.headline id="numbers" data-live { h2 { "Now, and in the last 24 hours" } (numbers(&stats, found, now)) }
            div.charts {
                (trends::panel("outcomes", "Events by outcome", "the last 24 hours, by hour (UTC)", &trends::outcomes(&series, now)))
                (trends::panel("lag", "Mailboxes by due time", "waiting for their time, and due", &trends::lag(&lags)))
                (trends::panel("agent", "Agent latency", "the last hour (UTC)", &trends::latency("The agent's answers", &admin.metrics.agent_lately, now)))
                (trends::panel("hubspot", "HubSpot latency", "the last hour (UTC)", &trends::latency("HubSpot's answers", &admin.metrics.hubspot_lately, now)))
            }
            section id="budget" data-live { h2 { "HubSpot's rate budget" } (budgets(&admin)) }
            section id="store" data-live { h2 { "Store" } (store(&admin, &stats)) }
        }
    };
    Ok(layout::page(&who, "/", "Overview", &main))
}

fn connections(health: &[Health<'_>]) -> Markup {
    html! {
        @if health.is_empty() {
            p { "No connection is set up. Name one in the settings: " code { "[connections.acme]" } "." }
        }
        ul.list.health {
            @for one in health {
                li {
                    div.row { a.name href=(one.path()) { (one.connection.name) } (one.pill()) }
                    (one.why())
                }
            }
        }
    }
}

fn numbers(stats: &Stats, found: u64, now: Timestamp) -> Markup {
    let of = |wanted: Outcome| {
        let counts = stats.finished.iter().filter(|(_, outcome, ..)| *outcome == wanted);
        words::count(counts.map(|(.., count)| count).sum())
    };
    let oldest = stats.oldest_due.map_or_else(|| "none".to_owned(), |due| words::lasting(now.since(due)));
    html! {
        dl.numbers {
            div { dt { "Open events" } dd { (words::count(stats.open_events)) } }
            div { dt { "Oldest due for" } dd { (oldest) } }
            div { dt { "Replied" } dd { a href="/events?outcome=replied" { (of(Outcome::Replied)) } } }
            div { dt { "Handed off" } dd { a href="/events?outcome=handed_off" { (of(Outcome::HandedOff)) } } }
            div { dt { "Dead" } dd { a href="/dead" { (of(Outcome::Dead)) } } }
            div { dt { "Found by the sweep" } dd { (words::count(found)) } }
        }
        p.quiet.small {
            "What the sweep found are messages that no webhook announced, of the last day. "
            "More than a few say that webhooks are lost: "
            a href="/connections" { "let the doctor look" } "."
        }
    }
}

/// Calls left in the present window. The daily limit shows as a hold when it is reached.
fn budgets(admin: &State) -> Markup {
    let of = |name: &String, client: &crate::hubspot::Client| {
        let (left, size) = (client.budget_remaining(), client.budget_size());
        html! {
            li {
                span.name { (name) }
                @if let Some(left) = left {
                    meter min="0" max=(size) low=(size / 4) optimum=(size) value=(left) aria-label=(format!("Calls left of {name}")) {}
                    span { (left) " of " (size) " calls left" }
                } @else {
                    span.quiet { "not known before the first call" }
                }
            }
        }
    };
    html! {
        @if admin.contexts.is_empty() { p.quiet { "No connection is at work." } }
        ul.list.budgets {
            @for (name, cx) in admin.contexts.iter() {
                (of(&name.0, &cx.hubspot))
                // A CRM that is read with a token of its own has a budget of its own.
                @if cx.settings.crm.access_token.is_some() { (of(&format!("{name}, its CRM"), &cx.reader)) }
            }
        }
    }
}

fn store(admin: &State, stats: &Stats) -> Markup {
    use crate::config::store::Location;
    let free = match &admin.config.store.location {
        Location::File(file) => crate::store::sqlite::space_of(file).map(|(free, _)| free),
        Location::Memory => None,
    };
    html! {
        div.facts {
            dl {
                dt { "Database" }
                dd {
                    (words::bytes(stats.bytes)) ", " (words::count(stats.events)) " events"
                    @if admin.config.store.location == Location::Memory { ", in memory: gone with the process" }
                }
                @if let Some(free) = free { dt { "Free on its disk" } dd { (words::bytes(free)) } }
                dt { "Mailboxes" }
                dd { (words::count(stats.due)) " due, " (words::count(stats.waiting)) " waiting, " (words::count(stats.leased)) " worked on" }
            }
        }
    }
}
