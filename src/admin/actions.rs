//! `POST /sessions/{id}/pause`, `/resume` and `/handoff`.
//!
//! A session is changed by an event in its conversation's mailbox, so that the change takes its turn, the ledger tells it,
//! and a running answer is interrupted.

use axum::Json;
use axum::extract::{self, Path, Request};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::error::{ApiError, ErrorView};
use super::openapi::query;
use super::views::session::{Acted, Requested, SessionView};
use super::{State, body, sessions, views};
use crate::domain::{DedupKey, EventKind, Object, Schedule, Session, SessionState};
use crate::limits::HANDOFF_REASON_CHARS;
use crate::store::Batch;
use crate::store::request::{self, Action, ActionKind, HandoffRequest};

type Done = Result<(StatusCode, Json<Acted>), ApiError>;

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
pub(super) async fn pause(
    extract::State(admin): extract::State<State>,
    Path(id): Path<String>,
    request: Request,
) -> Done {
    body::read(request.into_body(), &[]).await?;
    let session = sessions::find(&admin, &id).await?;
    match session.state {
        SessionState::Paused => Ok(as_it_is(&session)),
        SessionState::Ai => act(&admin, &session, ActionKind::Pause, "pause").await,
        SessionState::HandedOff => {
            Err(ApiError::conflict("the session was handed to a human; the AI is silent already", "nothing to do"))
        }
        SessionState::Closed => Err(closed()),
    }
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
pub(super) async fn resume(
    extract::State(admin): extract::State<State>,
    Path(id): Path<String>,
    request: Request,
) -> Done {
    body::read(request.into_body(), &[]).await?;
    let session = sessions::find(&admin, &id).await?;
    match session.state {
        SessionState::Ai => Ok(as_it_is(&session)),
        SessionState::Paused | SessionState::HandedOff => act(&admin, &session, ActionKind::Resume, "resume").await,
        SessionState::Closed => Err(closed()),
    }
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
pub(super) async fn handoff(
    extract::State(admin): extract::State<State>,
    Path(id): Path<String>,
    request: Request,
) -> Done {
    let fields = body::read(request.into_body(), &["reason"]).await?;
    let wish = HandoffRequest { v: 1, reason: reason(fields.get("reason"))?, by_human: false };
    let session = sessions::find(&admin, &id).await?;
    // One without a thread has a human only once it has a ticket.
    let has_human = session.thread_id.is_some() || session.ticket_id.is_some();
    if session.state == SessionState::HandedOff && has_human {
        return Ok(as_it_is(&session));
    }
    raise(&admin, &session, EventKind::HandoffRequest, &wish).await?;
    Ok((StatusCode::ACCEPTED, Json(requested(&session, "handoff"))))
}

async fn act(admin: &State, session: &Session, action: ActionKind, word: &str) -> Done {
    raise(admin, session, EventKind::Action, &Action { v: 1, action }).await?;
    Ok((StatusCode::ACCEPTED, Json(requested(session, word))))
}

async fn raise(admin: &State, session: &Session, kind: EventKind, parameters: &impl Serialize) -> Result<(), ApiError> {
    let (name, mailbox) = (session.connection.clone(), mailbox(session)?);
    let event = request::event(name, mailbox, kind, parameters, fresh_key()?, Schedule::Now);
    let event = request::urgent(event, "admin", admin.clock.now());
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

fn reason(given: Option<&Value>) -> Result<Option<String>, ApiError> {
    let text = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(ApiError::bad_request("`reason` is not a text", "send {\"reason\": \"…\"}, or no body"));
        }
    };
    if text.chars().count() > HANDOFF_REASON_CHARS {
        let message = format!("`reason` is longer than {HANDOFF_REASON_CHARS} characters");
        return Err(ApiError::bad_request(message, "shorten it: it is a remark for the reps"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn closed() -> ApiError {
    ApiError::conflict("the session is closed", "nothing to do: a new message of the customer opens it")
}

fn as_it_is(session: &Session) -> (StatusCode, Json<Acted>) {
    (StatusCode::OK, Json(Acted::AsItIs(views::session(session))))
}

fn requested(session: &Session, what: &str) -> Acted {
    Acted::Requested(Requested { session: views::session(session), requested: what.to_owned() })
}
