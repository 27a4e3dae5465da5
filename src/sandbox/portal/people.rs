//! What people do in HubSpot: customers write, reps claim, answer and comment; tickets in `crm`, workflows in
//! `workflow`. Each raises its webhooks.
//!
//! Called by the pages, by `/_sandbox/actions`, by tests and by the simulation.

mod crm;
mod workflow;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::workflow::{Enrolled, WorkflowRun};
use super::Portal;
use super::change::{By, NewItem};
use super::model::{Item, ItemKind, Party};
use super::record::Source;
use super::say::{Incoming, first_outgoing, incoming, outgoing, posted};
use super::seed::{CHAT_ACCOUNT, EMAIL_ACCOUNT, HELP_DESK_ACCOUNT};
use super::state::State;
use crate::domain::{ActorId, Direction, MessageId, ThreadId, TicketId, Timestamp};

/// Why an action was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// No such thread.
    #[error("there is no thread {0}; GET /_sandbox/state lists them")]
    Thread(ThreadId),
    /// No such ticket.
    #[error("there is no ticket {0}; GET /_sandbox/state lists them")]
    Ticket(TicketId),
    /// No such user.
    #[error("{0} is no user of this account; use A-<userId> of a rep or of the AI")]
    Agent(ActorId),
    /// No such mailbox.
    #[error("there is no channel account {0}; GET channel-accounts lists them")]
    Account(String),
    /// No such record of another kind.
    #[error("there is no {0} {1}; GET /_sandbox/state lists them")]
    Record(&'static str, String),
    /// Nothing was ever sent from the thread.
    #[error("nobody answered in thread {0} yet; a reply must be there before it can fail")]
    NoReply(ThreadId),
    /// No bridge to post workflow actions to.
    #[error("workflow actions go beside the webhooks; set a target whose URL has /webhooks/hubspot/{{connection}}")]
    Target,
    /// No such property.
    #[error("tickets have no property {0} that people can change")]
    Property(String),
}

/// A message as it was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// In this thread.
    pub thread: ThreadId,
    /// With this id.
    pub message: MessageId,
}

/// Who writes from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Customer {
    /// The display name.
    pub name: Option<String>,
    /// The address; a chat visitor who gave one is a contact.
    pub email: Option<String>,
}

/// One e-mail to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The sender's address.
    pub from: String,
    /// The sender's display name.
    #[serde(default)]
    pub name: Option<String>,
    /// The subject.
    pub subject: String,
    /// The newest words.
    pub text: String,
    /// Quoted below them: HubSpot's `text` is cut to the most recent reply, its `richText` is not.
    #[serde(default)]
    pub quoted: Option<String>,
    /// Which of our mailboxes it went to; the inbox's when absent.
    #[serde(default)]
    pub account: Option<String>,
    /// Answers this thread; a new one when absent.
    #[serde(default)]
    pub thread: Option<String>,
}

/// Customers.
impl Portal {
    /// A visitor writes in the chat: in a thread, or beginning one.
    pub fn customer_chats(&self, who: &Customer, thread: Option<&ThreadId>, text: &str) -> Result<Posted, ActionError> {
        self.act(|state, now| {
            let thread = if let Some(id) = thread {
                number(state, id)?
            } else {
                let visitor = state.visitor(now, who.name.as_deref(), who.email.as_deref(), true);
                state.new_thread(now, CHAT_ACCOUNT, visitor).unwrap_or_default()
            };
            incoming(state, now, thread, Incoming { text, ..Incoming::default() })
        })
    }

    /// A customer sends an e-mail.
    pub fn customer_emails(&self, mail: &Email) -> Result<Posted, ActionError> {
        self.act(|state, now| {
            let fresh = mail.thread.is_none();
            let thread = if let Some(id) = &mail.thread {
                number(state, &ThreadId::from(id.as_str()))?
            } else {
                // HubSpot makes contacts of most senders, not of all.
                let contact = state.chance.shapes.chance(0.5);
                let visitor = state.visitor(now, mail.name.as_deref(), Some(&mail.from), contact);
                let account = mail.account.as_deref().unwrap_or(EMAIL_ACCOUNT);
                let begun = state.new_thread(now, account, visitor);
                begun.ok_or_else(|| ActionError::Account(account.to_owned()))?
            };
            let original = mail.quoted.as_ref().map(|quoted| format!("{}\n\n{quoted}", mail.text));
            let address = Some((mail.from.as_str(), mail.name.as_deref()));
            let rich =
                mail.quoted.as_ref().map(|quoted| format!("<p>{}</p><blockquote>{quoted}</blockquote>", mail.text));
            let said = Incoming { text: &mail.text, subject: Some(&mail.subject), original, rich, address, rep: None };
            let posted = incoming(state, now, thread, said)?;
            let desk = state.conversations.threads.get(&thread).is_some_and(|t| t.inbox_id == super::seed::HELP_DESK);
            if fresh && desk && state.seed.auto_ticket {
                state.auto_ticket(now, thread, &mail.subject);
            }
            Ok(posted)
        })
    }
}

/// Files.
impl Portal {
    /// A message that was just written carries a file as well.
    pub fn attach(&self, to: &Posted, name: &str, url: &str) -> Result<(), ActionError> {
        self.act(|state, _| {
            let number = number(state, &to.thread)?;
            let thread = state.conversations.threads.get_mut(&number);
            let item = thread.and_then(|thread| thread.items.iter_mut().find(|item| item.id == to.message.0));
            match item.map(|item| &mut item.kind) {
                Some(ItemKind::Message(said)) => said.files.push((name.to_owned(), url.to_owned())),
                Some(_) | None => return Err(ActionError::Record("message", to.message.0.clone())),
            }
            Ok(())
        })
    }
}

/// Reps and bots in a thread.
impl Portal {
    /// Somebody gives the thread to a user, or to nobody.
    pub fn assign(&self, thread: &ThreadId, to: Option<&ActorId>, by: &ActorId) -> Result<(), ActionError> {
        self.act(|state, now| {
            let number = number(state, thread)?;
            for agent in to.into_iter().chain([by]) {
                known_agent(state, agent)?;
            }
            state.assign(now, number, to.map(|actor| actor.0.clone()), &By::person(&by.0));
            Ok(())
        })
    }

    /// A rep answers the customer from HubSpot's inbox.
    pub fn rep_replies(&self, thread: &ThreadId, rep: &ActorId, text: &str) -> Result<Posted, ActionError> {
        self.act(|state, now| {
            let number = number(state, thread)?;
            let name = known_agent(state, rep)?;
            let sender = Party { actor: Some(rep.0.clone()), name: Some(name), ..Party::default() };
            outgoing(state, now, number, &By::person(&rep.0), sender, text)
        })
    }

    /// A rep answers from their own mailbox: HubSpot records it as INCOMING from their address.
    pub fn rep_replies_from_mailbox(
        &self,
        thread: &ThreadId,
        rep: &ActorId,
        text: &str,
    ) -> Result<Posted, ActionError> {
        self.act(|state, now| {
            let number = number(state, thread)?;
            known_agent(state, rep)?;
            let email = state.seed.agent(&rep.0).map(|agent| (agent.email.clone(), agent.name())).unwrap_or_default();
            let said = Incoming { text, rep: Some(email), ..Incoming::default() };
            incoming(state, now, number, said)
        })
    }

    /// A rep writes an internal comment.
    pub fn rep_comments(&self, thread: &ThreadId, rep: &ActorId, text: &str) -> Result<Posted, ActionError> {
        self.act(|state, now| {
            let number = number(state, thread)?;
            let name = known_agent(state, rep)?;
            let sender = Party { actor: Some(rep.0.clone()), name: Some(name), ..Party::default() };
            let kind = ItemKind::Comment { text: text.to_owned(), rich_text: Some(format!("<p>{text}</p>")) };
            let new = NewItem { senders: vec![sender], recipients: Vec::new(), kind };
            Ok(posted(number, state.add(now, number, &By::person(&rep.0), new)))
        })
    }

    /// A chatflow bot says something.
    pub fn bot_says(&self, thread: &ThreadId, text: &str) -> Result<Posted, ActionError> {
        self.act(|state, now| {
            let number = number(state, thread)?;
            let sender =
                Party { actor: Some("B-901".to_owned()), name: Some("Acme bot".to_owned()), ..Party::default() };
            outgoing(state, now, number, &By::person("B-901"), sender, text)
        })
    }

    /// A mailing tool writes to the customer; HubSpot names no actor.
    pub fn tool_says(&self, thread: &ThreadId, text: &str) -> Result<Posted, ActionError> {
        self.act(|state, now| {
            let number = number(state, thread)?;
            let sender = Party { name: Some("Newsletter".to_owned()), ..Party::default() };
            outgoing(state, now, number, &By::person("S-hubspot"), sender, text)
        })
    }

    /// The chat's greeting.
    pub fn welcome(&self, thread: &ThreadId, text: &str) -> Result<Posted, ActionError> {
        self.act(|state, now| {
            let number = number(state, thread)?;
            let kind = ItemKind::Welcome { text: text.to_owned(), channel_account_id: CHAT_ACCOUNT.to_owned() };
            let new = NewItem { senders: Vec::new(), recipients: Vec::new(), kind };
            Ok(posted(number, state.add(now, number, &By::system(), new)))
        })
    }

    /// A rep closes the thread or opens it again.
    pub fn set_closed(&self, thread: &ThreadId, closed: bool, by: &ActorId) -> Result<(), ActionError> {
        self.act(|state, now| {
            let number = number(state, thread)?;
            state.set_status(now, number, closed, &By::person(&by.0));
            Ok(())
        })
    }

    /// A rep puts the thread in the trash, or takes it out.
    pub fn set_archived(&self, thread: &ThreadId, archived: bool) -> Result<(), ActionError> {
        self.act(|state, now| {
            let number = number(state, thread)?;
            state.set_archived(now, number, archived);
            Ok(())
        })
    }

    /// A rep marks the thread as spam; HubSpot raises no event for it.
    pub fn mark_spam(&self, thread: &ThreadId) -> Result<(), ActionError> {
        self.act(|state, _| {
            let number = number(state, thread)?;
            if let Some(thread) = state.conversations.threads.get_mut(&number) {
                thread.spam = true;
            }
            Ok(())
        })
    }
}

impl Portal {
    /// A rep writes to a customer from a ticket, in a new thread of that ticket: it may own several.
    pub fn rep_writes_from_ticket(
        &self,
        ticket: &TicketId,
        rep: &ActorId,
        to: &str,
        (subject, text): (&str, &str),
    ) -> Result<Posted, ActionError> {
        self.act(|state, now| {
            let name = known_agent(state, rep)?;
            let ticket = crm::known_ticket(state, ticket)?;
            let visitor = state.visitor(now, None, Some(to), true);
            let thread = state.new_thread(now, HELP_DESK_ACCOUNT, visitor);
            let thread = thread.ok_or_else(|| ActionError::Account(HELP_DESK_ACCOUNT.to_owned()))?;
            state.link_ticket(thread, ticket);
            let sender = Party { actor: Some(rep.0.clone()), name: Some(name), ..Party::default() };
            first_outgoing(state, now, thread, &By::person(&rep.0), sender, (to, subject, text))
        })
    }

    /// The newest message to the customer, accepted before, turns FAILED after a while, with these words of HubSpot's.
    pub fn last_reply_fails(&self, thread: &ThreadId, why: &str, after: Duration) -> Result<MessageId, ActionError> {
        self.act(|state, now| {
            let number = number(state, thread)?;
            let items = state.conversations.threads.get(&number).map(|thread| thread.items.iter());
            let sent =
                |item: &&Item| matches!(&item.kind, ItemKind::Message(said) if said.direction == Direction::Outgoing);
            let last = items.and_then(|items| items.rev().find(sent)).map(|item| item.id.clone());
            let last = last.ok_or_else(|| ActionError::NoReply(thread.clone()))?;
            state.fail_later(now, number, &last, after, why);
            Ok(MessageId(last))
        })
    }

    pub(super) fn act<T>(
        &self,
        action: impl FnOnce(&mut State, Timestamp) -> Result<T, ActionError>,
    ) -> Result<T, ActionError> {
        let now = self.now();
        let done = action(&mut self.state(), now);
        self.changed();
        done
    }
}

fn number(state: &State, thread: &ThreadId) -> Result<u64, ActionError> {
    let id = thread.0.parse().ok().filter(|id| state.conversations.threads.contains_key(id));
    id.ok_or_else(|| ActionError::Thread(thread.clone()))
}

fn known_agent(state: &State, actor: &ActorId) -> Result<String, ActionError> {
    state.seed.agent(&actor.0).map(super::seed::Agent::name).ok_or_else(|| ActionError::Agent(actor.clone()))
}

fn source(state: &State, by: &ActorId) -> Result<Source, ActionError> {
    state.seed.agent(&by.0).map(|agent| Source::User(agent.user_id)).ok_or_else(|| ActionError::Agent(by.clone()))
}
