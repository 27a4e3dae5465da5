//! How a message said by a customer, rep or bot looks in a thread: its sender, recipients and channel. Called by [`super::people`].

use super::change::{By, NewItem};
use super::model::{ItemKind, Party, Said, Thread};
use super::people::{ActionError, Posted};
use super::state::State;
use crate::domain::{Direction, MessageId, ThreadId, Timestamp};

/// An incoming message before it is placed.
#[derive(Default)]
pub struct Incoming<'a> {
    /// The words.
    pub text: &'a str,
    /// The e-mail's subject; the thread's last one when absent.
    pub subject: Option<&'a str>,
    /// The uncut text.
    pub original: Option<String>,
    /// The HTML, quotes and all.
    pub rich: Option<String>,
    /// The e-mail's address and name.
    pub address: Option<(&'a str, Option<&'a str>)>,
    /// A rep's address and name, when it is not the customer at all.
    pub rep: Option<(String, String)>,
}

/// Adds a message that comes in.
pub fn incoming(state: &mut State, now: Timestamp, thread: u64, new: Incoming<'_>) -> Result<Posted, ActionError> {
    let stored = found(state, thread)?;
    let (channel_id, channel_account_id) = (stored.channel_id.clone(), stored.channel_account_id.clone());
    let last_subject = stored.last_incoming().and_then(|(_, said)| said.subject.clone());
    let visitor = stored.visitor;
    let sender = match (&new.rep, new.address) {
        (Some((email, name)), _) => email_party(None, Some(name), email),
        (None, Some((email, name))) => {
            // HubSpot names the actor of most e-mails: the contact, the address, or nobody.
            let actor = match state.chance.shapes.up_to(3) {
                0 => None,
                1 => Some(format!("E-{email}")),
                _ => Some(format!("V-{visitor}")),
            };
            email_party(actor, name, email)
        }
        (None, None) => chat_party(state, visitor),
    };
    let created_by = sender.actor.clone().unwrap_or_else(|| format!("V-{visitor}"));
    let recipient = state.seed.account(&channel_account_id).map(|account| Party {
        identifier: Some((account.identifier.0.to_owned(), account.identifier.1.to_owned())),
        field: Some("TO".to_owned()),
        ..Party::default()
    });
    let said = Said {
        text: new.text.to_owned(),
        rich_text: new.rich,
        subject: new.subject.map(str::to_owned).or(last_subject),
        original: new.original,
        files: Vec::new(),
        direction: Direction::Incoming,
        channel_id,
        channel_account_id,
        fails: None,
    };
    let kind = ItemKind::Message(Box::new(said));
    let new = NewItem { senders: vec![sender], recipients: recipient.into_iter().collect(), kind };
    Ok(posted(thread, state.add(now, thread, &By::person(created_by), new)))
}

/// Adds a message that goes out to the customer.
pub fn outgoing(
    state: &mut State,
    now: Timestamp,
    thread: u64,
    by: &By,
    sender: Party,
    text: &str,
) -> Result<Posted, ActionError> {
    let stored = found(state, thread)?;
    let subject = stored.last_incoming().and_then(|(_, said)| said.subject.clone());
    let recipients = customer_of(stored);
    let new = NewItem { senders: vec![sender], recipients, kind: said(stored, subject, text) };
    Ok(posted(thread, state.add(now, thread, by, new)))
}

/// Adds the first message of a thread, to an address: nobody wrote in it yet.
pub fn first_outgoing(
    state: &mut State,
    now: Timestamp,
    thread: u64,
    by: &By,
    sender: Party,
    (to, subject, text): (&str, &str, &str),
) -> Result<Posted, ActionError> {
    let stored = found(state, thread)?;
    let recipient = Party { field: Some("TO".to_owned()), ..email_party(None, None, to) };
    let kind = said(stored, Some(subject.to_owned()), text);
    let new = NewItem { senders: vec![sender], recipients: vec![recipient], kind };
    Ok(posted(thread, state.add(now, thread, by, new)))
}

fn found(state: &State, thread: u64) -> Result<&Thread, ActionError> {
    state.conversations.threads.get(&thread).ok_or_else(|| ActionError::Thread(ThreadId(thread.to_string())))
}

/// What goes out from a thread's own channel.
fn said(thread: &Thread, subject: Option<String>, text: &str) -> ItemKind {
    ItemKind::Message(Box::new(Said {
        text: text.to_owned(),
        rich_text: Some(format!("<p>{text}</p>")),
        subject,
        original: None,
        files: Vec::new(),
        direction: Direction::Outgoing,
        channel_id: thread.channel_id.clone(),
        channel_account_id: thread.channel_account_id.clone(),
        fails: None,
    }))
}

/// The customer as a recipient: whoever wrote last.
fn customer_of(thread: &Thread) -> Vec<Party> {
    let sender = thread.last_incoming().and_then(|(item, _)| item.senders.first().cloned());
    sender.map(|party| Party { field: Some("TO".to_owned()), ..party }).into_iter().collect()
}

fn email_party(actor: Option<String>, name: Option<&str>, email: &str) -> Party {
    let identifier = Some(("HS_EMAIL_ADDRESS".to_owned(), email.to_owned()));
    Party { actor, name: name.map(str::to_owned), identifier, field: Some("FROM".to_owned()) }
}

/// A chat visitor: known by an opaque id of the channel, never by an address.
fn chat_party(state: &State, visitor: u64) -> Party {
    let name = state.conversations.visitors.get(&visitor).and_then(|visitor| visitor.name.clone());
    let identifier = Some(("CHANNEL_SPECIFIC_OPAQUE_ID".to_owned(), format!("visitor-{visitor}")));
    Party { actor: Some(format!("V-{visitor}")), name, identifier, field: Some("FROM".to_owned()) }
}

/// Where a new item is.
pub fn posted(thread: u64, message: Option<String>) -> Posted {
    Posted { thread: ThreadId(thread.to_string()), message: MessageId(message.unwrap_or_default()) }
}
