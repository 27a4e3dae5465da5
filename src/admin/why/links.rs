//! Where to look on: the conversation, ticket and contact in HubSpot, the story and the conversation in the console.

use serde::Serialize;

use super::subject::Subject;
use crate::admin::State;
use crate::admin::portal::Portal;
use crate::domain::ConnectionName;
use crate::web;

/// HubSpot's host that leads every account to its own.
const UI_DOMAIN: &str = "app.hubspot.com";

/// A place to look on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(in crate::admin) struct Link {
    /// `conversation in HubSpot`, `story in the console`, ….
    pub what: &'static str,
    /// The address.
    pub url: String,
}

pub(super) fn of(admin: &State, subject: &Subject) -> Vec<Link> {
    let mut links = Vec::new();
    let name = subject.connection.clone().map(ConnectionName);
    if let Some(connection) = name.as_ref().and_then(|name| admin.config.connections.get(name)) {
        let host = admin.contexts.get(&connection.name).and_then(|cx| cx.hubspot.ui_domain());
        let own = host.and_then(|host| Portal::new(&host, connection.portal_id));
        if let Some(portal) = own.or_else(|| Portal::new(UI_DOMAIN, connection.portal_id)) {
            let pages = [
                ("conversation in HubSpot", subject.thread_id.as_ref().and_then(|id| portal.thread(id))),
                ("ticket in HubSpot", subject.ticket_id.as_ref().and_then(|id| portal.ticket(id))),
                ("contact in HubSpot", subject.contact_id.as_ref().and_then(|id| portal.contact(id))),
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
