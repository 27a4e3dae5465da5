//! What a form of a page sent, within bounds.

use axum::extract::Request;

use crate::admin::error::ApiError;
use crate::limits::{ADMIN_BODY, BODY_READ};

/// The fields, as the browser sent them.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// 400 when the form breaks off, is late, or is larger than [`ADMIN_BODY`].
    pub(super) async fn read(request: Request) -> Result<Self, ApiError> {
        let read = tokio::time::timeout(BODY_READ, axum::body::to_bytes(request.into_body(), ADMIN_BODY)).await;
        let Ok(Ok(body)) = read else {
            return Err(ApiError::bad_request("the form did not arrive whole", "send it again"));
        };
        Ok(Self::of(&body))
    }

    /// The same of an address's query.
    pub(super) fn of(encoded: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(encoded);
        Self(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
    }

    /// The first of that name; empty when there is none.
    pub(super) fn get(&self, key: &str) -> &str {
        self.all(key).next().unwrap_or_default()
    }

    /// A field that may come several times.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}
