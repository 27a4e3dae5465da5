//! Query parameters: known keys only, each value checked, every refusal with its fix.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::Uri;
use serde_json::{Map, Value};

use super::error::ApiError;

const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 200;

/// The parameters of one request; an empty value counts as not given.
pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    pub(super) fn read(uri: &Uri, allowed: &[&str]) -> Result<Self, ApiError> {
        let unreadable =
            |_| ApiError::bad_request("the query cannot be read", "write ?key=value&key=value, percent-encoded");
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(unreadable)?;
        let mut params = BTreeMap::new();
        for (key, value) in pairs {
            if !allowed.contains(&key.as_str()) {
                let known = if allowed.is_empty() { "this takes none".to_owned() } else { allowed.join(", ") };
                return Err(ApiError::bad_request(format!("unknown parameter {key:?}"), format!("known: {known}")));
            }
            let twice = !value.is_empty() && params.insert(key.clone(), value).is_some();
            if twice {
                return Err(ApiError::bad_request(format!("parameter {key:?} is given twice"), "give it once"));
            }
        }
        Ok(Self(params))
    }

    /// The same from the fields of a body: texts, and numbers where a number is wanted; null counts as not given.
    pub(super) fn of(fields: &Map<String, Value>) -> Result<Self, ApiError> {
        let mut params = BTreeMap::new();
        for (key, value) in fields {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                    let message = format!("`{key}` is neither a text nor a number");
                    return Err(ApiError::bad_request(message, "send {\"key\": \"value\"}"));
                }
            };
            if !text.is_empty() {
                params.insert(key.clone(), text);
            }
        }
        Ok(Self(params))
    }

    pub(super) fn text<T: From<String>>(&self, key: &str) -> Option<T> {
        self.0.get(key).cloned().map(T::from)
    }

    /// A value in a form of its own; `wanted` completes "`key` must be …".
    pub(super) fn parsed<T>(
        &self,
        key: &str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.0.get(key) else { return Ok(None) };
        let refused = || {
            ApiError::bad_request(format!("parameter {key:?} cannot be {text:?}"), format!("`{key}` must be {wanted}"))
        };
        parse(text).map(Some).ok_or_else(refused)
    }

    /// `cursor` and `limit`.
    pub(super) fn page(&self) -> Result<(Option<i64>, u32), ApiError> {
        let cursor = self.parsed("cursor", "the `next` of the page before", |text| text.parse().ok())?;
        let in_bounds = |text: &str| text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        let limit = self.parsed("limit", "a number from 1 to 200", in_bounds)?;
        Ok((cursor, limit.unwrap_or(LIMIT)))
    }
}
