//! Where to look on: the conversation, ticket and contact in HubSpot, the story and the conversation in the console.

use serde::Serialize;

use super::subject::Subject;
use crate::admin::State;
use crate::domain::ConnectionName;

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
        let portal = connection.portal_id;
        let host = admin.contexts.get(&connection.name).and_then(|cx| cx.hubspot.ui_domain());
        // What HubSpot says is a link's host only if it is HubSpot's.
        let host = host.filter(|host| host.ends_with(".hubspot.com") && !host.contains(['/', '@', ':', '?', '#']));
        let host = host.unwrap_or_else(|| UI_DOMAIN.to_owned());
        let mut hubspot = |what, path: &str, id: Option<&String>| {
            if let Some(id) = id {
                links.push(Link {
                    what,
                    url: format!("https://{host}/{}{}", path.replace("{portal}", &portal.to_string()), encoded(id)),
                });
            }
        };
        hubspot("conversation in HubSpot", "live-messages/{portal}/inbox/", subject.thread_id.as_ref());
        hubspot("ticket in HubSpot", "contacts/{portal}/record/0-5/", subject.ticket_id.as_ref());
        hubspot("contact in HubSpot", "contacts/{portal}/record/0-1/", subject.contact_id.as_ref());
    }
    let console = &admin.config.admin.public_url;
    if !console.is_empty() {
        links.push(Link { what: "story in the console", url: format!("{console}/why?id={}", encoded(&subject.id)) });
        if let (Some(name), Some(thread)) = (&subject.connection, &subject.thread_id) {
            let url = format!("{console}/conversations/{name}/{}", encoded(thread));
            links.push(Link { what: "conversation in the console", url });
        }
    }
    // An address has no place in an address line that others see.
    if subject.kind == "email" {
        links.retain(|link| link.what != "story in the console");
    }
    links
}

fn encoded(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}
