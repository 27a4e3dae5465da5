//! An OpenCX of our own, in process: a [`Transport`] that keeps sessions and histories, answers as told, makes trouble as
//! told, and remembers what it was sent. Time is tokio's and the clock's, so it runs under paused time. Needs nothing
//! else of this folder: the simulation includes it too.

mod state;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use hubspot_bridge::clock::Clock;
use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use serde_json::{Map, Value, json};

use self::state::{State, refusal};

/// The one key it accepts.
pub const KEY: &str = "ocx_live_test";

/// What the AI does with a message.
#[derive(Clone, Debug)]
pub enum Act {
    /// Says this.
    Reply(String),
    /// Says this, if anything, and gives the session to a human.
    HandOff { words: Option<String>, summary: String },
    /// Says nothing, with or without a code.
    Silent(Option<&'static str>),
    /// Fails, and says so in this text, which no customer should see.
    Fail(String),
    /// Takes it for one it has already: stores nothing.
    IgnoreDuplicate,
    /// Answers this body, whatever it is; the message is stored, no answer is.
    Raw(Value),
}

/// An act, and how long the AI thinks before it.
#[derive(Clone, Debug)]
pub struct Turn {
    pub thinking: Duration,
    pub act: Act,
}

impl Turn {
    pub fn now(act: Act) -> Self {
        Self { thinking: Duration::ZERO, act }
    }
}

/// What happens to a request.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// It never leaves.
    Connect,
    /// The connection breaks; the peer has acted on the request or not.
    Cut { acted: bool },
    /// No answer ever; the peer has acted on the request or not.
    Hang { acted: bool },
    /// This status; nothing was acted on.
    Status { status: u16, retry_after: Option<String> },
    /// It was acted on, and the answer is 200 and not JSON.
    Garbage,
}

/// The wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Send answers `{ai_response}`, history events have no id, sessions know no `ai_closure_type`.
    Y2024,
    /// Send answers `{success, data: {…}}`, history events have ids.
    Newest,
}

/// One request as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub at: Timestamp,
    pub method: Method,
    /// Path and query.
    pub path: String,
    pub authorization: String,
    /// Null without a body.
    pub body: Value,
}

/// One session as the peer keeps it.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub contact: Value,
    pub custom_data: Map<String, Value>,
    pub handoff_summary: Option<String>,
    /// A human took it from the AI.
    pub taken_over: bool,
    /// Shown by `GET` besides, or instead of, what it would show.
    pub shown: Map<String, Value>,
    /// When each happened (the AI's lie in the future while it thinks), and the event in the newest wire format.
    pub events: Vec<(Timestamp, Value)>,
}

/// The peer.
pub struct Peer {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Peer {
    /// Speaks the newest format and answers every message with `You said: …`.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let state = State {
            style: Style::Newest,
            page_size: 50,
            newest_first: false,
            brain: Box::new(|text| Turn::now(Act::Reply(format!("You said: {text}")))),
            script: VecDeque::new(),
            troubles: Vec::new(),
            sessions: BTreeMap::new(),
            requests: Vec::new(),
        };
        Arc::new(Self { clock, state: Mutex::new(state) })
    }

    /// Speaks another format from now on.
    pub fn speak(&self, style: Style) {
        self.lock().style = style;
    }

    /// How the history is paged and ordered from now on.
    pub fn page(&self, size: usize, newest_first: bool) {
        let mut state = self.lock();
        (state.page_size, state.newest_first) = (size, newest_first);
    }

    /// What the AI does with a message for which nothing is scripted.
    pub fn think(&self, brain: impl Fn(&str) -> Turn + Send + 'static) {
        self.lock().brain = Box::new(brain);
    }

    /// What the AI does with the next message for which nothing is scripted yet.
    pub fn script(&self, turn: Turn) {
        self.lock().script.push_back(turn);
    }

    /// What happens to the next request whose path ends so (`/send`, `/history`, `/chat/sessions`; empty for any).
    pub fn trouble(&self, path_end: &'static str, trouble: Trouble) {
        self.lock().troubles.push((path_end, trouble));
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.lock().requests.clone()
    }

    /// The customer's messages that arrived in a session, in order.
    pub fn heard(&self, session: &str) -> Vec<String> {
        let text = |(_, event): &(Timestamp, Value)| {
            let contact = event["sender"]["type"] == "contact";
            contact.then(|| event["content"]["text"].as_str().unwrap_or_default().to_owned())
        };
        self.session(session).events.iter().filter_map(text).collect()
    }

    /// What reps said to the customer in a session, in order.
    pub fn relayed(&self, session: &str) -> Vec<String> {
        let text = |(_, event): &(Timestamp, Value)| {
            let rep = event["sender"]["type"] == "human_agent";
            rep.then(|| event["content"]["text"].as_str().unwrap_or_default().to_owned())
        };
        self.session(session).events.iter().filter_map(text).collect()
    }

    /// A session, or an empty one.
    pub fn session(&self, id: &str) -> Session {
        self.lock().sessions.get(id).cloned().unwrap_or_default()
    }

    /// Changes a session from outside the API: a rep in OpenCX's inbox, an older conversation.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Session)) {
        change(self.lock().sessions.entry(id.to_owned()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message of the history, in the newest format.
pub fn message(sender: &str, text: &str) -> Value {
    json!({"type": "message", "sender": {"type": sender, "name": null}, "content": {"type": "text", "text": text}})
}

#[async_trait]
impl Transport for Peer {
    async fn send(&self, request: Request<Bytes>, timeout: Duration) -> Result<Response<Bytes>, TransportError> {
        let header = |name: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let recorded = Recorded {
            at: self.clock.now(),
            method: request.method().clone(),
            path: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
            authorization: header("authorization"),
            body: serde_json::from_slice(request.body()).unwrap_or_default(),
        };
        let (trouble, thinking, (status, body)) = {
            let mut state = self.lock();
            state.requests.push(recorded.clone());
            let path = recorded.path.split('?').next().unwrap_or_default();
            let at = state.troubles.iter().position(|(end, _)| path.ends_with(end));
            let trouble = at.map(|at| state.troubles.remove(at).1);
            let unseen = matches!(
                trouble,
                Some(
                    Trouble::Connect
                        | Trouble::Status { .. }
                        | Trouble::Cut { acted: false }
                        | Trouble::Hang { acted: false }
                )
            );
            let (thinking, reply) = if unseen { (Duration::ZERO, refusal(500)) } else { state.act(&recorded) };
            (trouble, thinking, reply)
        };
        let thinking = if matches!(trouble, Some(Trouble::Hang { .. })) { Duration::MAX } else { thinking };
        if thinking > timeout {
            tokio::time::sleep(timeout).await;
            return Err(TransportError::Timeout(timeout));
        }
        tokio::time::sleep(thinking).await;
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = status;
        match trouble {
            Some(Trouble::Connect) => return Err(TransportError::Connect("connection refused".into())),
            Some(Trouble::Cut { .. }) => return Err(TransportError::Cut("connection reset".into())),
            Some(Trouble::Garbage) => *response.body_mut() = Bytes::from_static(b"<html>"),
            Some(Trouble::Status { status, retry_after }) => {
                *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                for value in retry_after.iter().filter_map(|wait| wait.parse().ok()) {
                    response.headers_mut().insert("retry-after", value);
                }
            }
            Some(Trouble::Hang { .. }) | None => {}
        }
        Ok(response)
    }
}
