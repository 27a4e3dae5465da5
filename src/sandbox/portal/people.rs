//! What people do in HubSpot: customers write, reps claim, answer and comment, tickets change. Each raises its webhooks.
//!
//! Called by the pages, by `/_sandbox/actions`, by tests and by the simulation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Portal;
use super::change::{By, NewItem};
use super::model::{ItemKind, Party};
use super::record::Source;
use super::say::{Incoming, incoming, outgoing, posted};
use super::seed::{CHAT_ACCOUNT, EMAIL_ACCOUNT};
use super::state::State;
use crate::domain::{ActorId, MessageId, ThreadId, TicketId, Timestamp};

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
    /// Quoted below them: HubSpot shows `text` alone, cut to the most recent reply.
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
            let said = Incoming { text: &mail.text, subject: Some(&mail.subject), original, address, rep: None };
            let posted = incoming(state, now, thread, said)?;
            let desk = state.conversations.threads.get(&thread).is_some_and(|t| t.inbox_id == super::seed::HELP_DESK);
            if fresh && desk && state.seed.auto_ticket {
                state.auto_ticket(now, thread, &mail.subject);
            }
            Ok(posted)
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

/// Tickets.
impl Portal {
    /// A user makes a ticket in the first stage.
    pub fn create_ticket(&self, subject: &str, by: &ActorId) -> Result<TicketId, ActionError> {
        self.act(|state, now| {
            let source = source(state, by)?;
            let values = [("subject", subject), ("hs_pipeline", "0"), ("hs_pipeline_stage", "1")];
            let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            Ok(TicketId(state.create_record(now, "tickets", values, &source).to_string()))
        })
    }

    /// A user joins a ticket to a thread.
    pub fn link_ticket(&self, thread: &ThreadId, ticket: &TicketId) -> Result<(), ActionError> {
        self.act(|state, _| {
            let number = number(state, thread)?;
            let id: u64 = ticket.0.parse().unwrap_or_default();
            if state.link_ticket(number, id) { Ok(()) } else { Err(ActionError::Ticket(ticket.clone())) }
        })
    }

    /// A user changes one property of a ticket; empty clears it.
    pub fn change_ticket(&self, ticket: &TicketId, name: &str, value: &str, by: &ActorId) -> Result<(), ActionError> {
        self.act(|state, now| {
            let source = source(state, by)?;
            if !state.crm.ticket_properties.iter().any(|property| property.name == name && !property.read_only) {
                return Err(ActionError::Property(name.to_owned()));
            }
            let id: u64 = ticket.0.parse().unwrap_or_default();
            let changes = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            let found = state.change_record(now, "tickets", id, changes, &source);
            if found { Ok(()) } else { Err(ActionError::Ticket(ticket.clone())) }
        })
    }

    fn act<T>(&self, action: impl FnOnce(&mut State, Timestamp) -> Result<T, ActionError>) -> Result<T, ActionError> {
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
