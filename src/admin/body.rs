//! Request bodies: one JSON object with known fields, within bounds; no body at all is an empty object. Refusals never
//! repeat what a field held.

use axum::body::{Body, HttpBody as _, to_bytes};
use serde_json::{Map, Value};

use super::error::ApiError;
use crate::limits::{ADMIN_BODY, BODY_READ};

/// A yes or no among the fields; not given is no.
pub(super) fn flag(fields: &Map<String, Value>, key: &str) -> Result<bool, ApiError> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(yes)) => Ok(*yes),
        Some(Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => Err(ApiError::bad_request(
            format!("`{key}` is neither true nor false"),
            format!("send {{\"{key}\": true}}"),
        )),
    }
}

/// The body's fields, all of them among `known`.
pub(super) async fn read(body: Body, known: &[&str]) -> Result<Map<String, Value>, ApiError> {
    let too_large = || {
        let message = format!("the body broke off, or is larger than {ADMIN_BODY} bytes");
        ApiError::too_large(message, "send less at once")
    };
    if usize::try_from(body.size_hint().lower()).is_ok_and(|announced| announced > ADMIN_BODY) {
        return Err(too_large());
    }
    let slow = |_| ApiError::bad_request("the body did not arrive in time", "look at the network, then send it again");
    let read = tokio::time::timeout(BODY_READ, to_bytes(body, ADMIN_BODY)).await.map_err(slow)?;
    let bytes = read.map_err(|_| too_large())?;
    let wanted = match known {
        [] => "send no body".to_owned(),
        known => format!("send a JSON object; known fields: {}", known.join(", ")),
    };
    if bytes.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(&bytes) else {
        return Err(ApiError::bad_request("the body is not a JSON object", wanted));
    };
    if fields.keys().any(|key| !known.contains(&key.as_str())) {
        return Err(ApiError::bad_request("the body holds an unknown field", wanted));
    }
    Ok(fields)
}
