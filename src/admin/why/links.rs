//! Where to look on: the conversation, ticket and contact in HubSpot, the story and the conversation in the console.

use serde::Serialize;
use serde_json::Value;

use super::Known;
use super::live::Live;
use super::subject::Subject;
use crate::admin::State;
use crate::admin::portal::Portal;
use crate::doctor::Status;
use crate::domain::ConnectionName;
use crate::store::{StepRecord, StepStatus};
use crate::web;

/// HubSpot's host that leads every account to its own.
const UI_DOMAIN: &str = "app.hubspot.com";

/// The link to the contact.
pub(super) const IN_HUBSPOT: &str = "contact in HubSpot";

/// What finds or makes the contact, and the live check that looks for it.
const CONTACT: &str = "contact";

/// Did the bridge find or make the contact? None: no handoff looked for it. Of a visitor of the chat HubSpot gives an id
/// that leads to no contact.
fn was_found(known: &Known, id: &str) -> Option<bool> {
    let runs = known.found.events.iter().flat_map(|history| &history.runs);
    let steps: Vec<_> = runs.flat_map(|run| &run.steps).filter(|step| step.name == CONTACT).collect();
    let names = |step: &&&StepRecord| {
        let result = step.result.as_deref().and_then(|result| serde_json::from_str::<Value>(result).ok());
        step.status == StepStatus::Done
            && result.is_some_and(|result| result.get("id").and_then(Value::as_str) == Some(id))
    };
    (!steps.is_empty()).then(|| steps.iter().any(|step| names(&step)))
}

/// May a link lead to it?
pub(in crate::admin) fn is_contact(known: &Known, id: &str) -> bool {
    was_found(known, id).unwrap_or(true)
}

/// A place to look on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(in crate::admin) struct Link {
    /// `conversation in HubSpot`, `story in the console`, ….
    pub what: &'static str,
    /// The address.
    pub url: String,
}

pub(super) fn of(admin: &State, subject: &Subject, known: &Known, live: Option<&Live>) -> Vec<Link> {
    let contact = subject.contact_id.as_ref().filter(|id| {
        let seen = live.and_then(|live| live.lines.iter().find(|line| line.check == CONTACT));
        match seen.map(|line| line.status) {
            Some(Status::Ok) => true,
            Some(Status::Warning | Status::Failed) => was_found(known, id) == Some(true),
            None => subject.kind == "email" || is_contact(known, id),
        }
    });
    let mut links = Vec::new();
    let name = subject.connection.clone().map(ConnectionName);
    if let Some(connection) = name.as_ref().and_then(|name| admin.config.connections.get(name)) {
        let host = admin.contexts.get(&connection.name).and_then(|cx| cx.hubspot.ui_domain());
        let own = host.and_then(|host| Portal::new(&host, connection.portal_id));
        if let Some(portal) = own.or_else(|| Portal::new(UI_DOMAIN, connection.portal_id)) {
            let pages = [
                ("conversation in HubSpot", subject.thread_id.as_ref().and_then(|id| portal.thread(id))),
                ("ticket in HubSpot", subject.ticket_id.as_ref().and_then(|id| portal.ticket(id))),
                (IN_HUBSPOT, contact.and_then(|id| portal.contact(id))),
            ];
            links.extend(pages.into_iter().filter_map(|(what, url)| Some(Link { what, url: url? })));
        }
    }
    let console = &admin.config.admin.public_url;
    if !console.is_empty() {
        links
            .push(Link { what: "story in the console", url: format!("{console}/why?id={}", web::escape(&subject.id)) });
        if let (Some(name), Some(thread)) = (&subject.connection, &subject.thread_id) {
            let url = format!("{console}/conversations/{name}/{}", web::escape(thread));
            links.push(Link { what: "conversation in the console", url });
        }
    }
    // An address has no place in an address line that others see.
    if subject.kind == "email" {
        links.retain(|link| link.what != "story in the console");
    }
    links
}
