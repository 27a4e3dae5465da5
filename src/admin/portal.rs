//! Links to a portal's own pages in HubSpot, for the console, `why` and whoever else leads there.

use crate::domain::{Object, PortalId};

/// A portal's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Portal {
    host: String,
    id: PortalId,
}

// HubSpot documents `uiDomain` "for deep links", and no list of paths: these are the ones its own app opens, and the object
// types (`0-1` contact, `0-5` ticket) are those of its CRM API.
impl Portal {
    /// None when the host is not HubSpot's: what HubSpot says becomes a part of links.
    pub(super) fn new(host: &str, id: PortalId) -> Option<Self> {
        let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        (is_name && host.ends_with(".hubspot.com")).then(|| Self { host: host.to_owned(), id })
    }

    pub(super) fn thread(&self, id: &str) -> Option<String> {
        self.page("live-messages", "inbox", id)
    }

    pub(super) fn ticket(&self, id: &str) -> Option<String> {
        self.page("contacts", "record/0-5", id)
    }

    pub(super) fn contact(&self, id: &str) -> Option<String> {
        self.page("contacts", "record/0-1", id)
    }

    /// The page of what an event is about, with what to call it.
    pub(super) fn object(&self, object: &Object) -> Option<(&'static str, String)> {
        match object {
            Object::Thread(id) => self.thread(id.as_str()).map(|link| ("The conversation in HubSpot's inbox", link)),
            Object::Ticket(id) => self.ticket(id.as_str()).map(|link| ("The ticket in HubSpot", link)),
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
        let portal = Portal::new("app-eu1.hubspot.com", PortalId(4711)).unwrap();
        let thread = portal.thread("77");
        assert_eq!(thread.as_deref(), Some("https://app-eu1.hubspot.com/live-messages/4711/inbox/77"));
        let ticket = portal.ticket("9");
        assert_eq!(ticket.as_deref(), Some("https://app-eu1.hubspot.com/contacts/4711/record/0-5/9"));
        assert_eq!(portal.contact("../../x"), None);
        for host in [
            "evil.example",
            "evil.example/.hubspot.com",
            "hubspot.com.evil.example",
            "x@app.hubspot.com",
            "127.0.0.1:1",
            "",
        ] {
            assert_eq!(Portal::new(host, PortalId(1)), None, "{host}");
        }
    }
}
