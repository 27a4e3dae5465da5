//! Where each call lives under the configured prefixes: today's `v3` paths, and the dated ones that replace them.

use crate::config::hubspot::Hubspot;

/// The prefixes, worked out once.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    conversations: String,
    assignee: String,
    crm: String,
}

impl Paths {
    pub(super) fn new(settings: &Hubspot) -> Self {
        let conversations = settings.conversations_path.trim_end_matches('/').to_owned();
        Self {
            assignee: doubled(&conversations),
            conversations,
            crm: settings.crm_path.trim_end_matches('/').to_owned(),
        }
    }

    /// `/conversations/v3/conversations` and what follows.
    pub(super) fn conversations(&self, rest: &str) -> String {
        format!("{}{rest}", self.conversations)
    }

    /// The assignee of a thread, which HubSpot's specification puts under another order of the same words.
    pub(super) fn assignee(&self, thread: &str) -> String {
        format!("{}/threads/{thread}/assignee", self.assignee)
    }

    /// `/crm/v3/objects/tickets`; dated: `/crm/objects/2026-09/tickets`.
    pub(super) fn crm(&self, area: &str, rest: &str) -> String {
        match self.crm.rsplit_once('/') {
            Some((head, version)) if is_date(version) => format!("{head}/{area}/{version}{rest}"),
            _ => format!("{}/{area}{rest}", self.crm),
        }
    }
}

impl Paths {
    /// `/crm/v4/objects`, beside `/crm/v3`; dated: with the objects themselves.
    pub(super) fn associations(&self, rest: &str) -> String {
        match self.crm.rsplit_once('/') {
            Some((head, version)) if is_date(version) => format!("{head}/objects/{version}{rest}"),
            Some((head, _)) => format!("{head}/v4/objects{rest}"),
            None => format!("{}/v4/objects{rest}", self.crm),
        }
    }
}

/// `/conversations/v3/conversations` → `/conversations/conversations/v3`; the dated form has that order already.
fn doubled(conversations: &str) -> String {
    let swapped = conversations
        .strip_suffix("/conversations")
        .and_then(|rest| rest.rsplit_once('/'))
        .map(|(head, version)| format!("{head}/conversations/{version}"));
    swapped.unwrap_or_else(|| conversations.to_owned())
}

/// `2026-09`, `2026-09-beta`.
fn is_date(version: &str) -> bool {
    version.split_once('-').is_some_and(|(year, _)| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(conversations: &str, crm: &str) -> Paths {
        Paths::new(&Hubspot {
            api_url: "https://api.hubapi.com".into(),
            conversations_path: conversations.into(),
            crm_path: crm.into(),
            timeout: std::time::Duration::from_secs(10),
        })
    }

    #[test]
    fn today_and_dated() {
        let v3 = paths("/conversations/v3/conversations", "/crm/v3");
        assert_eq!(v3.conversations("/threads/1"), "/conversations/v3/conversations/threads/1");
        assert_eq!(v3.assignee("1"), "/conversations/conversations/v3/threads/1/assignee");
        assert_eq!(v3.crm("objects", "/tickets/9"), "/crm/v3/objects/tickets/9");

        let dated = paths("/conversations/conversations/2026-09/", "/crm/2026-09");
        assert_eq!(dated.conversations("/threads/1"), "/conversations/conversations/2026-09/threads/1");
        assert_eq!(dated.assignee("1"), "/conversations/conversations/2026-09/threads/1/assignee");
        assert_eq!(dated.crm("objects", "/tickets/9"), "/crm/objects/2026-09/tickets/9");
        assert_eq!(dated.crm("owners", ""), "/crm/owners/2026-09");
    }
}
