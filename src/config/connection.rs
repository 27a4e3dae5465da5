//! `[connections.NAME]`: one HubSpot portal joined to one agent.

mod agent;
mod hours;
mod read;
mod rules;
mod team;
mod ticketing;

pub use hours::{Hours, Weekday};
pub(super) use read::is_name;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::Secret;
use crate::domain::{ActorId, Channel, ConnectionName, Mode, PortalId};

/// One HubSpot portal joined to one agent.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its name, also in its webhook URL.
    pub name: ConnectionName,
    /// The portal.
    pub portal_id: PortalId,
    /// Calls HubSpot.
    pub access_token: Secret,
    /// Signs HubSpot's webhooks; not the token.
    pub client_secret: Secret,
    /// Which signatures are accepted.
    pub signature: SignatureMode,
    /// The user the AI answers as.
    pub ai_user_id: ActorId,
    /// Gets a handed-off conversation when no rule names another.
    pub default_user_id: Option<ActorId>,
    /// To the customer, or to the reps.
    pub mode: Mode,
    /// Inbox ids; empty: all.
    pub inboxes: Vec<String>,
    /// Channels; empty: all it can answer on.
    pub channels: Vec<Channel>,
    /// Domains of the own team, lower-cased; subdomains do not count.
    pub internal_domains: Vec<String>,
    /// Answer conversations nobody owns.
    pub reply_when_unassigned: bool,
    /// When a handed-off conversation may return by itself.
    pub return_to_ai: ReturnToAi,
    /// Carry internal notes to the agent.
    pub mirror_notes: bool,
    /// What becomes of a message the agent failed on.
    pub on_agent_failure: OnAgentFailure,
    /// The rate budget.
    pub plan: Plan,
    /// The agent.
    pub agent: AgentSettings,
    /// Tickets.
    pub ticketing: Ticketing,
    /// What the CRM knows of a customer.
    pub crm: Crm,
    /// Signatures of e-mail replies, by the sending address's domain.
    pub signatures: Vec<Signature>,
    /// What the AI may talk about; the first rule that matches a message decides.
    pub topics: Vec<Topic>,
    /// Who gets a handed-off conversation; the first rule that matches decides, else `default_user_id`.
    pub routing: Vec<Route>,
    /// What the customer is told when a human takes over; the first that matches is said, if any.
    pub handoff_words: Vec<HandoffWords>,
}

/// Which webhook signatures are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureMode {
    /// v3 when its headers are there, else v1 (or v2 if its version header says so).
    Auto,
    /// Only v3.
    V3,
    /// None; only on a loopback listener.
    None,
}

/// When a handed-off conversation may return to the AI by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnToAi {
    /// When the thread was closed since.
    OnClose,
    /// Only by assignment or on request.
    Never,
}

/// What becomes of a message the agent failed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnAgentFailure {
    /// A human gets it.
    Handoff,
    /// A comment says so to the reps.
    Draft,
    /// Only the ledger says so.
    Silent,
}

/// HubSpot's plan, for the rate budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Learned from HubSpot's headers.
    Auto,
    /// 100 calls per 10 s.
    Starter,
    /// 190 calls per 10 s.
    Pro,
}

/// The AI agent of a connection.
#[derive(Clone, Debug)]
pub struct AgentSettings {
    /// Which implementation.
    pub kind: AgentKind,
    /// Where it is, without a trailing slash; per kind.
    pub base_url: String,
    /// Its key.
    pub api_key: Option<Secret>,
    /// The deadline of one call.
    pub timeout: Duration,
    /// Calls before it counts as failed.
    pub attempts: u32,
    /// `openai`: the model.
    pub model: String,
    /// `openai`: who it is and what it knows; empty for the built-in words.
    pub system_prompt: String,
    /// `faq`: a folder of Markdown files.
    pub articles: PathBuf,
    /// `http`: signs what the bridge posts.
    pub signing_secret: Option<Secret>,
    /// `opencx`: checks its webhooks to us.
    pub webhook_secret: Option<Secret>,
}

/// Which agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentKind {
    /// OpenCX's API.
    Opencx,
    /// Any OpenAI-compatible endpoint.
    Openai,
    /// Your own.
    Http,
    /// Built in.
    Faq,
}

/// `[connections.NAME.ticketing]`.
#[derive(Clone, Debug)]
pub struct Ticketing {
    /// Sync ticket properties, make tickets on handoff.
    pub enabled: bool,
    /// Where new tickets go.
    pub pipeline: String,
    /// And in which stage.
    pub stage: String,
    /// At most one update per ticket in this time.
    pub update_interval: Duration,
    /// Names, or `*`.
    pub sync_properties: Vec<String>,
    /// Names never synced.
    pub sync_exclude: Vec<String>,
    /// A multi-select property that gets the handoff tag.
    pub tag_property: String,
    /// Session key → ticket property.
    pub custom_data: BTreeMap<String, String>,
}

/// `[connections.NAME.crm]`.
#[derive(Clone, Debug)]
pub struct Crm {
    /// A read-only token of its own; none: the connection's.
    pub access_token: Option<Secret>,
    /// Tell the agent what the CRM knows about the customer.
    pub for_agent: bool,
}

/// `[[connections.NAME.signatures]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `example.com`, or `*.example.com` for its subdomains; lower-cased.
    pub domain: String,
    /// What is put under the reply; sanitised when it is used.
    pub html: String,
}

/// `[[connections.NAME.topics]]`.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Shown in the ledger, and named by routing rules.
    pub name: String,
    /// Words or `/patterns/`, any of which must be in the message; empty: every message.
    pub matches: Vec<Matcher>,
    /// Empty: every channel.
    pub channels: Vec<Channel>,
    /// BCP 47 primary tags, e.g. `de`; empty: every language.
    pub languages: Vec<String>,
    /// What is done.
    pub action: TopicAction,
}

/// One entry of a topic's `match`.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// A keyword or phrase: whole words, whatever their case.
    Keyword(String),
    /// Between slashes in the settings; case-insensitive.
    Pattern(regex::Regex),
}

/// What a topic rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TopicAction {
    /// Nothing is done; the event ends `topic_ignored`.
    Ignore,
    /// The agent answers.
    Answer,
    /// The agent's answer becomes a draft.
    Draft,
    /// A human gets it without the agent being asked.
    Escalate,
}

/// `[[connections.NAME.routing]]`. Every condition given must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Shown in the ledger.
    pub name: String,
    /// Names of topic rules.
    pub topics: Vec<String>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// BCP 47 primary tags.
    pub languages: Vec<String>,
    /// Lower-cased words of the agent, e.g. `angry`.
    pub sentiments: Vec<String>,
    /// Session keys and the values they must have.
    pub custom_data: BTreeMap<String, String>,
    /// When the rule applies; none: always.
    pub hours: Option<Hours>,
    /// Who gets it.
    pub assign_to: ActorId,
}

/// `[[connections.NAME.handoff_words]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoffWords {
    /// A BCP 47 primary tag; none: for every language no other entry names.
    pub language: Option<String>,
    /// What is said.
    pub text: String,
    /// The team's hours; none: always open.
    pub hours: Option<Hours>,
    /// What is said outside them; none: `text`.
    pub outside_hours: Option<String>,
}

impl Ticketing {
    /// Is this property carried into sessions?
    #[must_use]
    pub fn syncs(&self, property: &str) -> bool {
        let named = self.sync_properties.iter().any(|name| name == "*" || name == property);
        named && !self.sync_exclude.iter().any(|name| name == property)
    }
}
