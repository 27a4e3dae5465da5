//! Threads and tickets as the pages show them: names instead of ids, one line per item.

use super::Portal;
use super::kind::End;
use super::kind::Kind;
use super::model::{Client, Item, ItemKind, Record, Thread};
use super::schema;
use super::state::State;
use crate::domain::{Direction, ThreadId, Timestamp};

/// Whose line it is, which decides how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The customer.
    Customer,
    /// A human rep.
    Rep,
    /// The AI, through the API.
    Ai,
    /// A chatflow bot or a greeting.
    Bot,
    /// An internal comment.
    Note,
    /// An assignment or a change of status.
    System,
}

/// One item of a thread.
#[derive(Clone, Debug)]
pub struct Line {
    /// Whose.
    pub speaker: Speaker,
    /// Their name.
    pub name: String,
    /// What they said, or what happened.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// Accepted, but never delivered.
    pub failed: bool,
}

/// One ticket.
#[derive(Clone, Debug)]
pub struct TicketView {
    /// Its id.
    pub id: String,
    /// `subject`.
    pub subject: String,
    /// `content`.
    pub content: String,
    /// The stage's name, or its id when no pipeline has it.
    pub status: String,
    /// `hs_ticket_priority`.
    pub priority: Option<String>,
    /// The values of `opencx_tags`.
    pub tags: Vec<String>,
    /// The owner's name.
    pub owner: Option<String>,
    /// The contacts it belongs to: id and name.
    pub contacts: Vec<(String, String)>,
    /// The threads it belongs to.
    pub threads: Vec<ThreadId>,
    /// Label and value of every other property that is set.
    pub others: Vec<(String, String)>,
    /// Notes on it, oldest first.
    pub notes: Vec<Note>,
}

/// A note on a ticket: for the team only, and in no thread.
#[derive(Clone, Debug)]
pub struct Note {
    /// Who wrote it.
    pub name: String,
    /// HTML.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// One thread.
#[derive(Clone, Debug)]
pub struct ThreadView {
    /// Its id.
    pub id: ThreadId,
    /// The customer's name, address or "Visitor".
    pub customer: String,
    /// The customer's address, when one is known.
    pub address: Option<String>,
    /// The contact who writes, when there is one: id and name.
    pub contact: Option<(String, String)>,
    /// `1000` chat, `1002` e-mail.
    pub channel_id: String,
    /// The newest subject.
    pub subject: Option<String>,
    /// The owner's actor id and name.
    pub owner: Option<(String, String)>,
    /// Closed.
    pub closed: bool,
    /// In the trash.
    pub archived: bool,
    /// Marked as spam.
    pub spam: bool,
    /// The newest line's time.
    pub latest: Timestamp,
    /// Oldest first.
    pub lines: Vec<Line>,
    /// The linked ticket.
    pub ticket: Option<TicketView>,
}

impl Portal {
    /// Every thread, the one with the newest line first.
    #[must_use]
    pub fn thread_views(&self) -> Vec<ThreadView> {
        let (state, now) = (self.state(), self.now());
        let mut views: Vec<_> = state.conversations.threads.values().map(|thread| view(&state, thread, now)).collect();
        views.sort_by_key(|view| std::cmp::Reverse((view.latest, view.id.clone())));
        views
    }

    /// One thread.
    #[must_use]
    pub fn thread_view(&self, id: &ThreadId) -> Option<ThreadView> {
        let (state, now) = (self.state(), self.now());
        let thread = state.conversations.threads.get(&id.0.parse().ok()?)?;
        Some(view(&state, thread, now))
    }

    /// Name, label and options of the ticket properties people can change.
    #[must_use]
    pub fn ticket_fields(&self) -> Vec<(String, String, Vec<String>)> {
        let state = self.state();
        let open = state.crm.table(Kind::Ticket).properties.iter().filter(|property| !property.read_only);
        open.map(|property| (property.name.clone(), property.label.clone(), property.options.clone())).collect()
    }
}

fn view(state: &State, thread: &Thread, now: Timestamp) -> ThreadView {
    let visitor = state.conversations.visitors.get(&thread.visitor);
    let customer = visitor.and_then(|visitor| visitor.name.clone().or_else(|| visitor.email.clone()));
    let customer = customer.unwrap_or_else(|| format!("Visitor {}", thread.visitor));
    let lines: Vec<Line> = thread.items.iter().map(|item| line(state, item, &customer, now)).collect();
    let owner = thread.assigned_to.clone().map(|actor| {
        let name = name_of(state, &actor);
        (actor, name)
    });
    ThreadView {
        id: ThreadId(thread.id.to_string()),
        channel_id: thread.channel_id.clone(),
        subject: thread.last_incoming().and_then(|(_, said)| said.subject.clone()),
        owner,
        closed: thread.closed,
        archived: thread.archived,
        spam: thread.spam,
        latest: lines.last().map_or(thread.created_at, |line| line.at),
        ticket: thread.ticket.and_then(|id| state.crm.record(Kind::Ticket, id)).map(|record| ticket(state, record)),
        contact: state.crm.record(Kind::Contact, thread.visitor).map(contact),
        address: visitor.and_then(|visitor| visitor.email.clone()),
        customer,
        lines,
    }
}

/// Shown at their own place, or of no use to people.
const NOT_AMONG_OTHERS: [&str; 13] = [
    "subject",
    "content",
    "hs_pipeline",
    "hs_pipeline_stage",
    "hs_ticket_priority",
    "opencx_tags",
    "hubspot_owner_id",
    "createdate",
    "hs_lastmodifieddate",
    "hs_object_id",
    "hs_object_source",
    "hs_object_source_id",
    "hs_conversations_originating_thread_id",
];

fn ticket(state: &State, record: &Record) -> TicketView {
    let value = |name: &str| record.properties.get(name).cloned();
    let in_stage = value("hs_pipeline_stage").unwrap_or_default();
    let pipelines = schema::pipelines(Kind::Ticket).map(|(all, _)| all).unwrap_or_default();
    let mut stages = pipelines.iter().flat_map(|pipeline| pipeline.stages);
    let status = stages.find(|(id, ..)| *id == in_stage).map_or(in_stage.clone(), |(_, label, _)| (*label).to_owned());
    let definitions = &state.crm.table(Kind::Ticket).properties;
    let label = |name: &str| {
        let known = definitions.iter().find(|property| property.name == name);
        known.map_or_else(|| name.to_owned(), |property| property.label.clone())
    };
    let others = record.properties.iter().filter(|(name, _)| !NOT_AMONG_OTHERS.contains(&name.as_str()));
    let linked = |to| state.crm.linked(End::Record(Kind::Ticket), record.id, to);
    let notes = linked(End::Record(Kind::Note)).filter_map(|id| state.crm.record(Kind::Note, id));
    let contacts = linked(End::Record(Kind::Contact)).filter_map(|id| state.crm.record(Kind::Contact, id));
    TicketView {
        id: record.id.to_string(),
        subject: value("subject").unwrap_or_default(),
        content: value("content").unwrap_or_default(),
        status,
        priority: value("hs_ticket_priority"),
        tags: value("opencx_tags").map(|tags| tags.split(';').map(str::to_owned).collect()).unwrap_or_default(),
        owner: value("hubspot_owner_id").map(|id| owner(state, &id)),
        contacts: contacts.map(contact).collect(),
        threads: linked(End::Conversation).map(|id| ThreadId(id.to_string())).collect(),
        others: others.map(|(name, value)| (label(name), value.clone())).collect(),
        notes: notes.map(|note| self::note(state, note)).collect(),
    }
}

fn note(state: &State, record: &Record) -> Note {
    let value = |name: &str| record.properties.get(name);
    Note {
        name: value("hubspot_owner_id").map_or_else(|| "The bridge".to_owned(), |id| owner(state, id)),
        body: value("hs_note_body").cloned().unwrap_or_default(),
        at: record.created_at,
    }
}

/// The contact's id, and the name or what else is known.
fn contact(record: &Record) -> (String, String) {
    let value = |name: &str| record.properties.get(name).map(String::as_str);
    let name = [value("firstname"), value("lastname")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = if name.is_empty() { value("email").unwrap_or("No name").to_owned() } else { name };
    (record.id.to_string(), name)
}

fn owner(state: &State, id: &str) -> String {
    let known = state.seed.agents().find(|agent| agent.owner_id.to_string() == id);
    known.map_or_else(|| format!("owner {id}"), super::seed::Agent::name)
}

fn line(state: &State, item: &Item, customer: &str, now: Timestamp) -> Line {
    let by = name_of(state, &item.created_by);
    let mut failed = false;
    let (speaker, name, text) = match &item.kind {
        ItemKind::Message(said) => {
            failed = said.fails.as_ref().is_some_and(|(at, _)| *at <= now);
            let sender = item.senders.first().and_then(|sender| sender.name.clone());
            if said.direction == Direction::Incoming {
                (Speaker::Customer, sender.unwrap_or_else(|| customer.to_owned()), said.text.clone())
            } else {
                (outgoing(item), sender.unwrap_or(by), said.text.clone())
            }
        }
        ItemKind::Comment { text, .. } => (Speaker::Note, by, text.clone()),
        ItemKind::Welcome { text, .. } => (Speaker::Bot, "Greeting".to_owned(), text.clone()),
        ItemKind::Assignment { to: Some(to), .. } if *to == item.created_by => {
            (Speaker::System, by, "took the conversation".to_owned())
        }
        ItemKind::Assignment { to: Some(to), .. } => {
            (Speaker::System, by, format!("gave the conversation to {}", name_of(state, to)))
        }
        ItemKind::Assignment { to: None, .. } => (Speaker::System, by, "left the conversation unassigned".to_owned()),
        ItemKind::StatusChange { closed } => {
            let text = if *closed { "closed the conversation" } else { "opened the conversation" };
            (Speaker::System, by, text.to_owned())
        }
    };
    Line { speaker, name, text, at: item.created_at, failed }
}

fn outgoing(item: &Item) -> Speaker {
    match item.client {
        Client::Integration(_) => Speaker::Ai,
        Client::HubSpot | Client::System if item.created_by.starts_with("B-") => Speaker::Bot,
        Client::HubSpot | Client::System => Speaker::Rep,
    }
}

fn name_of(state: &State, actor: &str) -> String {
    if let Some(agent) = state.seed.agent(actor) {
        return agent.name();
    }
    match actor.split_once('-') {
        Some(("I", _)) => "The bridge".to_owned(),
        Some(("S", _)) => "HubSpot".to_owned(),
        Some(("B", _)) => "Acme bot".to_owned(),
        Some(_) | None => actor.to_owned(),
    }
}
