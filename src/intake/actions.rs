//! HubSpot's custom workflow actions: `{callbackId, origin, object, inputFields}` in, `{outputFields}` out. Pure; called by
//! the routes with a [`Verified`] body. The worker performs what they ask for.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::answer::Refused;
use super::envelope::Scalar;
use super::opencx::{is_id, object};
use super::signature::Verified;
use crate::config::Connection;
use crate::domain::{
    DedupKey, EventId, EventKind, NewEvent, Object, PortalId, Reason, Schedule, State, ThreadId, TicketId, Timestamp,
};
use crate::limits::HANDOFF_REASON_CHARS;
use crate::store::request::{self, Action, ActionKind, HandoffRequest};

/// Who raised the event.
const SOURCE: &str = "workflow";

/// What an action's path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `pause-ai`, `resume-ai`, `send-to-ai`.
    Act(ActionKind),
    /// `request-handoff`.
    Handoff,
}

impl Wanted {
    /// Every action there is an address for.
    pub const ALL: [Self; 4] =
        [Self::Act(ActionKind::Pause), Self::Act(ActionKind::Resume), Self::Act(ActionKind::Send), Self::Handoff];

    /// The action of a path's last part.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wanted| wanted.as_str() == name)
    }

    /// The last part of its address; a part of the dedup key, so a stored format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Act(ActionKind::Pause) => "pause-ai",
            Self::Act(ActionKind::Resume) => "resume-ai",
            Self::Act(ActionKind::Send) => "send-to-ai",
            Self::Act(ActionKind::Close) => "close",
            Self::Handoff => "request-handoff",
        }
    }
}

/// An execution of an action, as HubSpot posts it; whatever else is there is ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow, default)]
    callback_id: Scalar<'a>,
    #[serde(default)]
    origin: Option<Origin<'a>>,
    #[serde(default)]
    object: Option<Enrolled<'a>>,
    #[serde(default, rename = "inputFields")]
    inputs: Option<Inputs<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Origin<'a> {
    #[serde(borrow, default)]
    portal_id: Scalar<'a>,
}

/// What the workflow enrolled.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Enrolled<'a> {
    #[serde(borrow, default)]
    object_id: Scalar<'a>,
    #[serde(default)]
    object_type: Scalar<'a>,
}

/// The action's input fields, by the names its definition gives them.
#[derive(Debug, Deserialize)]
struct Inputs<'a> {
    #[serde(borrow, default)]
    thread_id: Scalar<'a>,
    #[serde(default, rename = "threadId")]
    thread_id_camel: Scalar<'a>,
    #[serde(default)]
    reason: Scalar<'a>,
}

/// One execution of an action.
#[derive(Debug)]
pub struct Call<'a> {
    fields: Fields<'a>,
    raw: &'a [u8],
}

/// Reads the body.
pub fn parse(verified: Verified<'_>) -> Result<Call<'_>, Refused> {
    let raw = verified.body();
    Ok(Call { fields: object(raw).ok_or(Refused::NotAnAction)?, raw })
}

impl Call<'_> {
    /// The portal it comes from; the path's when it names none.
    pub fn portal(&self, path: &Connection) -> Result<PortalId, Refused> {
        match self.fields.origin.as_ref().map(|origin| &origin.portal_id) {
            Some(portal) if !portal.is_empty() => portal.integer().map(PortalId).ok_or(Refused::NotAnAction),
            _ => Ok(path.portal_id),
        }
    }

    /// The event it becomes. Executed again by HubSpot, it is the same event.
    pub fn event(
        &self,
        wanted: Wanted,
        path: &Connection,
        peers: &[&Connection],
        now: Timestamp,
    ) -> Result<NewEvent, Refused> {
        let portal = self.portal(path)?;
        let known = std::iter::once(path).chain(peers.iter().copied()).find(|other| other.portal_id == portal);
        let name = known.unwrap_or(path).name.clone();
        let (object, dedup) = (self.object()?, self.key(portal, wanted));
        let event = match wanted {
            Wanted::Act(action) => {
                let action = Action { v: 1, action };
                request::event(name, object, EventKind::Action, &action, dedup, Schedule::Now)
            }
            Wanted::Handoff => {
                let wish = HandoffRequest { v: 1, reason: self.reason(), by_human: false };
                request::event(name, object, EventKind::HandoffRequest, &wish, dedup, Schedule::Now)
            }
        };
        let event = request::urgent(event, SOURCE, now);
        Ok(match known {
            Some(_) => event,
            None => NewEvent { interrupt: false, ended: Some((State::Skipped, Reason::UnknownPortal)), ..event },
        })
    }

    /// The conversation named by an input field, else what the workflow enrolled.
    fn object(&self) -> Result<Object, Refused> {
        let inputs = self.fields.inputs.as_ref();
        let thread = inputs.and_then(|inputs| inputs.thread_id.id().or_else(|| inputs.thread_id_camel.id()));
        // A token that HubSpot had nothing to put in for leaves an empty field.
        if let Some(thread) = thread.as_deref().map(str::trim).filter(|thread| !thread.is_empty()) {
            return if is_id(thread) { Ok(Object::Thread(ThreadId::from(thread))) } else { Err(Refused::NotAThread) };
        }
        let enrolled = self.fields.object.as_ref().ok_or(Refused::ObjectUnsupported)?;
        let id = enrolled.object_id.id().filter(|id| is_id(id)).ok_or(Refused::ObjectUnsupported)?.into_owned();
        match enrolled.object_type.id().unwrap_or_default().to_ascii_uppercase().as_str() {
            "TICKET" | "TICKETS" | "0-5" => Ok(Object::Ticket(TicketId(id))),
            "CONVERSATION" | "CONVERSATIONS" | "THREAD" | "0-11" => Ok(Object::Thread(ThreadId(id))),
            _ => Err(Refused::ObjectUnsupported),
        }
    }

    fn key(&self, portal: PortalId, wanted: Wanted) -> DedupKey {
        let portal = portal.to_string();
        if let Some(callback) = self.fields.callback_id.id() {
            return DedupKey::of(&["workflow", &portal, wanted.as_str(), &callback]);
        }
        DedupKey::of(&["workflow_body", &portal, wanted.as_str(), &String::from_utf8_lossy(self.raw)])
    }

    /// The operator's words, on one line. Too many are cut rather than refused: the customer needs the human either way.
    fn reason(&self) -> Option<String> {
        let given = self.fields.inputs.as_ref()?.reason.text()?;
        let line = given.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let line = line.collect::<Vec<_>>().join(" ");
        let line: String = line.chars().take(HANDOFF_REASON_CHARS).collect();
        (!line.is_empty()).then_some(line)
    }
}

/// The answer once it is stored; HubSpot shows the output fields to later steps of the workflow.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    event: EventId,
    status: &'static str,
}

impl Accepted {
    /// Of the event it became (the first one's id when HubSpot executes it again), and how that ended if it has.
    #[must_use]
    pub fn new(event: EventId, ended: Option<(State, Reason)>) -> Self {
        Self { event, status: ended.map_or("accepted", |(_, reason)| reason.as_str()) }
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        let fields = json!({ "bridge_status": self.status, "bridge_event_id": self.event.to_string() });
        Json(json!({ "outputFields": fields })).into_response()
    }
}
