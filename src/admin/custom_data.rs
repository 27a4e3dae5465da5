//! `PATCH /sessions/{id}`: sets custom data. The agent is told with its next send, the linked ticket by a `ticket_write`.

use std::collections::BTreeMap;

use axum::extract::{self, Path, Request};
use axum::{Extension, Json};
use serde_json::Value;

use super::error::{ApiError, ErrorView};
use super::openapi::query;
use super::operator::Operator;
use super::views::session::SessionView;
use super::{Answer, State, audit, body, sessions, views};
use crate::domain::{NewEvent, Session, SessionPatch};
use crate::limits::{CUSTOM_DATA_BYTES, CUSTOM_DATA_KEYS, CUSTOM_DATA_SESSION, NAME_BYTES};
use crate::store::request::{self, TicketWrite};
use crate::store::{Batch, Error, SessionChange, SessionKey};

/// How often a patch is tried again after somebody else's change came first.
const PATCHES: usize = 5;

/// How much of the keys' names the audit keeps.
const NOTED_CHARS: usize = 400;

type CustomData = BTreeMap<String, String>;

/// Sets custom data
///
/// The agent is told with its next send, the linked ticket at once.
#[utoipa::path(patch, path = "/sessions/{id}", tag = "sessions", operation_id = "set_custom_data",
    params(("id" = String, Path, description = "`ses_3`.")), request_body = query::CustomData,
    responses(
        (status = 200, description = "The session with the data.", body = SessionView),
        (status = 409, description = "It would hold too many keys, or changes faster than it can be patched.", body = ErrorView),
    ))]
pub(super) async fn patch(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(id): Path<String>,
    request: Request,
) -> Answer<SessionView> {
    let fields = body::read(request.into_body(), &["custom_data"]).await?;
    let wanted = read(fields.get("custom_data"))?;
    let named = sessions::find(&admin, &id).await?.id;
    audit::note(&admin, &who, "custom_data", named, keys(&wanted)).await?;
    let came = set(&admin, &id, &wanted).await;
    let session = audit::told(&admin, &who, "custom_data", named, came).await?;
    Ok(Json(views::session(&session)))
}

async fn set(admin: &State, id: &str, wanted: &CustomData) -> Result<Session, ApiError> {
    for _ in 0..PATCHES {
        let session = sessions::find(admin, id).await?;
        let Some(session) = apply(admin, session, wanted).await? else { continue };
        return Ok(session);
    }
    Err(ApiError::conflict("the session changes faster than it can be patched", "try again in a moment"))
}

/// Their names, without their values, as far as a line of the audit holds them.
fn keys(wanted: &CustomData) -> Option<String> {
    let keys = wanted.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    (!keys.is_empty()).then(|| keys.chars().take(NOTED_CHARS).collect())
}

/// The session with the values; none when somebody else's change came first.
async fn apply(admin: &State, session: Session, wanted: &CustomData) -> Result<Option<Session>, ApiError> {
    let differs = |(key, value): &(&String, &String)| session.custom_data.get(*key) != Some(*value);
    let changed: CustomData = wanted.iter().filter(differs).map(|(key, value)| (key.clone(), value.clone())).collect();
    let followups: Vec<NewEvent> = ticket_write(admin, &session, wanted).into_iter().collect();
    if changed.is_empty() {
        // The ticket may differ all the same: whoever asks again wants it mended.
        if !followups.is_empty() {
            admin.store.append_own(Batch { events: followups, dirty: Vec::new() }).await?;
        }
        return Ok(Some(session));
    }
    let new = changed.keys().filter(|key| !session.custom_data.contains_key(*key)).count();
    if new > 0 && session.custom_data.len() + new > CUSTOM_DATA_SESSION {
        let message = format!("the session would have more than {CUSTOM_DATA_SESSION} keys of custom data");
        return Err(ApiError::conflict(message, "use keys it has already"));
    }
    let patch = SessionPatch { custom_data: changed, custom_data_pending: Some(true), ..SessionPatch::default() };
    let change = SessionChange { key: SessionKey::Id(session.id), version: session.version, patch, followups };
    match admin.store.patch_session(change).await {
        Ok(session) => Ok(Some(session)),
        Err(Error::VersionConflict) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Brings the ticket up to date; none when there is nothing to bring.
fn ticket_write(admin: &State, session: &Session, wanted: &CustomData) -> Option<NewEvent> {
    let ticketing = admin.config.connections.get(&session.connection).is_some_and(|known| known.ticketing.enabled);
    let ticket = session.ticket_id.clone().filter(|_| ticketing && !wanted.is_empty())?;
    let keys = wanted.keys().cloned().collect();
    let write = TicketWrite { v: 1, session: Some(session.id.0), keys, ..TicketWrite::default() };
    let event = request::ticket_write(session.connection.clone(), ticket, &write);
    Some(NewEvent { source: Some("admin".to_owned()), ..event })
}

fn read(given: Option<&Value>) -> Result<CustomData, ApiError> {
    let Some(Value::Object(given)) = given else {
        let fix = "send {\"custom_data\": {\"key\": \"value\"}}";
        return Err(ApiError::bad_request("`custom_data` is not an object", fix));
    };
    if given.len() > CUSTOM_DATA_KEYS {
        let message = format!("`custom_data` holds more than {CUSTOM_DATA_KEYS} keys");
        return Err(ApiError::bad_request(message, "send several requests"));
    }
    given.iter().map(|(key, value)| Ok((read_key(key)?, read_value(key, value)?))).collect()
}

fn read_key(key: &str) -> Result<String, ApiError> {
    if key.is_empty() || key.len() > NAME_BYTES || key.chars().any(char::is_control) {
        let message = "`custom_data` holds a key that is empty, too long or not printable";
        return Err(ApiError::bad_request(message, format!("use keys of 1 to {NAME_BYTES} printable bytes")));
    }
    Ok(key.to_owned())
}

fn read_value(key: &str, value: &Value) -> Result<String, ApiError> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(bool) => bool.to_string(),
        Value::Null => {
            let fix = "leave it out to keep its value, or set it to an empty text";
            return Err(ApiError::bad_request(format!("`{key}` is null: custom data can be set, not removed"), fix));
        }
        Value::Array(_) | Value::Object(_) => {
            let message = format!("`{key}` is a list or an object: custom data is flat");
            return Err(ApiError::bad_request(message, "send texts, numbers and booleans, one to a key"));
        }
    };
    if text.len() > CUSTOM_DATA_BYTES {
        let message = format!("the value of `{key}` is longer than {CUSTOM_DATA_BYTES} bytes");
        return Err(ApiError::bad_request(message, "shorten it; it goes to the agent with every send"));
    }
    Ok(text)
}
