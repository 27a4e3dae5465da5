//! Links into HubSpot's own pages. HubSpot says which host they are on (`uiDomain` of the account's details); a page waits
//! for that a moment at most, and has no links where HubSpot does not say.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::admin::State;
use crate::domain::{ConnectionName, ContactId, Object, PortalId, ThreadId, TicketId};
use crate::hubspot::Client;
use crate::limits::{PORTAL_RETRY, PORTAL_WAIT};

/// Where each connection's portal has its pages, as far as asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Portals(Arc<DashMap<ConnectionName, Arc<Mutex<Answer>>>>);

#[derive(Clone, Debug, Default)]
enum Answer {
    #[default]
    NotAsked,
    /// Not asked again before then.
    Silent(Instant),
    Host(String),
}

/// A portal's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Portal {
    host: String,
    id: PortalId,
}

impl Portals {
    /// The pages of a connection's portal; none while HubSpot does not say where they are.
    pub(super) async fn of(&self, admin: &State, connection: &ConnectionName) -> Option<Portal> {
        let context = admin.contexts.get(connection)?;
        let cell = Arc::clone(&self.0.entry(connection.clone()).or_default());
        // Held while HubSpot is asked: pages opened at the same moment wait for one answer.
        let mut answer = cell.lock().await;
        let host = match &*answer {
            Answer::Host(host) => Some(host.clone()),
            Answer::Silent(until) if Instant::now() < *until => None,
            Answer::Silent(_) | Answer::NotAsked => {
                let host = ask(&context.hubspot).await;
                *answer = host.clone().map_or_else(|| Answer::Silent(Instant::now() + PORTAL_RETRY), Answer::Host);
                host
            }
        };
        Some(Portal { host: host?, id: context.settings.portal_id })
    }
}

async fn ask(hubspot: &Client) -> Option<String> {
    let hubspot = hubspot.within(PORTAL_WAIT);
    let account = tokio::time::timeout(PORTAL_WAIT, hubspot.account()).await.ok()?.ok()?;
    account.ui_domain.filter(|host| is_host(host))
}

/// It becomes a part of links: a name, and a port at most.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
}

// HubSpot documents `uiDomain` "for deep links", and no list of paths: these are the ones its own app opens, and the object
// types (`0-1` contact, `0-5` ticket) are those of its CRM API.
impl Portal {
    pub(super) fn thread(&self, id: &ThreadId) -> Option<String> {
        self.page("live-messages", "inbox", id.as_str())
    }

    pub(super) fn ticket(&self, id: &TicketId) -> Option<String> {
        self.page("contacts", "record/0-5", id.as_str())
    }

    pub(super) fn contact(&self, id: &ContactId) -> Option<String> {
        self.page("contacts", "record/0-1", id.as_str())
    }

    /// The page of what an event is about, with what to call it.
    pub(super) fn object(&self, object: &Object) -> Option<(&'static str, String)> {
        match object {
            Object::Thread(id) => self.thread(id).map(|link| ("The conversation in HubSpot's inbox", link)),
            Object::Ticket(id) => self.ticket(id).map(|link| ("The ticket in HubSpot", link)),
            // A note has no page of its own.
            Object::Note(_) | Object::Outside(_) => None,
        }
    }

    /// HubSpot's ids are numbers; anything else would lead astray.
    fn page(&self, app: &str, place: &str, id: &str) -> Option<String> {
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| format!("https://{}/{app}/{}/{place}/{id}", self.host, self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_portals_own_pages_and_nowhere_else() {
        let portal = Portal { host: "app-eu1.hubspot.com".to_owned(), id: PortalId(4711) };
        let thread = portal.thread(&ThreadId::from("77"));
        assert_eq!(thread.as_deref(), Some("https://app-eu1.hubspot.com/live-messages/4711/inbox/77"));
        let ticket = portal.ticket(&TicketId::from("9"));
        assert_eq!(ticket.as_deref(), Some("https://app-eu1.hubspot.com/contacts/4711/record/0-5/9"));
        assert_eq!(portal.contact(&ContactId::from("../../x")), None);
        assert!(is_host("127.0.0.1:8090") && !is_host("evil.example/") && !is_host("a b") && !is_host("x@y"));
    }
}
