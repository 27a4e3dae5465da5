//! Threads and their messages, read.

use std::collections::HashSet;

use super::call::{Call, encoded};
use super::client::Client;
use super::error::Error;
use super::types::{ChannelAccount, Content, Inbox, Recent, ThreadPage};
use super::wire::Page;
use super::wire::id::Id;
use super::wire::message::Item;
use super::wire::others::{WireChannelAccount, WireContent, WireInbox};
use super::wire::thread::WireThread;
use crate::domain::{ContactId, Message, MessageId, Thread, ThreadId, TicketId, Timestamp};

/// What HubSpot's live portals accept; more is unverified.
const PAGE_SIZE: usize = 100;
/// Pages of one walk, empty ones included: a list that goes on for ever does not keep a turn for ever.
pub(super) const PAGES_MAX: usize = 100;

impl Client {
    /// One item of a thread. Just after its announcement HubSpot may not know it yet: `NotFound`.
    pub async fn message(&self, thread: &ThreadId, id: &MessageId) -> Result<Message, Error> {
        let path = format!("/threads/{}/messages/{}", encoded(thread.as_str()), encoded(id.as_str()));
        let call = Call::get("GET /threads/{threadId}/messages/{messageId}", self.shared.paths.conversations(&path));
        Ok(self.fetch::<Item>(call).await?.into_message(thread))
    }

    /// The whole of a message that is `truncated`.
    pub async fn original_content(&self, thread: &ThreadId, id: &MessageId) -> Result<Content, Error> {
        let route = "GET /threads/{threadId}/messages/{messageId}/original-content";
        let (thread, id) = (encoded(thread.as_str()), encoded(id.as_str()));
        let path = format!("/threads/{thread}/messages/{id}/original-content");
        let content: WireContent = self.fetch(Call::get(route, self.shared.paths.conversations(&path))).await?;
        Ok(Content { text: content.text.unwrap_or_default(), rich_text: content.rich_text })
    }

    /// One thread, with its ticket.
    pub async fn thread(&self, id: &ThreadId) -> Result<Thread, Error> {
        let path = format!("/threads/{}", encoded(id.as_str()));
        let call = Call::get("GET /threads/{threadId}", self.shared.paths.conversations(&path));
        Ok(self.fetch::<WireThread>(call.query("association", "TICKET")).await?.into_thread())
    }

    /// A thread in the trash, which [`Self::thread`] does not show.
    pub async fn archived_thread(&self, id: &ThreadId) -> Result<Thread, Error> {
        let path = format!("/threads/{}", encoded(id.as_str()));
        let call = Call::get("GET /threads/{threadId}", self.shared.paths.conversations(&path));
        Ok(self.fetch::<WireThread>(call.query("archived", "true")).await?.into_thread())
    }

    /// A thread's newest items, walked from the newest until one at or before `until` was seen, there are no more, or there
    /// are `max`. Given oldest first; `complete` unless it ended at `max`.
    pub async fn recent_messages(
        &self,
        thread: &ThreadId,
        until: Option<Timestamp>,
        max: usize,
    ) -> Result<Recent, Error> {
        let path = self.shared.paths.conversations(&format!("/threads/{}/messages", encoded(thread.as_str())));
        let limit = max.clamp(1, PAGE_SIZE).to_string();
        let reaches = |message: &Message| until.is_some_and(|until| message.created_at <= until);
        let mut messages: Vec<Message> = Vec::new();
        let mut seen = HashSet::new();
        let mut cursor: Option<String> = None;
        let mut complete = false;
        for _ in 0..PAGES_MAX {
            let call = Call::get("GET /threads/{threadId}/messages", path.clone())
                .query("sort", "-createdAt")
                .query("limit", &limit)
                .after(cursor.as_deref());
            let mut page: Page<Item> = self.fetch(call).await?;
            cursor = page.take_next();
            let items = page.results.into_iter().map(|item| item.into_message(thread));
            // A message that arrives during the walk shifts the pages: an item may come twice.
            messages.extend(items.filter(|message| seen.insert(message.id.clone())));
            complete = cursor.is_none() || messages.iter().any(reaches);
            if complete || messages.len() >= max {
                break;
            }
        }
        messages.sort_by(|a, b| b.position().cmp(&a.position()));
        if messages.len() > max {
            messages.truncate(max);
            complete = messages.iter().any(reaches);
        }
        messages.reverse();
        Ok(Recent { messages, complete })
    }

    /// Threads with a message after `since`, in the order of their latest; `after` is the page before's `next`.
    pub async fn threads_since(&self, since: Timestamp, after: Option<&str>) -> Result<ThreadPage, Error> {
        let call = Call::get("GET /threads", self.shared.paths.conversations("/threads"))
            .query("sort", "latestMessageTimestamp")
            .query("latestMessageTimestampAfter", &since.to_string())
            .query("association", "TICKET")
            .query("limit", &PAGE_SIZE.to_string())
            .after(after);
        let mut page: Page<WireThread> = self.fetch(call).await?;
        let next = page.take_next();
        let newest = page.results.iter().filter_map(WireThread::latest).max();
        Ok(ThreadPage { threads: page.results.into_iter().map(WireThread::into_thread).collect(), next, newest })
    }

    /// The threads of a ticket: it may own several.
    pub async fn threads_of_ticket(&self, ticket: &TicketId) -> Result<Vec<Thread>, Error> {
        let call = |cursor: Option<&str>| {
            Call::get("GET /threads", self.shared.paths.conversations("/threads"))
                .query("associatedTicketId", ticket.as_str())
                .query("association", "TICKET")
                .query("limit", &PAGE_SIZE.to_string())
                .after(cursor)
        };
        let threads: Vec<WireThread> = self.every_page(call).await?;
        Ok(threads.into_iter().map(WireThread::into_thread).collect())
    }

    /// The newest threads of a contact, open ones first, at most so many of each kind.
    pub async fn threads_of_contact(&self, contact: &ContactId, max: usize) -> Result<Vec<Thread>, Error> {
        let mut threads = Vec::new();
        for status in ["OPEN", "CLOSED"] {
            let call = Call::get("GET /threads", self.shared.paths.conversations("/threads"))
                .query("associatedContactId", contact.as_str())
                .query("threadStatus", status)
                .query("association", "TICKET")
                .query("sort", "-id")
                .query("limit", &max.clamp(1, PAGE_SIZE).to_string());
            let page: Page<WireThread> = self.fetch(call).await?;
            threads.extend(page.results.into_iter().map(WireThread::into_thread));
        }
        Ok(threads)
    }

    /// Every mailbox, widget, page and number of the portal.
    pub async fn channel_accounts(&self) -> Result<Vec<ChannelAccount>, Error> {
        let call = |cursor: Option<&str>| {
            Call::get("GET /channel-accounts", self.shared.paths.conversations("/channel-accounts"))
                .query("limit", &PAGE_SIZE.to_string())
                .after(cursor)
        };
        let accounts: Vec<WireChannelAccount> = self.every_page(call).await?;
        Ok(accounts.into_iter().map(channel_account).collect())
    }

    /// Every inbox and the help desk, but for those in the trash.
    pub async fn inboxes(&self) -> Result<Vec<Inbox>, Error> {
        let call = |cursor: Option<&str>| {
            Call::get("GET /inboxes", self.shared.paths.conversations("/inboxes"))
                .query("limit", &PAGE_SIZE.to_string())
                .after(cursor)
        };
        let inboxes: Vec<WireInbox> = self.every_page(call).await?;
        let kept = inboxes.into_iter().filter(|inbox| inbox.archived != Some(true));
        let inbox = |inbox: WireInbox| Some(Inbox { id: inbox.id.text()?, name: inbox.name.unwrap_or_default() });
        Ok(kept.filter_map(inbox).collect())
    }

    /// Walks a list to its end, across empty pages.
    pub(super) async fn every_page<T: serde::de::DeserializeOwned>(
        &self,
        call: impl Fn(Option<&str>) -> Call,
    ) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut page: Page<T> = self.fetch(call(cursor.as_deref())).await?;
            cursor = page.take_next();
            items.append(&mut page.results);
            if cursor.is_none() {
                return Ok(items);
            }
        }
        let route = call(None).route;
        Err(Error::unreadable(route, false, &format!("the list did not end after {PAGES_MAX} pages")))
    }
}

fn channel_account(account: WireChannelAccount) -> ChannelAccount {
    ChannelAccount {
        id: account.id.text().unwrap_or_default(),
        channel_id: account.channel_id.text().unwrap_or_default(),
        inbox_id: account.inbox_id.and_then(Id::text),
        active: account.active.unwrap_or(true),
        authorized: account.authorized.unwrap_or(true),
        identifier: account.delivery_identifier.and_then(|identifier| identifier.value).and_then(Id::text),
    }
}
