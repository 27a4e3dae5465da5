//! OpenCX's webhooks about conversations that live outside HubSpot: `{event, organization_id, data}`. Pure; called by the
//! routes. Two of them matter: the conversation was given to a human, and it was closed. The others are counted.
//!
//! `data` is an object; of older releases an array of one or more.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::Refused;
use super::delivery::{Delivery, OTHER};
use super::envelope::{self, Scalar};
use super::sender::Sent;
use crate::config::Connection;
use crate::domain::{DedupKey, EventKind, NewEvent, Object, Reason, Schedule, State, Timestamp};
use crate::limits::{EVENTS_PER_DELIVERY, NAME_BYTES};
use crate::store::request::{self, Action, ActionKind, HandoffRequest};

/// Who raised the event.
const SOURCE: &str = "opencx";

/// Longest reason code that is passed on, in bytes; OpenCX's own have under 50.
const REASON_BYTES: usize = 64;

/// Stamps below this are in seconds: in milliseconds it is 1973, in seconds the year 5138.
const SECONDS_BELOW: i64 = 100_000_000_000;

#[derive(Deserialize)]
struct Webhook<'a> {
    #[serde(borrow, default)]
    event: Scalar<'a>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow)]
    conversation_id: Scalar<'a>,
    timestamp: Scalar<'a>,
    reason: Scalar<'a>,
}

#[derive(Clone, Copy)]
enum Kind {
    HandoffToHuman,
    Closed,
}

impl Kind {
    /// The metrics label.
    fn label(self) -> &'static str {
        match self {
            Self::HandoffToHuman => "opencx.handoff_to_human",
            Self::Closed => "opencx.closed",
        }
    }
}

/// Why something cannot be read; fixed words, never contents.
type Unreadable = &'static str;

/// What a webhook brings. A body that is no JSON object is refused; contents that cannot be read are stored as dead.
pub fn read(sent: &Sent<'_>, path: &Connection, now: Timestamp) -> Result<Delivery, Refused> {
    let reader = Reader { sent, path, now };
    let webhook = object::<Webhook<'_>>(sent.body.body()).ok_or(Refused::NotAnObject)?;
    let kind = match webhook.event.id().as_deref() {
        Some("conversation.handoff_to_human") => Kind::HandoffToHuman,
        Some("conversation.closed") => Kind::Closed,
        Some(_) => return Ok(Delivery { received: vec![(path.name.clone(), OTHER, 1)], ..Delivery::default() }),
        None => return Ok(reader.dead(sent.body.body(), "event is missing")),
    };
    let elements = match webhook.data.map(RawValue::get) {
        None => return Ok(reader.dead(sent.body.body(), "data is missing")),
        Some(data) if data.starts_with('[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(data).unwrap_or_default();
            elements.into_iter().map(RawValue::get).collect()
        }
        Some(data) => vec![data],
    };
    if elements.is_empty() {
        return Ok(reader.dead(sent.body.body(), "data is empty"));
    }
    if elements.len() > EVENTS_PER_DELIVERY {
        return Err(envelope::Error::TooMany(elements.len()).into());
    }
    let mut delivery = Delivery::default();
    for element in elements {
        let part = match reader.event(kind, element) {
            Ok(event) => reader.alone(event, kind.label()),
            Err(detail) => reader.dead(element.as_bytes(), detail),
        };
        delivery.batch.events.extend(part.batch.events);
        delivery.received.extend(part.received);
    }
    Ok(delivery)
}

/// serde would also read an array as a struct, field by field.
pub(super) fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    let is_object = json.trim_ascii_start().starts_with(b"{");
    if is_object { serde_json::from_slice(json).ok() } else { None }
}

/// Letters, digits, `-`, `_` and `:`, as ids are made of: they end up in the paths of calls.
pub(super) fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte);
    !text.is_empty() && text.len() <= NAME_BYTES && text.bytes().all(fits)
}

struct Reader<'a> {
    sent: &'a Sent<'a>,
    path: &'a Connection,
    now: Timestamp,
}

impl Reader<'_> {
    fn event(&self, kind: Kind, element: &str) -> Result<NewEvent, Unreadable> {
        let data = object::<Data<'_>>(element.as_bytes()).ok_or("data is not an object with single fields")?;
        let conversation = data.conversation_id.id().ok_or("conversation_id is missing")?;
        if !is_id(&conversation) {
            return Err("conversation_id is not an id");
        }
        let at = stamp(&data.timestamp);
        let dedup = self.key(kind, &conversation, &data.timestamp, element);
        let (name, outside) = (self.path.name.clone(), Object::Outside(conversation.into_owned()));
        let event = match kind {
            Kind::HandoffToHuman => {
                let by_human = data.reason.id().is_some_and(|code| code.starts_with("human_agent"));
                let wish = HandoffRequest { v: 1, reason: reason(&data.reason), by_human };
                request::event(name, outside, EventKind::HandoffRequest, &wish, dedup, Schedule::Now)
            }
            Kind::Closed => {
                let close = Action { v: 1, action: ActionKind::Close };
                request::event(name, outside, EventKind::Action, &close, dedup, Schedule::Now)
            }
        };
        Ok(request::urgent(event, SOURCE, at.unwrap_or(self.now)))
    }

    /// The same webhook again has the same id, else the same time; when it has neither, the same bytes.
    fn key(&self, kind: Kind, conversation: &str, timestamp: &Scalar<'_>, element: &str) -> DedupKey {
        let time = timestamp.id();
        let (what, told_by) = match (self.sent.id, &time) {
            (Some(id), _) => ("id", id),
            (None, Some(time)) => ("time", time.as_ref()),
            (None, None) => ("bytes", element),
        };
        DedupKey::of(&["opencx", self.path.name.as_str(), kind.label(), conversation, what, told_by])
    }

    fn dead(&self, bytes: &[u8], detail: Unreadable) -> Delivery {
        let bytes = String::from_utf8_lossy(bytes);
        let event = NewEvent {
            connection: self.path.name.clone(),
            object: None,
            kind: EventKind::Unreadable,
            message_id: None,
            message_type: None,
            property: None,
            value: None,
            hubspot_event_id: None,
            app_id: None,
            source: Some(SOURCE.to_owned()),
            occurred_at: None,
            data: None,
            dedup: DedupKey::of(&["opencx", self.path.name.as_str(), "unreadable", &bytes]),
            seen: 1,
            schedule: Schedule::Now,
            interrupt: false,
            ended: Some((State::Dead, Reason::PayloadUnreadable)),
            detail: Some(detail.to_owned()),
        };
        self.alone(event, EventKind::Unreadable.as_str())
    }

    fn alone(&self, event: NewEvent, label: &'static str) -> Delivery {
        let mut delivery = Delivery { received: vec![(self.path.name.clone(), label, 1)], ..Delivery::default() };
        delivery.batch.events.push(event);
        delivery
    }
}

/// ISO 8601, or a number of seconds or milliseconds.
fn stamp(scalar: &Scalar<'_>) -> Option<Timestamp> {
    match scalar.integer() {
        Some(seconds) if seconds.abs() < SECONDS_BELOW => Some(Timestamp(seconds * 1000)),
        Some(ms) => Some(Timestamp(ms)),
        None => Timestamp::parse(&scalar.text()?),
    }
}

/// OpenCX's codes in words for the reps. Anything but a code may be what somebody wrote, and is left out.
fn reason(scalar: &Scalar<'_>) -> Option<String> {
    let code = scalar.id()?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if code.len() > REASON_BYTES || !code.bytes().all(fits) {
        return None;
    }
    Some(match code.as_ref() {
        "ai_decided_to_handoff_the_conversation" => "the AI decided to hand the conversation to a human".to_owned(),
        "ai_is_forbidden_from_handling_this_topic" => "the AI may not handle this topic".to_owned(),
        code if code.starts_with("human_agent_decid") => "a human agent decided to take the conversation".to_owned(),
        code => code.replace('_', " "),
    })
}
