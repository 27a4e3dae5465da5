//! `POST /sessions/{id}/pause`, `/resume` and `/handoff`.
//!
//! A session is changed by an event in its conversation's mailbox, so that the change takes its turn, the ledger tells it,
//! and a running answer is interrupted.

use axum::extract::{self, Path, Request};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::Value;

use super::error::{ApiError, ErrorView};
use super::openapi::query;
use super::operator::Operator;
use super::views::session::{Acted, Requested, SessionView};
use super::{State, audit, body, sessions, views};
use crate::domain::{DedupKey, EventKind, Object, Schedule, Session, SessionState};
use crate::limits::HANDOFF_REASON_CHARS;
use crate::store::Batch;
use crate::store::request::{self, Action, ActionKind, HandoffRequest};

type Done = Result<(StatusCode, Json<Acted>), ApiError>;

/// What a request to a session led to.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// Nothing: it is so already.
    AsItIs(Session),
    /// The worker does it when it is the conversation's turn; the session as it was.
    Requested(Session, &'static str),
}

/// Silences the AI
///
/// Until it is resumed. A running answer is interrupted.
#[utoipa::path(post, path = "/sessions/{id}/pause", tag = "sessions", operation_id = "pause_session",
    params(("id" = String, Path, description = "`ses_3`.")),
    responses(
        (status = 200, description = "It is paused already.", body = SessionView),
        (status = 202, description = "Asked for; it takes its turn in the conversation.", body = Requested),
        (status = 409, description = "A human has it, or it is closed, or it has no conversation to act in.", body = ErrorView),
    ))]
pub(super) async fn pause_one(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(id): Path<String>,
    request: Request,
) -> Done {
    body::read(request.into_body(), &[]).await?;
    let session = sessions::find(&admin, &id).await?;
    Ok(told(&pause(&admin, &who, session).await?))
}

/// Lets the AI speak again
///
/// When the customer writes next.
#[utoipa::path(post, path = "/sessions/{id}/resume", tag = "sessions", operation_id = "resume_session",
    params(("id" = String, Path, description = "`ses_3`.")),
    responses(
        (status = 200, description = "The AI has it already.", body = SessionView),
        (status = 202, description = "Asked for; it takes its turn in the conversation.", body = Requested),
        (status = 409, description = "It is closed, or has no conversation to act in.", body = ErrorView),
    ))]
pub(super) async fn resume_one(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(id): Path<String>,
    request: Request,
) -> Done {
    body::read(request.into_body(), &[]).await?;
    let session = sessions::find(&admin, &id).await?;
    Ok(told(&resume(&admin, &who, session).await?))
}

/// Gives the conversation to a human
///
/// A closed session may be handed off too: whoever asks for a human gets one.
#[utoipa::path(post, path = "/sessions/{id}/handoff", tag = "sessions", operation_id = "handoff_session",
    params(("id" = String, Path, description = "`ses_3`.")), request_body = Option<query::Handoff>,
    responses(
        (status = 200, description = "A human has it already.", body = SessionView),
        (status = 202, description = "Asked for; it takes its turn in the conversation.", body = Requested),
        (status = 409, description = "It has no conversation to act in.", body = ErrorView),
    ))]
pub(super) async fn hand_off_one(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(id): Path<String>,
    request: Request,
) -> Done {
    let fields = body::read(request.into_body(), &["reason"]).await?;
    let reason = text(fields.get("reason"))?;
    let session = sessions::find(&admin, &id).await?;
    Ok(told(&hand_off(&admin, &who, session, reason).await?))
}

/// The AI falls silent. 409 when a human has it or it is closed.
pub(super) async fn pause(admin: &State, who: &Operator, session: Session) -> Result<Asked, ApiError> {
    match session.state {
        SessionState::Paused => Ok(Asked::AsItIs(session)),
        SessionState::Ai => act(admin, who, session, ActionKind::Pause, "pause").await,
        SessionState::HandedOff => {
            Err(ApiError::conflict("the session was handed to a human; the AI is silent already", "nothing to do"))
        }
        SessionState::Closed => Err(closed()),
    }
}

/// The AI may speak again. 409 when it is closed.
pub(super) async fn resume(admin: &State, who: &Operator, session: Session) -> Result<Asked, ApiError> {
    match session.state {
        SessionState::Ai => Ok(Asked::AsItIs(session)),
        SessionState::Paused | SessionState::HandedOff => act(admin, who, session, ActionKind::Resume, "resume").await,
        SessionState::Closed => Err(closed()),
    }
}

/// A human gets it, also a closed one: whoever asks for a human gets one. `reason` is a remark for the reps; 400 when it is
/// longer than [`HANDOFF_REASON_CHARS`].
pub(super) async fn hand_off(
    admin: &State,
    who: &Operator,
    session: Session,
    reason: Option<String>,
) -> Result<Asked, ApiError> {
    let wish = HandoffRequest { v: 1, reason: remark(reason)?, by_human: false };
    // One without a thread has a human only once it has a ticket.
    let has_human = session.thread_id.is_some() || session.ticket_id.is_some();
    if session.state == SessionState::HandedOff && has_human {
        return Ok(Asked::AsItIs(session));
    }
    raise(admin, who, &session, EventKind::HandoffRequest, &wish, "handoff").await?;
    Ok(Asked::Requested(session, "handoff"))
}

async fn act(
    admin: &State,
    who: &Operator,
    session: Session,
    action: ActionKind,
    word: &'static str,
) -> Result<Asked, ApiError> {
    raise(admin, who, &session, EventKind::Action, &Action { v: 1, action }, word).await?;
    Ok(Asked::Requested(session, word))
}

async fn raise(
    admin: &State,
    who: &Operator,
    session: &Session,
    kind: EventKind,
    parameters: &impl Serialize,
    word: &str,
) -> Result<(), ApiError> {
    let (name, mailbox) = (session.connection.clone(), mailbox(session)?);
    let event = request::event(name, mailbox, kind, parameters, fresh_key()?, Schedule::Now);
    let event = request::urgent(event, "admin", admin.clock.now());
    audit::note(admin, who, word, session.id, None).await?;
    admin.store.append_own(Batch { events: vec![event], dirty: Vec::new() }).await?;
    Ok(())
}

/// Where the session's conversation is worked on.
fn mailbox(session: &Session) -> Result<Object, ApiError> {
    let thread = session.thread_id.clone().map(Object::Thread);
    let mailbox = thread.or_else(|| session.agent_session_id.clone().map(Object::Outside));
    let fix = "nothing to do: the session has no conversation that anybody could act in";
    mailbox.ok_or_else(|| {
        ApiError::conflict("the session has neither a HubSpot thread nor a conversation of the agent's own", fix)
    })
}

/// Each request is an event of its own, even when it repeats an earlier one: that may have been undone meanwhile.
pub(super) fn fresh_key() -> Result<DedupKey, ApiError> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|_| ApiError::unavailable("the system gives no random numbers", "try again"))?;
    Ok(DedupKey(key))
}

fn text(given: Option<&Value>) -> Result<Option<String>, ApiError> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(ApiError::bad_request("`reason` is not a text", "send {\"reason\": \"…\"}, or no body"))
        }
    }
}

fn remark(reason: Option<String>) -> Result<Option<String>, ApiError> {
    let reason = reason.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if reason.as_ref().is_some_and(|text| text.chars().count() > HANDOFF_REASON_CHARS) {
        let message = format!("`reason` is longer than {HANDOFF_REASON_CHARS} characters");
        return Err(ApiError::bad_request(message, "shorten it: it is a remark for the reps"));
    }
    Ok(reason)
}

fn closed() -> ApiError {
    ApiError::conflict("the session is closed", "nothing to do: a new message of the customer opens it")
}

fn told(asked: &Asked) -> (StatusCode, Json<Acted>) {
    match asked {
        Asked::AsItIs(session) => (StatusCode::OK, Json(Acted::AsItIs(views::session(session)))),
        Asked::Requested(session, what) => (StatusCode::ACCEPTED, Json(requested(session, what))),
    }
}

fn requested(session: &Session, what: &str) -> Acted {
    Acted::Requested(Requested { session: views::session(session), requested: what.to_owned() })
}
