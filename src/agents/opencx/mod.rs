//! OpenCX's public API as an agent: a session per conversation, one `send` per turn, its answer in the same response.
//! It keeps state: what was sent cannot be taken back, so an unclear end is looked up in the session's history.
//!
//! What OpenCX's codes become: `session_assigned_to_human_agent` a handoff; `skipping_unuseful_response` nothing to say;
//! `duplicate_message_ignored` the answer found in the history; `response_cancelled` an error to try again (unless the
//! session says that a human has it), because the customer still has no answer.
//!
//! A rep's reply goes in as an agent's message, which takes the session over from the AI. Internal notes do not go in: the
//! API has no call for them, and an agent's message would reach the customer. Made by [`super::Builder`].

mod client;
mod failure;
mod history;
mod limiter;
mod outside;
mod request;
mod sent;
mod session;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

pub use limiter::{Busy, Limiter};

use self::client::{Client, encode};
use self::failure::Failure;
use self::history::{Event, Page, Trace, has_rep, is_newest_first, trace};
use self::sent::{Sent, Silence};
use self::session::{Details, Session, Signal};
use super::{Agent, Answer, Decision, Effect, Error, Outside, Question, Recall, Relay, RelayKind};
use crate::clock::Clock;
use crate::config::Secret;
use crate::domain::Timestamp;
use crate::hubspot::transport::Transport;

/// How far OpenCX's clock may be behind ours.
const CLOCK_SLACK: Duration = Duration::from_secs(30);
/// An answer at hand does not wait longer than this for the details of a handoff.
const DETAILS_PATIENCE: Duration = Duration::from_secs(5);
/// A tenth of the key's minute; conversations with more pages are beyond what an AI is let answer.
const HISTORY_PAGES_MAX: usize = 10;
/// A fifth of the key's minute, for a transcript.
const TRANSCRIPT_PAGES_MAX: usize = 20;

/// Where OpenCX is and how to call it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Scheme and host.
    pub base_url: String,
    /// `ocx_live_…`.
    pub api_key: Secret,
    /// Bounds each call of the trait, waiting for the key's limit included.
    pub timeout: Duration,
}

/// The agent.
pub struct OpenCx {
    client: Client,
}

impl OpenCx {
    /// Calls OpenCX through `transport`, within a limit of its own.
    #[must_use]
    pub fn new(settings: Settings, transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { client: Client { settings, transport, clock, limiter: Arc::default() } }
    }

    /// Shares the limit of its API key with the other connections that use it.
    #[must_use]
    pub fn sharing(mut self, limiter: Arc<Limiter>) -> Self {
        self.client.limiter = limiter;
        self
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.client.settings.timeout
    }

    async fn session(&self, id: &str, deadline: Instant) -> Result<Session, Failure> {
        Ok(Session::read(&self.client.get(&path(id, ""), deadline).await?))
    }

    /// The session if it can be had soon: an answer at hand must not be lost for want of its details.
    async fn session_if_at_hand(&self, id: &str, deadline: Instant) -> Session {
        let soon = deadline.min(Instant::now() + DETAILS_PATIENCE);
        self.session(id, soon).await.unwrap_or_else(|failure| {
            tracing::debug!(%failure, "the OpenCX session could not be read for details");
            Session::default()
        })
    }

    async fn handoff(&self, id: &str, words: Option<String>, signal: Signal, known: Details, by: Instant) -> Answer {
        let session = self.session_if_at_hand(id, by).await;
        known.or(session.details).handoff(words, signal)
    }

    async fn conclude(&self, question: &Question, id: &str, sent: Sent, by: Instant) -> Result<Answer, Failure> {
        match sent {
            Sent::Said { text, tells_handoff: true } => Ok(Answer::new(Decision::Reply { text })),
            Sent::Said { text, tells_handoff: false } => {
                let Session { signal, details } = self.session_if_at_hand(id, by).await;
                Ok(match signal {
                    Some(signal) => details.handoff(Some(text), signal),
                    None => Answer::new(Decision::Reply { text }),
                })
            }
            Sent::HandedOff { words, signal, details } => Ok(self.handoff(id, words, signal, details, by).await),
            Sent::Silent(Silence::Duplicate) => {
                let written = question.messages.last().map_or(self.client.clock.now(), |said| said.at);
                match self.look_up(question, id, written, by).await? {
                    Recall::Answered(answer) => Ok(answer),
                    Recall::NotSent | Recall::Unanswered => Err(Failure::Unanswered("it had it from before")),
                }
            }
            Sent::Silent(silence) => {
                let Session { signal, details } = self.session(id, by).await?;
                match (signal, silence) {
                    (Some(signal), _) => Ok(details.handoff(None, signal)),
                    (None, Silence::Cancelled) => Err(Failure::Unanswered("it was withdrawn")),
                    (None, Silence::Unexplained | Silence::Unuseful | Silence::Duplicate) => {
                        Ok(Answer::new(Decision::Nothing))
                    }
                }
            }
        }
    }

    async fn look_up(&self, question: &Question, id: &str, since: Timestamp, by: Instant) -> Result<Recall, Failure> {
        let bound = since.before(CLOCK_SLACK);
        let events = self.history(id, bound, by).await?;
        let answer = match trace(events, &request::text(question), bound) {
            Trace::Absent => return Ok(Recall::NotSent),
            Trace::Said(text) => Answer::new(Decision::Reply { text }),
            Trace::Declined => Answer::new(Decision::Nothing),
            Trace::Human(words, signal) => self.handoff(id, words, signal, Details::default(), by).await,
            Trace::Unanswered => {
                let Session { signal, details } = self.session(id, by).await?;
                let Some(signal) = signal else { return Ok(Recall::Unanswered) };
                details.handoff(None, signal)
            }
        };
        Ok(Recall::Answered(answer))
    }

    /// The history back to `bound`.
    async fn history(&self, id: &str, bound: Timestamp, by: Instant) -> Result<Vec<Event>, Failure> {
        let mut events = Vec::new();
        let mut cursor = None;
        for _ in 0..HISTORY_PAGES_MAX {
            let page = self.page(id, cursor.as_deref(), by).await?;
            let past = page.is_past(bound);
            events.extend(page.events);
            cursor = page.next.filter(|_| !past);
            if cursor.is_none() {
                return Ok(events);
            }
        }
        Err(Failure::HistoryTooLong(HISTORY_PAGES_MAX))
    }

    /// The newest of the whole history. Where it is told oldest first and has too many pages, the newest cannot be had:
    /// most of a conversation is then better than none of it.
    async fn newest(&self, id: &str, by: Instant) -> Result<Vec<Event>, Failure> {
        let mut events = Vec::new();
        let mut cursor = None;
        for _ in 0..TRANSCRIPT_PAGES_MAX {
            let page = self.page(id, cursor.as_deref(), by).await?;
            events.extend(page.events);
            let enough = events.len() >= outside::TRANSCRIPT_MAX && is_newest_first(&events);
            cursor = page.next.filter(|_| !enough);
            if cursor.is_none() {
                return Ok(events);
            }
        }
        tracing::warn!(session = id, pages = TRANSCRIPT_PAGES_MAX, "the OpenCX history is longer than is read of it");
        Ok(events)
    }

    async fn page(&self, id: &str, cursor: Option<&str>, by: Instant) -> Result<Page, Failure> {
        let query = cursor.map(|cursor| format!("?cursor={}", encode(cursor))).unwrap_or_default();
        let body = self.client.get(&path(id, &format!("/history{query}")), by).await?;
        Page::read(&body).ok_or(Failure::Unreadable("the history has no items"))
    }

    async fn send_reply(&self, relay: &Relay) -> Result<(), Failure> {
        match relay.kind {
            RelayKind::Reply => {}
            RelayKind::Note => return Err(Failure::NoNotes),
        }
        let id = relay.agent_session_id.as_deref().ok_or(Failure::NothingToRelayTo)?;
        let body = self.client.post(&path(id, "/send"), &request::relay(relay), self.deadline()).await?;
        sent::accepted(&body)
    }

    async fn told(&self, id: &str, by: Instant) -> Result<Outside, Failure> {
        let body = self.client.get(&path(id, ""), by).await?;
        let session = outside::session(&body)?;
        Ok(outside::read(session, self.newest(id, by).await?))
    }
}

/// What only reads and needs the key: the newest sessions.
const LIST: &str = "/chat/sessions";

fn path(id: &str, rest: &str) -> String {
    // URLs go up a step at `..`, and at `%2E%2E` too. Escaped twice it is an id that nobody has.
    let id = if matches!(id, "." | "..") { id.replace('.', "%252E") } else { encode(id) };
    format!("/chat/sessions/{id}{rest}")
}

#[async_trait]
impl Agent for OpenCx {
    fn keeps_state(&self) -> bool {
        true
    }

    async fn open(&self, question: &Question) -> Result<Option<String>, Error> {
        let made = self.client.post("/chat/sessions", &request::open(question), self.deadline()).await;
        let id = made.and_then(|body| session::id(&body).ok_or(Failure::Unreadable("it names no session id")));
        id.map(Some).map_err(|failure| failure.during("open"))
    }

    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let deadline = self.deadline();
        let Some(id) = question.agent_session_id.as_deref() else { return Err(Failure::NoSession.during("ask")) };
        let body = self.client.post(&path(id, "/send"), &request::send(question), deadline).await;
        let sent = body.and_then(|body| sent::read(&body)).map_err(|failure| failure.during("ask"))?;
        // From here on the message is with OpenCX, whatever becomes of the calls that complete the answer.
        let concluded = self.conclude(question, id, sent, deadline).await;
        concluded.map_err(|failure| failure.with_effect("ask", Effect::Unclear))
    }

    async fn recall(&self, question: &Question, asked_at: Timestamp) -> Result<Recall, Error> {
        let Some(id) = question.agent_session_id.as_deref() else { return Ok(Recall::NotSent) };
        let found = self.look_up(question, id, asked_at, self.deadline()).await;
        // A failed look-up makes nothing clearer.
        found.map_err(|failure| failure.with_effect("recall", Effect::Unclear))
    }

    fn takes(&self, kind: RelayKind) -> bool {
        match kind {
            RelayKind::Reply => true,
            RelayKind::Note => false,
        }
    }

    async fn relay(&self, relay: &Relay) -> Result<(), Error> {
        self.send_reply(relay).await.map_err(|failure| failure.during("relay"))
    }

    async fn look(&self, limit: Duration) -> Result<String, Error> {
        let by = Instant::now() + limit.min(self.client.settings.timeout);
        match self.client.get(LIST, by).await {
            Ok(_) => Ok("answers and takes the key".to_owned()),
            Err(failure) if failure.is_not_found() => Err(Failure::NoSuchApi.during("look")),
            Err(failure) => Err(failure.during("look")),
        }
    }

    async fn was_relayed(&self, relay: &Relay, began: Timestamp) -> Result<bool, Error> {
        let (RelayKind::Reply, Some(id)) = (relay.kind, relay.agent_session_id.as_deref()) else { return Ok(false) };
        let bound = began.before(CLOCK_SLACK);
        match self.history(id, bound, self.deadline()).await {
            Ok(events) => Ok(has_rep(events, &request::relayed(relay), bound)),
            // A failed look-up makes nothing clearer.
            Err(failure) => Err(failure.with_effect("was_relayed", Effect::Unclear)),
        }
    }

    async fn conversation(&self, agent_session_id: &str) -> Result<Option<Outside>, Error> {
        // Ids come from outside: one of dots alone would lead to another place of the API.
        if agent_session_id.trim_matches('.').trim().is_empty() {
            return Ok(None);
        }
        match self.told(agent_session_id, self.deadline()).await {
            Ok(outside) => Ok(Some(outside)),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure.with_effect("conversation", Effect::NotSent)),
        }
    }
}
