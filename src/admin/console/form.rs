//! What a form of a page sent, or an address says, within bounds.

use axum::extract::Request;
use axum::http::Uri;

use crate::admin::error::ApiError;
use crate::limits::{ADMIN_BODY, BODY_READ};

/// The fields as a browser, a person or a link gave them, without the space around them: unknown ones are passed over,
/// empty ones not given.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// 400 when the form breaks off, is late, or is larger than [`ADMIN_BODY`].
    pub(super) async fn read(request: Request) -> Result<Self, ApiError> {
        let read = tokio::time::timeout(BODY_READ, axum::body::to_bytes(request.into_body(), ADMIN_BODY)).await;
        let Ok(Ok(body)) = read else {
            return Err(ApiError::bad_request("the form did not arrive whole", "send it again"));
        };
        Ok(Self::decoded(&body))
    }

    /// Of an address's query.
    pub(super) fn of(uri: &Uri) -> Self {
        Self::decoded(uri.query().unwrap_or_default().as_bytes())
    }

    fn decoded(encoded: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(encoded);
        Self(pairs.map(|(key, value)| (key.into_owned(), value.trim().to_owned())).collect())
    }

    /// The first of that name; empty when there is none.
    pub(super) fn get(&self, key: &str) -> &str {
        self.all(key).next().unwrap_or_default()
    }

    /// The same as a type of its own; none when it is empty.
    pub(super) fn text<T: for<'a> From<&'a str>>(&self, key: &str) -> Option<T> {
        Some(self.get(key)).filter(|text| !text.is_empty()).map(T::from)
    }

    /// A field that may come several times.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}
