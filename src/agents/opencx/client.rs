//! One HTTP call to OpenCX: within the key's limit and the turn's deadline, answered with JSON or a [`Failure`].

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use serde_json::Value;
use tokio::time::Instant;

use super::Settings;
use super::failure::Failure;
use super::limiter::Limiter;
use crate::agents::exchange::retry_after;
use crate::clock::Clock;
use crate::hubspot::transport::Transport;

/// How long the other users of the key wait when OpenCX says "too many" without saying for how long.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(5);

/// Calls OpenCX.
pub struct Client {
    pub settings: Settings,
    pub transport: Arc<dyn Transport>,
    pub clock: Arc<dyn Clock>,
    pub limiter: Arc<Limiter>,
}

impl Client {
    /// `GET`; `path` is encoded already.
    pub async fn get(&self, path: &str, deadline: Instant) -> Result<Value, Failure> {
        self.call(Method::GET, path, None, deadline).await
    }

    /// `POST` of JSON; `path` is encoded already.
    pub async fn post(&self, path: &str, body: &Value, deadline: Instant) -> Result<Value, Failure> {
        self.call(Method::POST, path, Some(body), deadline).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        deadline: Instant,
    ) -> Result<Value, Failure> {
        let request = self.request(method, path, body)?;
        self.limiter.take(deadline.saturating_duration_since(Instant::now())).await?;
        let response = self.transport.send(request, deadline.saturating_duration_since(Instant::now())).await?;
        if response.status().is_success() {
            return serde_json::from_slice(response.body()).map_err(|_| Failure::Unreadable("it is not JSON"));
        }
        let status = response.status();
        let after = retry_after(response.headers(), self.clock.now());
        if status == StatusCode::TOO_MANY_REQUESTS {
            self.limiter.close_for(after.unwrap_or(RETRY_AFTER_DEFAULT));
        }
        Err(Failure::Status { status, after })
    }

    fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Request<Bytes>, Failure> {
        let key = self.settings.api_key.reveal().map_err(|cause| Failure::Key(cause.kind()))?;
        let mut authorization = header::HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| Failure::Request)?;
        authorization.set_sensitive(true);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.settings.base_url.trim_end_matches('/')))
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/json");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        request.body(bytes).map_err(|_| Failure::Request)
    }
}

/// Percent-encodes everything but unreserved characters: ids and cursors are opaque to us.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
