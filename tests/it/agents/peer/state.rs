//! What the fake OpenCX keeps, and what it answers to each call.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use http::StatusCode;
use hubspot_bridge::domain::Timestamp;
use serde_json::{Value, json};

use super::{Act, KEY, Recorded, Session, Style, Trouble, Turn, message};

pub type Brain = Box<dyn Fn(&str) -> Turn + Send>;

/// What the peer keeps.
pub struct State {
    pub style: Style,
    pub page_size: usize,
    pub newest_first: bool,
    pub brain: Brain,
    pub script: VecDeque<Turn>,
    pub troubles: Vec<(&'static str, Trouble)>,
    pub sessions: BTreeMap<String, Session>,
    pub requests: Vec<Recorded>,
}

pub type Reply = (StatusCode, Value);

impl State {
    /// Acts on a request: the answer, and how long it takes.
    pub fn act(&mut self, request: &Recorded) -> (Duration, Reply) {
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
        if request.body["sender"] == "agent" {
            return (Duration::ZERO, self.relay(id, request, text));
        }
        let Turn { thinking, act } = self.script.pop_front().unwrap_or_else(|| (self.brain)(text));
        if matches!(act, Act::IgnoreDuplicate) {
            let body = json!({"success": true, "data": {"code": "duplicate_message_ignored"}});
            return (thinking, (StatusCode::CREATED, body));
        }
        let session = self.sessions.entry(id.to_owned()).or_default();
        session.custom_data.extend(request.body["custom_data"].as_object().cloned().unwrap_or_default());
        session.events.push((request.at, message("contact", text)));
        if session.taken_over {
            let body = json!({"success": true, "data": {"success": true, "code": "session_assigned_to_human_agent"}});
            return (thinking, (StatusCode::CREATED, body));
        }
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

    /// A rep's message through the API: the newest format only.
    fn relay(&mut self, id: &str, request: &Recorded, text: &str) -> Reply {
        if self.style == Style::Y2024 {
            return refusal(400);
        }
        let session = self.sessions.entry(id.to_owned()).or_default();
        let mut event = message("human_agent", text);
        event["sender"]["name"] = request.body["agent"]["name"].clone();
        event["attachments"] = request.body["message"]["attachments"].clone();
        if request.body["should_take_over_session_from_ai"] == true && !session.taken_over {
            session.events.push((request.at, json!({"type": "agent_took_session_from_ai"})));
            session.taken_over = true;
        }
        session.events.push((request.at, event));
        let id = format!("msg-{}", session.events.len());
        (StatusCode::CREATED, json!({"success": true, "data": {"message": {"id": id}}}))
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
        shown.as_object_mut().unwrap().extend(session.shown.clone());
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

/// A refusal as OpenCX words it.
pub fn refusal(status: u16) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, json!({"statusCode": status.as_u16(), "message": "refused", "error": status.canonical_reason()}))
}
