//! The ticket beside a conversation: what it says, its notes, and the workflows a rep can let run.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Map;

use super::inbox::{As, act};
use super::{Site, layout};
use crate::domain::{ThreadId, TicketId};
use crate::hubspot::text;
use crate::sandbox::portal::people::{ActionError, Enrolled, WorkflowRun};
use crate::sandbox::portal::{Note, ThreadView, TicketView};

/// The bridge's workflow actions and what the buttons say.
const ACTIONS: [(&str, &str); 4] = [
    ("pause-ai", "Pause the AI"),
    ("resume-ai", "Resume the AI"),
    ("send-to-ai", "Send to the AI"),
    ("request-handoff", "Request a handoff"),
];

/// Beside the conversation; `path` makes the address of an act.
pub fn panel(site: &Site, view: &ThreadView, path: &impl Fn(&str) -> String) -> Markup {
    html! {
        aside.ticket aria-label="Ticket" {
            section #ticket data-live="change" {
                @match &view.ticket {
                    Some(ticket) => (facts(ticket)),
                    None => h2 { "No ticket" },
                }
            }
            @if view.ticket.is_some() {
                (fields(site, &path("ticket")))
                form method="post" action=(path("note")) data-quiet {
                    textarea name="text" rows="2" required aria-label="Note on the ticket" placeholder="Note for the team" {}
                    button.note { "Add note" }
                }
            } @else {
                form method="post" action=(path("ticket")) data-quiet {
                    button.plain name="property" value="" { "Make a ticket" }
                }
            }
            form method="post" action=(path("workflow")) data-quiet {
                h2 { "Run a workflow" }
                select name="object" aria-label="Enrolled" {
                    option value="conversation" { "for this conversation" }
                    @if view.ticket.is_some() { option value="ticket" { "for the ticket" } }
                }
                @for (name, label) in ACTIONS { button.plain name="action" value=(name) { (label) } }
            }
        }
    }
}

fn facts(ticket: &TicketView) -> Markup {
    html! {
        h2 { "Ticket " code { (ticket.id) } }
        p { strong { (ticket.subject) } }
        dl {
            dt { "Status" } dd { (ticket.status) }
            dt { "Priority" } dd { (ticket.priority.as_deref().unwrap_or("none")) }
            dt { "Tags" } dd {
                @if ticket.tags.is_empty() { "none" }
                @for tag in &ticket.tags { span.tag { (tag) } " " }
            }
            dt { "Owner" } dd { (ticket.owner.as_deref().unwrap_or("nobody")) }
            dt { "Contact" } dd {
                @if ticket.contacts.is_empty() { "none" }
                @for (id, name) in &ticket.contacts { (name) " " code { (id) } " " }
            }
            @for (label, value) in &ticket.others { dt { (label) } dd { (value) } }
            @if ticket.threads.len() > 1 {
                dt { "Conversations" } dd { @for id in &ticket.threads { a href=(format!("/inbox/{id}")) { (id) } " " } }
            }
        }
        @if !ticket.content.is_empty() { details { summary { "Description" } p.said { (ticket.content) } } }
        @for one in &ticket.notes { (note_line(one)) }
    }
}

fn note_line(note: &Note) -> Markup {
    html! {
        article.line.note {
            header { strong { (note.name) } span.tag { "note" } (layout::time(note.at)) }
            p { (text::plain(&note.body)) }
        }
    }
}

fn fields(site: &Site, action: &str) -> Markup {
    let fields = site.portal.ticket_fields();
    html! {
        form method="post" action=(action) data-quiet {
            select name="property" aria-label="Property" {
                @for (name, label, _) in &fields { option value=(name) { (label) } }
            }
            input name="value" aria-label="New value" list="options" placeholder="New value" autocomplete="off";
            datalist #options { @for (_, label, options) in &fields { @for one in options { option value=(one) { (label) } } } }
            button.plain { "Change" }
        }
    }
}

#[derive(Deserialize)]
pub struct Change {
    property: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
pub struct Said {
    text: String,
}

#[derive(Deserialize)]
pub struct Run {
    action: String,
    #[serde(default)]
    object: String,
}

/// `POST /inbox/{thread}/ticket`: changes the linked ticket, or makes one.
pub async fn change(
    State(site): State<Site>,
    Path(id): Path<String>,
    Query(who): Query<As>,
    Form(form): Form<Change>,
) -> Response {
    let view = site.portal.thread_view(&ThreadId(id.clone()));
    act(&site, id, &who, |thread, rep| {
        if let Some(ticket) = linked(view.as_ref()) {
            return site.portal.change_ticket(&ticket, &form.property, &form.value, rep);
        }
        let subject = view.as_ref().and_then(|view| view.subject.as_deref());
        let ticket = site.portal.create_ticket(subject.unwrap_or("Conversation"), rep)?;
        site.portal.link_ticket(thread, &ticket)
    })
}

/// `POST /inbox/{thread}/note`: plain words, kept as HubSpot keeps them.
pub async fn note(
    State(site): State<Site>,
    Path(id): Path<String>,
    Query(who): Query<As>,
    Form(form): Form<Said>,
) -> Response {
    let view = site.portal.thread_view(&ThreadId(id.clone()));
    act(&site, id, &who, |thread, rep| {
        let ticket = linked(view.as_ref()).ok_or_else(|| no_ticket(thread))?;
        site.portal.rep_notes_ticket(&ticket, rep, &html! { p { (form.text) } }.into_string()).map(drop)
    })
}

/// `POST /inbox/{thread}/workflow`: runs one of the bridge's actions for the conversation or its ticket.
pub async fn workflow(
    State(site): State<Site>,
    Path(id): Path<String>,
    Query(who): Query<As>,
    Form(form): Form<Run>,
) -> Response {
    let view = site.portal.thread_view(&ThreadId(id.clone()));
    act(&site, id, &who, |thread, _| {
        let object = if form.object == "ticket" {
            Enrolled::Ticket { id: linked(view.as_ref()).ok_or_else(|| no_ticket(thread))?.0 }
        } else {
            Enrolled::Conversation { id: thread.0.clone() }
        };
        site.portal
            .workflow_runs(&WorkflowRun { name: form.action, object, inputs: Map::new(), signing: None })
            .map(drop)
    })
}

fn linked(view: Option<&ThreadView>) -> Option<TicketId> {
    view.and_then(|view| view.ticket.as_ref()).map(|ticket| TicketId(ticket.id.clone()))
}

fn no_ticket(thread: &ThreadId) -> ActionError {
    ActionError::Ticket(TicketId(format!("of thread {thread}")))
}
