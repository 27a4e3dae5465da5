//! A team's own agent, as `docs/agents.md` describes the kind `http`: it answers turns from the sandbox's articles and
//! keeps what it is told of reps' words. Served beside the portal for `sandbox --agent http` and the tour.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::agents::faq::{Faq, OpenError};
use crate::agents::http::signature;
use crate::agents::{Agent as _, Answer, Contact, Decision, Question, Said, Speaker};
use crate::clock::{Clock, SystemClock};
use crate::domain::{Attachment, Channel, ConnectionName, MessageId, ThreadId, Timestamp};

/// Where the bridge posts to.
pub const PATH: &str = "/agent/turns";
/// What is kept of the newest exchanges.
const KEPT_MAX: usize = 200;
/// An older signature may be a replay.
const AGE_MAX_SECONDS: i64 = 300;

/// The agent; clones share it.
#[derive(Clone)]
pub struct Assistant {
    inner: Arc<Inner>,
}

struct Inner {
    faq: Faq,
    key: Vec<u8>,
    heard: Mutex<Vec<Heard>>,
}

/// One thing the agent was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// `turn_…` or `relay_…`: the same when it is told again.
    pub id: String,
    /// The conversation, as the agent knows it.
    pub session: String,
    /// The thread; none of a note on a ticket.
    pub thread: Option<ThreadId>,
    /// What it was.
    pub what: What,
    /// The words.
    pub text: String,
    /// When it came.
    pub at: Timestamp,
    /// How often it came: only the first time counts.
    pub times: u32,
}

/// What the agent was told, and what it said to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A customer's open messages.
    Turn {
        /// The action answered, `reply`.
        answered: &'static str,
    },
    /// A rep's words.
    Relay {
        /// Internal: never for the customer.
        note: bool,
        /// The rep's name.
        author: Option<String>,
    },
}

impl fmt::Debug for Assistant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assistant").finish_non_exhaustive()
    }
}

impl Assistant {
    /// An agent that answers from a folder of articles and knows the bridge by this secret.
    ///
    /// # Errors
    /// When the articles cannot be used.
    pub fn new(articles: &Path, secret: &str) -> Result<Self, OpenError> {
        let (faq, key) = (Faq::open(articles)?, signature::key(secret).unwrap_or_default());
        Ok(Self { inner: Arc::new(Inner { faq, key, heard: Mutex::default() }) })
    }

    /// What it was told, oldest first.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.inner.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, new: Heard) {
        let mut heard = self.lock();
        if let Some(known) = heard.iter_mut().find(|known| known.id == new.id) {
            known.times += 1;
            return;
        }
        if heard.len() >= KEPT_MAX {
            heard.remove(0);
        }
        heard.push(new);
    }

    /// Is it from the bridge, and new enough?
    fn knows(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let given = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
        let (Some(id), Some(seconds), Some(given)) = given else { return false };
        let Ok(seconds) = seconds.parse::<i64>() else { return false };
        let now = SystemClock.now().0.div_euclid(1_000);
        // Between two sides of one machine nobody measures how long comparing takes.
        (now - seconds).abs() <= AGE_MAX_SECONDS
            && signature::sign(&self.inner.key, id, seconds, body).is_some_and(|own| own == given)
    }
}

/// The one route.
pub fn router(assistant: Assistant) -> Router {
    Router::new().route(PATH, post(told)).with_state(assistant)
}

async fn told(State(assistant): State<Assistant>, headers: HeaderMap, body: Bytes) -> Response {
    if !assistant.knows(&headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match serde_json::from_slice(&body) {
        Ok(Told::Turn(turn)) => answer(&assistant, turn).await,
        Ok(Told::Relay(relay)) => {
            assistant.keep(relay.heard());
            StatusCode::NO_CONTENT.into_response()
        }
        // As the contract asks of types that are not known.
        Ok(Told::Other) => StatusCode::OK.into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn answer(assistant: &Assistant, turn: Turn) -> Response {
    let question = turn.question();
    let Ok(answer) = assistant.inner.faq.ask(&question).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let text = question.messages.iter().map(|said| said.text.as_str()).collect::<Vec<_>>().join("\n");
    let (answered, body) = worded(&answer, &text);
    assistant.keep(Heard {
        id: turn.id,
        session: turn.session_id,
        thread: Some(question.thread_id),
        what: What::Turn { answered },
        text,
        at: SystemClock.now(),
        times: 1,
    });
    axum::Json(body).into_response()
}

/// The answer as the contract wants it; with a handoff the customer's words as summary, and an order's number as data.
fn worded(answer: &Answer, asked: &str) -> (&'static str, Value) {
    let sentiment = &answer.sentiment;
    match &answer.decision {
        Decision::Reply { text } => ("reply", json!({"action": "reply", "text": text, "sentiment": sentiment})),
        Decision::Draft { text } => ("draft", json!({"action": "draft", "text": text, "sentiment": sentiment})),
        Decision::Handoff { words, reason } => (
            "handoff",
            json!({
                "action": "handoff", "text": words, "reason": reason, "sentiment": sentiment,
                "summary": format!("The customer wrote: {asked}"), "custom_data": {"order": order(asked)},
            }),
        ),
        Decision::Nothing => ("nothing", json!({"action": "nothing"})),
    }
}

/// The first number that follows the word "order".
fn order(text: &str) -> Option<&str> {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.find(|word| word.eq_ignore_ascii_case("order"))?;
    words.find(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What the bridge posts; fields that are not used are left out.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Told {
    #[serde(rename = "conversation.turn")]
    Turn(Turn),
    #[serde(rename = "conversation.relay")]
    Relay(Relay),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Turn {
    id: String,
    session_id: String,
    connection: String,
    thread_id: String,
    contact: Person,
    messages: Vec<Message>,
    history: Vec<Message>,
}

#[derive(Deserialize)]
struct Person {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    by: String,
    at: String,
    text: String,
    attachments: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    kind: String,
    name: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Relay {
    id: String,
    kind: String,
    session_id: String,
    thread_id: Option<String>,
    author: Option<String>,
    text: String,
}

impl Turn {
    fn question(&self) -> Question {
        let said = |messages: &[Message]| messages.iter().map(Message::said).collect();
        Question {
            connection: ConnectionName(self.connection.clone()),
            thread_id: ThreadId(self.thread_id.clone()),
            agent_session_id: Some(self.session_id.clone()),
            messages: said(&self.messages),
            history: said(&self.history),
            contact: Contact { name: self.contact.name.clone(), ..Contact::default() },
            channel: Channel::Other,
            ticket_id: None,
            custom_data: std::collections::BTreeMap::new(),
            crm: None,
        }
    }
}

impl Message {
    fn said(&self) -> Said {
        let named =
            |file: &Named| Attachment { kind: file.kind.clone(), name: file.name.clone(), url: file.url.clone() };
        Said {
            id: MessageId(self.id.clone()),
            by: match self.by.as_str() {
                "ai" => Speaker::Ai,
                "rep" => Speaker::Rep,
                _ => Speaker::Customer,
            },
            text: self.text.clone(),
            original: None,
            at: Timestamp::parse(&self.at).unwrap_or_default(),
            attachments: self.attachments.iter().map(named).collect(),
        }
    }
}

impl Relay {
    fn heard(self) -> Heard {
        Heard {
            id: self.id,
            session: self.session_id,
            thread: self.thread_id.map(ThreadId),
            what: What::Relay { note: self.kind != "reply", author: self.author },
            text: self.text,
            at: SystemClock.now(),
            times: 1,
        }
    }
}
