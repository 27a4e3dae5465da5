//! `POST /sessions/{id}/pause` and `/resume`.
//!
//! A session with a thread is changed by an event in its mailbox, so that the change takes its turn, the ledger tells
//! it, and a running answer is interrupted. A session without one has no mailbox and is patched at once.

use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::error::ApiError;
use super::{State, sessions, views};
use crate::domain::{
    DedupKey, EventKind, NewEvent, Object, Schedule, Session, SessionPatch, SessionState, ThreadId, Timestamp,
};
use crate::store::{self, Batch, SessionChange, SessionKey};

type Done = Result<(StatusCode, Json<Value>), ApiError>;

/// How often a patch is tried again after somebody else's change came first.
const PATCHES: usize = 5;

#[derive(Clone, Copy)]
enum Action {
    Pause,
    Resume,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    /// The patch it makes of a session, none when the session is there already, or why it cannot.
    fn patch(self, state: SessionState, now: Timestamp) -> Result<Option<SessionPatch>, ApiError> {
        let pause = SessionPatch { state: Some(SessionState::Paused), ..SessionPatch::default() };
        let resume = SessionPatch {
            state: Some(SessionState::Ai),
            handed_off_at: Some(None),
            ai_since: Some(now),
            ..SessionPatch::default()
        };
        match (self, state) {
            (Self::Pause, SessionState::Paused) | (Self::Resume, SessionState::Ai) => Ok(None),
            (Self::Pause, SessionState::Ai) => Ok(Some(pause)),
            (Self::Resume, SessionState::Paused | SessionState::HandedOff) => Ok(Some(resume)),
            (Self::Pause, SessionState::HandedOff) => {
                Err(ApiError::conflict("the session was handed to a human; the AI is silent already", "nothing to do"))
            }
            (Self::Pause | Self::Resume, SessionState::Closed) => Err(ApiError::conflict(
                "the session is closed",
                "nothing to do: a new message of the customer opens it",
            )),
        }
    }
}

pub(super) async fn pause(extract::State(admin): extract::State<State>, Path(id): Path<String>) -> Done {
    act(&admin, &id, Action::Pause).await
}

pub(super) async fn resume(extract::State(admin): extract::State<State>, Path(id): Path<String>) -> Done {
    act(&admin, &id, Action::Resume).await
}

async fn act(admin: &State, id: &str, action: Action) -> Done {
    for _ in 0..PATCHES {
        let session = sessions::find(admin, id).await?;
        let Some(patch) = action.patch(session.state, admin.clock.now())? else {
            return Ok((StatusCode::OK, Json(views::session(&session))));
        };
        if let Some(thread) = &session.thread_id {
            let event = request(admin, &session, thread.clone(), action)?;
            admin.store.append(Batch { events: vec![event], dirty: Vec::new() }).await?;
            return Ok((StatusCode::ACCEPTED, Json(requested(&session, action))));
        }
        let change = SessionChange { key: SessionKey::Id(session.id), version: session.version, patch };
        match admin.store.patch_session(change).await {
            Ok(session) => return Ok((StatusCode::OK, Json(requested(&session, action)))),
            Err(store::Error::VersionConflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::conflict("the session changes faster than it can be patched", "try again in a moment"))
}

fn requested(session: &Session, action: Action) -> Value {
    let mut value = views::session(session);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("requested".to_owned(), action.as_str().into());
    }
    value
}

/// Each request is an event of its own, hence the random key.
fn request(admin: &State, session: &Session, thread: ThreadId, action: Action) -> Result<NewEvent, ApiError> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|_| ApiError::unavailable("the system gives no random numbers", "try again"))?;
    Ok(NewEvent {
        connection: session.connection.clone(),
        object: Some(Object::Thread(thread)),
        kind: EventKind::Action,
        message_id: None,
        message_type: None,
        property: None,
        value: None,
        hubspot_event_id: None,
        app_id: None,
        source: Some("admin".to_owned()),
        occurred_at: Some(admin.clock.now()),
        data: Some(json!({ "v": 1, "action": action.as_str() }).to_string()),
        detail: None,
        dedup: DedupKey(key),
        seen: 1,
        schedule: Schedule::Now,
        interrupt: true,
        ended: None,
    })
}
