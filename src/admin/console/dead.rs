//! `/dead`: the events that were given up, by reason: what happened, what to do, and which they are.

pub(super) mod replay;

use axum::Extension;
use axum::extract;
use axum::http::Uri;
use maud::{Markup, html};

use super::form::Form;
use super::{Page, actions, layout, parts};
use crate::admin::State;
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::domain::{self, ConnectionName, Event, Outcome, Reason};
use crate::store::types::{EventFilter, Page as List};

/// Rows of each reason where all reasons are shown, and of the one asked for.
const FEW: usize = 10;
const ROWS: u32 = 50;
/// So many are counted of each reason; further ones are "more".
const COUNTED: u32 = 100;

/// The events that died for one reason.
struct Group {
    reason: Reason,
    /// Newest first.
    list: List<Event>,
    /// Further pages came before.
    is_later: bool,
}

/// Dead for this reason.
fn filter(connection: Option<ConnectionName>, reason: Reason) -> EventFilter {
    let (state, outcome) = (Some(domain::State::Dead), Some(Outcome::Dead));
    EventFilter { connection, state, outcome, reason: Some(reason), ..EventFilter::default() }
}

/// The reason a page is about; 404 for a word that is none.
fn reason(given: &str) -> Result<Reason, ApiError> {
    let fix = "go to the dead letters and choose one there";
    Reason::from_name(given).ok_or_else(|| ApiError::not_found("there is no such reason", fix))
}

pub(super) async fn page(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    uri: Uri,
) -> Page {
    let given = Form::of(&uri);
    let only = match given.get("reason") {
        "" => None,
        name => Some(reason(name)?),
    };
    let groups = match only {
        Some(reason) => one(&admin, &given, reason).await?,
        None => all(&admin, &given).await?,
    };
    let main = html! {
        main.wide {
            @if only.is_some() { p.back { a href=(parts::link("/dead", &[("connection", given.get("connection"))])) { "All dead letters" } } }
            h1 { "Dead letters" }
            p.quiet { "Events that were given up. Mend the cause, then replay them. Nobody is answered twice, and what is too old for an answer goes to a person." }
            (form(&admin, &given))
            @if groups.iter().all(|group| group.list.items.is_empty()) { (none(&given)) }
            @for group in groups.iter().filter(|group| !group.list.items.is_empty()) { (section(&given, group, only.is_some())) }
        }
    };
    Ok(layout::page(&who, "/dead", "Dead letters", &main))
}

async fn one(admin: &State, given: &Form, reason: Reason) -> Result<Vec<Group>, ApiError> {
    let cursor = given.get("cursor").parse::<i64>().ok();
    let list = admin.ledger.events(filter(given.text("connection"), reason), cursor, ROWS).await?;
    Ok(vec![Group { reason, list, is_later: cursor.is_some() }])
}

/// A reason that nothing died for costs next to nothing to look at.
async fn all(admin: &State, given: &Form) -> Result<Vec<Group>, ApiError> {
    let mut groups = Vec::new();
    for reason in Reason::ALL {
        let list = admin.ledger.events(filter(given.text("connection"), *reason), None, COUNTED).await?;
        groups.push(Group { reason: *reason, list, is_later: false });
    }
    // Whatever died last is looked for first.
    groups.sort_by_key(|group| std::cmp::Reverse(group.list.items.iter().map(|event| event.finished_at).max()));
    Ok(groups)
}

fn form(admin: &State, given: &Form) -> Markup {
    let value = given.get("connection");
    html! {
        form.filters action="/dead" role="search" aria-label="Filter the dead letters" {
            @if !given.get("reason").is_empty() { input type="hidden" name="reason" value=(given.get("reason")); }
            div.field { label { "Connection" select name="connection" {
                option value="" { "any" }
                @for name in admin.config.connections.keys() { option value=(name) selected[name.as_str() == value] { (name) } }
            } } }
            div.acts { button { "Show" } }
        }
    }
}

fn none(given: &Form) -> Markup {
    html! {
        p.notice {
            @if !given.get("cursor").is_empty() { "There is nothing older." }
            @else if given.get("connection").is_empty() && given.get("reason").is_empty() { "Nothing died: every event the bridge took was worked on, or left alone on purpose." }
            @else { "Nothing died like that." }
        }
    }
}

fn section(given: &Form, group: &Group, alone: bool) -> Markup {
    let Group { reason, list, is_later } = group;
    let (connection, name) = (given.get("connection"), reason.as_str());
    let rows = if alone { list.items.len() } else { list.items.len().min(FEW) };
    let narrowed = [("reason", name), ("connection", connection)];
    let further = (!alone && list.items.len() > FEW).then(|| parts::link("/dead", &narrowed));
    let next = list.next.filter(|_| alone).map(|next| {
        let cursor = next.to_string();
        parts::link("/dead", &[("reason", name), ("connection", connection), ("cursor", &cursor)])
    });
    let table = html! { table {
        caption.unseen { "Events that died as " (parts::words(name)) ", newest first" }
        thead { tr { th scope="col" { "Choose" } th scope="col" { "Event" } th scope="col" { "What" } th scope="col" { "About" } th scope="col" { "Given up" } } }
        tbody { @for event in list.items.iter().take(rows) { (row(event)) } }
    } };
    html! {
        section.letters aria-labelledby=(name) {
            h2 id=(name) { (parts::words(name)) @if !is_later { " (" (count(list)) ")" } }
            p { (parts::prose(reason.sentence())) }
            p.quiet { "What to do: " (parts::prose(reason.fix())) }
            form action="/dead/replay" aria-label=(format!("Replay events that died as {}", parts::words(name))) {
                (parts::scroll(&format!("{name}-table"), "Table of dead events", &table))
                div.deeds {
                    button.plain { "Replay the chosen …" }
                    a.button.plain href=(parts::link("/dead/replay", &narrowed)) { "Replay all of this reason …" }
                    @if let Some(further) = further { a.button.plain href=(further) { "Show them all" } }
                    @if let Some(next) = next { a.button.plain rel="next" href=(next) { "Older" } }
                }
            }
        }
    }
}

fn count(list: &List<Event>) -> String {
    let some = list.items.len();
    if list.next.is_some() { format!("more than {some}") } else { some.to_string() }
}

fn row(event: &Event) -> Markup {
    let id = event.id.to_string();
    html! {
        tr {
            td {
                @if actions::can_replay(event) { input type="checkbox" name="event" value=(id) aria-label=(format!("Choose {id}")); }
                @else { span.quiet title="Nothing of it was kept that could be worked on" { "never" } }
            }
            th scope="row" { a href=(format!("/events/{id}")) { (id) } (layout::time(event.received_at)) }
            td { (parts::kind(event)) }
            td { (parts::object(event)) span.quiet { (event.connection) } }
            td {
                @if let Some(at) = event.finished_at { (layout::time(at)) }
                @if let Some(detail) = &event.detail { p.more { (detail) } }
            }
        }
    }
}
