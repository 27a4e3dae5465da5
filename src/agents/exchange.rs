//! One POST of JSON to an agent that keeps no state, and what its failure means for the turn. Used by [`super::openai`]
//! and [`super::http`]. Errors never hold message text, the peer's words (they may quote the message) or a secret.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header, request};
use serde_json::Value;

use super::{Class, Effect, Error};
use crate::clock::Clock;
use crate::config::Secret;
use crate::domain::Timestamp;
use crate::hubspot::transport::{Transport, TransportError};

/// What a 429 that names no time gets.
const BUSY_DEFAULT: Duration = Duration::from_secs(5);
/// A wish to wait longer than this is a mistake, or a reason to ask again anyway.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(15);

/// How to call one agent.
#[derive(Clone)]
pub struct Exchange {
    pub transport: Arc<dyn Transport>,
    pub clock: Arc<dyn Clock>,
    /// Bounds the whole exchange.
    pub timeout: Duration,
    /// What an answer other than 2xx means; its body is null when it is not JSON.
    pub advise: fn(StatusCode, &Value) -> Advice,
}

/// What an answer other than 2xx means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What happened and what to do, for people.
    pub words: &'static str,
    /// Asking again is useless although the status alone would allow it.
    pub hopeless: bool,
}

impl Advice {
    /// What the status says decides.
    pub fn new(words: &'static str) -> Self {
        Self { words, hopeless: false }
    }

    /// It will fail again until somebody changes something.
    pub fn hopeless(words: &'static str) -> Self {
        Self { words, hopeless: true }
    }
}

/// A call that gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The secret's file is gone or unreadable.
    #[error("`agent.{setting}` cannot be read ({kind}); check `agent.{setting}_file`")]
    Secret {
        /// Which secret.
        setting: &'static str,
        /// What the system says.
        kind: std::io::ErrorKind,
    },
    /// An address or a secret that cannot be used.
    #[error("no request can be made of `agent.base_url` and `agent.{0}`; check both")]
    Request(&'static str),
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// An answer other than 2xx.
    #[error("it answered {status}: {}", .advice.words)]
    Status {
        /// Which.
        status: StatusCode,
        /// Its `Retry-After`.
        after: Option<Duration>,
        /// What it means.
        advice: Advice,
    },
    /// 2xx, but nothing that may reach a customer.
    #[error("its answer cannot be used: {0}")]
    Answer(&'static str),
}

impl Failure {
    /// The status it answered with, if it was none of success.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::Secret { .. } | Self::Request(_) | Self::Transport(_) | Self::Answer(_) => None,
        }
    }

    /// As the agent's error.
    #[must_use]
    pub fn during(self, operation: &'static str) -> Error {
        Error { operation, effect: self.effect(), class: self.class(), detail: self.to_string() }
    }

    fn effect(&self) -> Effect {
        match self {
            Self::Transport(TransportError::Timeout(_) | TransportError::Cut(_)) => Effect::Unclear,
            Self::Status { status, .. } if is_unclear(*status) => Effect::Unclear,
            Self::Secret { .. }
            | Self::Request(_)
            | Self::Transport(TransportError::Connect(_))
            | Self::Status { .. }
            // It answered: there is nothing to look for, and asking again is right.
            | Self::Answer(_) => Effect::NotSent,
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Status { status, after, advice } => {
                if advice.hopeless {
                    Class::Permanent
                } else if *status == StatusCode::TOO_MANY_REQUESTS {
                    Class::Busy { after: after.unwrap_or(BUSY_DEFAULT) }
                } else if is_unclear(*status) {
                    Class::Retry { after: *after }
                } else {
                    Class::Permanent
                }
            }
            Self::Secret { .. } | Self::Request(_) => Class::Permanent,
            Self::Transport(_) | Self::Answer(_) => Class::Retry { after: None },
        }
    }
}

impl Exchange {
    /// The same, with no exchange longer than this.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self { timeout: self.timeout.min(limit), ..self.clone() }
    }

    /// One attempt: the body it answered with 2xx.
    pub async fn post(
        &self,
        url: &str,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        body: Bytes,
        secret: &'static str,
    ) -> Result<Bytes, Failure> {
        let request = Request::post(url).header(header::CONTENT_TYPE, "application/json");
        self.send(request, headers, body, secret).await
    }

    /// The same, with nothing posted.
    pub async fn get(
        &self,
        url: &str,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        secret: &'static str,
    ) -> Result<Bytes, Failure> {
        self.send(Request::get(url), headers, Bytes::new(), secret).await
    }

    async fn send(
        &self,
        mut request: request::Builder,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        body: Bytes,
        secret: &'static str,
    ) -> Result<Bytes, Failure> {
        request = request.header(header::ACCEPT, "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(|_| Failure::Request(secret))?;
        let response = self.transport.send(request, self.timeout).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response.into_body());
        }
        let body = serde_json::from_slice(response.body()).unwrap_or_default();
        let after = retry_after(response.headers(), self.clock.now());
        Err(Failure::Status { status, after, advice: (self.advise)(status, &body) })
    }
}

/// The JSON of an answer.
pub fn json(body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|_| Failure::Answer("it is not JSON"))
}

/// The text of the secret behind a setting.
pub fn reveal(secret: &Secret, setting: &'static str) -> Result<String, Failure> {
    secret.reveal().map_err(|cause| Failure::Secret { setting, kind: cause.kind() })
}

/// A time-out or a fault on the peer's side: it may have been acted on.
fn is_unclear(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT
}

/// `Retry-After` in seconds or as a date, bounded.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let in_seconds = text.parse().ok().map(Duration::from_secs);
    let until_date = || {
        let date = jiff::fmt::rfc2822::parse(text).ok()?;
        Some(Timestamp(date.timestamp().as_millisecond()).since(now))
    };
    let wait = in_seconds.or_else(until_date)?;
    Some(wait.min(RETRY_AFTER_MAX))
}
