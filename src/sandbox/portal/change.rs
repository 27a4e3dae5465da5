//! The changes a conversation can go through, each with the webhook events HubSpot raises for it. The API and people's
//! actions both end here, so that a change looks the same whoever made it.

use std::time::Duration;

use super::event::{Detail, Envelope};
use super::model::{Client, Item, ItemKind, Party, Thread};
use super::state::State;
use crate::domain::{Direction, Timestamp};

/// Who changes something, and through what.
#[derive(Clone, Debug)]
pub struct By {
    /// `createdBy`.
    pub actor: String,
    /// `client`.
    pub client: Client,
}

impl By {
    /// A person or HubSpot's own page.
    pub fn person(actor: impl Into<String>) -> Self {
        Self { actor: actor.into(), client: Client::HubSpot }
    }

    /// HubSpot itself.
    pub fn system() -> Self {
        Self { actor: "S-hubspot".to_owned(), client: Client::System }
    }
}

/// An item about to be added.
pub struct NewItem {
    /// From.
    pub senders: Vec<Party>,
    /// To.
    pub recipients: Vec<Party>,
    /// What.
    pub kind: ItemKind,
}

impl State {
    /// Raises one event, if the app is subscribed to its type.
    pub fn raise(&mut self, now: Timestamp, kind: &'static str, object: u64, detail: Detail) {
        let Some(subscription_id) = self.subscriptions.active(kind) else { return };
        let repeated = self.last_event.filter(|(_, other)| *other != object && self.chance.shapes.chance(0.03));
        let event_id = repeated.map_or_else(|| self.chance.event_id(), |(id, _)| id);
        self.last_event = Some((event_id, object));
        let event = Envelope {
            event_id,
            subscription_id,
            portal_id: self.seed.portal_id.0,
            app_id: self.seed.app_id.0,
            occurred_at: now.0,
            subscription_type: kind,
            attempt_number: 0,
            object_id: object,
            detail,
        };
        self.outbox.push(now, event, &mut self.chance.delivery);
    }

    /// Begins a thread on a channel account; the caller adds its first message.
    pub fn new_thread(&mut self, now: Timestamp, account_id: &str, visitor: u64) -> Option<u64> {
        let account = self.seed.account(account_id)?;
        let (inbox_id, channel_id) = (account.inbox_id.to_owned(), account.channel_id.to_owned());
        self.last_thread += self.chance.gap();
        let id = self.last_thread;
        let visible_at = self.object_visible_at(now);
        let thread = Thread {
            id,
            inbox_id,
            channel_id,
            channel_account_id: account_id.to_owned(),
            visitor,
            assigned_to: None,
            closed: false,
            closed_at: None,
            archived: false,
            spam: false,
            created_at: now,
            visible_at,
            ticket: None,
            items: Vec::new(),
        };
        self.conversations.threads.insert(id, thread);
        let detail = Detail { change_flag: Some("NEW"), ..Detail::default() };
        self.raise(now, "conversation.creation", id, detail);
        Some(id)
    }

    /// Adds an item and announces it; an incoming message reopens a closed thread. Gives the item's id.
    pub fn add(&mut self, now: Timestamp, thread: u64, by: &By, new: NewItem) -> Option<String> {
        let (message, listing) = (self.visibility.message_ms, self.visibility.listing_ms);
        let visible_at = now.after(self.visibility.delay(message, &mut self.chance.shapes));
        let listed_at = now.after(self.visibility.delay(listing, &mut self.chance.shapes));
        self.items += 1;
        let id = self.chance.message_id();
        let stored = self.conversations.threads.get_mut(&thread)?;
        let (announced, incoming) = announced(&new.kind);
        let reopens = incoming && stored.closed;
        stored.items.push(Item {
            seq: self.items,
            id: id.clone(),
            created_at: now,
            created_by: by.actor.clone(),
            client: by.client,
            senders: new.senders,
            recipients: new.recipients,
            kind: new.kind,
            visible_at,
            listed_at,
        });
        if let Some(message_type) = announced {
            let detail = Detail {
                message_id: Some(id.clone()),
                message_type: Some(message_type),
                change_flag: Some("NEW_MESSAGE"),
                ..Detail::default()
            };
            self.raise(now, "conversation.newMessage", thread, detail);
        }
        if reopens {
            self.set_status(now, thread, false, &By::system());
        }
        Some(id)
    }

    /// Gives the thread to somebody or to nobody; no event when it changes nothing. False without such a thread.
    pub fn assign(&mut self, now: Timestamp, thread: u64, to: Option<String>, by: &By) -> bool {
        let Some(stored) = self.conversations.threads.get_mut(&thread) else { return false };
        if stored.assigned_to == to {
            return true;
        }
        let from = std::mem::replace(&mut stored.assigned_to, to.clone());
        self.note(now, thread, by, ItemKind::Assignment { from, to: to.clone() });
        let bare = self.chance.shapes.chance(0.3);
        // HubSpot's guides disagree: an actor id, or the bare user id; empty when nobody.
        let value =
            to.map_or_else(String::new, |actor| if bare { actor.trim_start_matches("A-").to_owned() } else { actor });
        self.thread_property(now, thread, "assignedTo", value);
        true
    }

    /// Opens or closes the thread. False without such a thread.
    pub fn set_status(&mut self, now: Timestamp, thread: u64, closed: bool, by: &By) -> bool {
        let Some(stored) = self.conversations.threads.get_mut(&thread) else { return false };
        if stored.closed == closed {
            return true;
        }
        stored.closed = closed;
        stored.closed_at = closed.then_some(now);
        self.note(now, thread, by, ItemKind::StatusChange { closed });
        self.thread_property(now, thread, "status", if closed { "CLOSED" } else { "OPEN" }.to_owned());
        true
    }

    /// Puts the thread in the trash, or takes it out. False without such a thread.
    pub fn set_archived(&mut self, now: Timestamp, thread: u64, archived: bool) -> bool {
        let Some(stored) = self.conversations.threads.get_mut(&thread) else { return false };
        if stored.archived == archived {
            return true;
        }
        stored.archived = archived;
        if archived {
            self.raise(now, "conversation.deletion", thread, Detail::default());
        } else {
            let value = if self.chance.shapes.chance(0.5) { "FALSE" } else { "false" };
            self.thread_property(now, thread, "isArchived", value.to_owned());
        }
        true
    }

    fn thread_property(&mut self, now: Timestamp, thread: u64, name: &str, value: String) {
        let detail = Detail { property_name: Some(name.to_owned()), property_value: Some(value), ..Detail::default() };
        self.raise(now, "conversation.propertyChange", thread, detail);
    }

    /// An item HubSpot writes into the list itself, seen at once and announced by no message event.
    fn note(&mut self, now: Timestamp, thread: u64, by: &By, kind: ItemKind) {
        let none = NewItem { senders: Vec::new(), recipients: Vec::new(), kind };
        let _ = self.add(now, thread, by, none);
    }

    /// Turns an accepted message into FAILED after a while, and says why.
    pub fn fail_later(&mut self, now: Timestamp, thread: u64, message: &str, after: Duration, why: &str) {
        let items = self.conversations.threads.get_mut(&thread).map(|thread| &mut thread.items);
        if let Some(ItemKind::Message(said)) =
            items.and_then(|items| items.iter_mut().find(|item| item.id == message)).map(|item| &mut item.kind)
        {
            said.fails = Some((now.after(after), why.to_owned()));
        }
    }
}

/// The `messageType` an item is announced with, and whether it came from the customer.
fn announced(kind: &ItemKind) -> (Option<&'static str>, bool) {
    match kind {
        ItemKind::Message(said) => (Some("MESSAGE"), said.direction == Direction::Incoming),
        ItemKind::Comment { .. } => (Some("COMMENT"), false),
        ItemKind::Welcome { .. } => (Some("WELCOME_MESSAGE"), false),
        ItemKind::Assignment { .. } | ItemKind::StatusChange { .. } => (None, false),
    }
}
