//! An OpenCX of our own, in process: a [`Transport`] that keeps sessions and histories, answers as told, makes trouble as
//! told, and remembers what it was sent. Time is tokio's and the clock's, so it runs under paused time. Needs nothing
//! else of this folder: the simulation includes it too.

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
    /// When each happened (the AI's lie in the future while it thinks), and the event in the newest wire format.
    pub events: Vec<(Timestamp, Value)>,
}

type Brain = Box<dyn Fn(&str) -> Turn + Send>;

struct State {
    style: Style,
    page_size: usize,
    newest_first: bool,
    brain: Brain,
    script: VecDeque<Turn>,
    troubles: Vec<(&'static str, Trouble)>,
    sessions: BTreeMap<String, Session>,
    requests: Vec<Recorded>,
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

type Reply = (StatusCode, Value);

impl State {
    /// Acts on a request: the answer, and how long it takes.
    fn act(&mut self, request: &Recorded) -> (Duration, Reply) {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let at_once = |reply: Reply| (Duration::ZERO, reply);
        match (request.method.as_str(), segments.as_slice()) {
            _ if request.authorization != format!("Bearer {KEY}") => at_once(refusal(401)),
            ("POST", ["chat", "sessions"]) => at_once(self.open(&request.body)),
            (_, ["chat", "sessions", id, ..]) if !self.sessions.contains_key(*id) => at_once(refusal(404)),
            ("POST", ["chat", "sessions", id, "send"]) => self.send(id, request),
            ("GET", ["chat", "sessions", id]) => at_once((StatusCode::OK, self.show(id, request.at))),
            ("GET", ["chat", "sessions", id, "history"]) => {
                at_once((StatusCode::OK, self.history(id, query, request.at)))
            }
            _ => at_once(refusal(404)),
        }
    }

    fn open(&mut self, body: &Value) -> Reply {
        let id = format!("ses-{}", self.sessions.len() + 1);
        let custom_data = body["custom_data"].as_object().cloned().unwrap_or_default();
        let session = Session { contact: body["contact"].clone(), custom_data, ..Session::default() };
        self.sessions.insert(id.clone(), session);
        (StatusCode::CREATED, json!({"id": id}))
    }

    fn send(&mut self, id: &str, request: &Recorded) -> (Duration, Reply) {
        let nested =
            |body: &Value| body["custom_data"].as_object().is_some_and(|map| map.values().any(Value::is_object));
        let Some(text) = request.body["message"]["text"].as_str().filter(|_| !nested(&request.body)) else {
            return (Duration::ZERO, refusal(400));
        };
        let Turn { thinking, act } = self.script.pop_front().unwrap_or_else(|| (self.brain)(text));
        if matches!(act, Act::IgnoreDuplicate) {
            let body = json!({"success": true, "data": {"code": "duplicate_message_ignored"}});
            return (thinking, (StatusCode::CREATED, body));
        }
        let session = self.sessions.entry(id.to_owned()).or_default();
        session.custom_data.extend(request.body["custom_data"].as_object().cloned().unwrap_or_default());
        session.events.push((request.at, message("contact", text)));
        let done = request.at.after(thinking);
        let body = match act {
            Act::Reply(words) => {
                session.events.push((done, message("ai", &words)));
                self.said(&words, false)
            }
            Act::HandOff { words, summary } => {
                let said = words.as_deref().map(|words| (done, message("ai", words)));
                session.events.extend(said);
                session.events.push((done, json!({"type": "handoff"})));
                session.handoff_summary = Some(summary);
                self.handed_off(words.as_deref())
            }
            Act::IgnoreDuplicate => Value::Null,
            Act::Silent(code) => json!({"success": true, "data": {"success": true, "code": code}}),
            Act::Fail(words) => {
                session.events.push((done, message("ai", &words)));
                self.said(&words, true)
            }
            Act::Raw(body) => body,
        };
        (thinking, (StatusCode::CREATED, body))
    }

    fn said(&self, words: &str, error: bool) -> Value {
        match self.style {
            Style::Y2024 if error => json!({"ai_response": {"text": words, "error": {"message": "model failed"}}}),
            Style::Y2024 => json!({"ai_response": {"text": words}}),
            Style::Newest => json!({"success": true, "data": {
                "success": true, "sessionIsHandedOff": false,
                "autopilotResponse": {"type": "text", "value": {"error": error, "content": words}}}}),
        }
    }

    fn handed_off(&self, words: Option<&str>) -> Value {
        let value = words.map(|words| json!({"type": "text", "value": {"error": false, "content": words}}));
        match (self.style, words) {
            (Style::Y2024, Some(words)) => self.said(words, false),
            (Style::Y2024, None) => json!({}),
            (Style::Newest, _) => json!({"success": true, "data": {
                "success": true, "sessionIsHandedOff": true, "autopilotResponse": value}}),
        }
    }

    fn show(&self, id: &str, now: Timestamp) -> Value {
        let session = &self.sessions[id];
        let handed_off = session.events.iter().any(|(at, event)| *at <= now && event["type"] == "handoff");
        let mut shown = json!({"id": id, "status": "open", "channel": {"type": "api"}, "language": "de",
            "contact": session.contact, "created_at": null, "updated_at": null});
        if handed_off {
            shown["handoff"] = json!({"summary": session.handoff_summary, "sentiment": "neutral"});
        }
        if self.style == Style::Newest {
            shown["custom_data"] = json!(session.custom_data);
            shown["ai_closure_type"] = if handed_off { json!("handed_off") } else { Value::Null };
        }
        shown
    }

    fn history(&self, id: &str, query: &str, now: Timestamp) -> Value {
        let item = |(at, (created, event)): (usize, &(Timestamp, Value))| match self.style {
            Style::Y2024 => json!({"created_at": created.to_string(), "event": event}),
            Style::Newest => json!({"id": format!("evt-{at}"), "created_at": created.to_string(), "event": event}),
        };
        let mut items: Vec<Value> =
            self.sessions[id].events.iter().filter(|(at, _)| *at <= now).enumerate().map(item).collect();
        if self.newest_first {
            items.reverse();
        }
        // A cursor with characters that need encoding, as opaque cursors have.
        let cursor = |start: usize| format!("a+b/{start}==");
        let start = (0..=items.len()).find(|start| query == format!("cursor=a%2Bb%2F{start}%3D%3D")).unwrap_or(0);
        let end = items.len().min(start + self.page_size);
        let next = (end < items.len()).then(|| cursor(end));
        json!({"items": items.get(start..end), "next": next})
    }
}

fn refusal(status: u16) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, json!({"statusCode": status.as_u16(), "message": "refused", "error": status.canonical_reason()}))
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
