//! What can go wrong between us and OpenCX, and what it means for the turn. Never holds message text, the peer's words
//! (they may quote the message) or the key.

use std::time::Duration;

use http::StatusCode;

use super::limiter::Busy;
use crate::agents::{Class, Effect, Error};
use crate::hubspot::transport::TransportError;

/// A call that gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// `ask` before `open`.
    #[error("the conversation has no OpenCX session yet; it must be opened before it is asked")]
    NoSession,
    /// A rep's reply in a conversation that OpenCX does not have.
    #[error("the conversation has no OpenCX session to relay to; OpenCX was never asked in it")]
    NothingToRelayTo,
    /// An internal note: as a message it would reach the customer.
    #[error("OpenCX takes no internal notes through its API; set `mirror_notes = false`")]
    NoNotes,
    /// The secret file is gone or unreadable.
    #[error("the API key cannot be read ({0}); check `agent.api_key_file`")]
    Key(std::io::ErrorKind),
    /// The address or the key is no valid part of a request.
    #[error("no request can be made of `agent.base_url` and `agent.api_key`; check both for stray characters")]
    Request,
    /// Something answers there that is not OpenCX.
    #[error("there is no OpenCX API at `agent.base_url`: it answered 404; correct it, or leave it out")]
    NoSuchApi,
    /// Our own limit for this key.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// An answer other than 2xx.
    #[error("OpenCX answered {status}: {}", advice(*status))]
    Status {
        /// Which.
        status: StatusCode,
        /// Its `Retry-After`.
        after: Option<Duration>,
    },
    /// 2xx, but not in any shape known.
    #[error("OpenCX's answer cannot be read: {0}")]
    Unreadable(&'static str),
    /// 2xx, but `success` is false.
    #[error("OpenCX reports a failure{}", .code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused {
        /// Its code, if it is a plain word.
        code: Option<String>,
    },
    /// The AI's answer is marked as an error: its text must not reach a customer.
    #[error("OpenCX's AI answered with an error")]
    Erroneous,
    /// It has the message but withdrew the answer, or has none yet.
    #[error("OpenCX has the message but no answer to it: {0}")]
    Unanswered(&'static str),
    /// The history goes on for longer than we read.
    #[error("the session's history is longer than {0} pages")]
    HistoryTooLong(usize),
}

impl Failure {
    /// As the agent's error; the effect is the call's own.
    #[must_use]
    pub fn during(self, operation: &'static str) -> Error {
        let effect = self.effect();
        self.with_effect(operation, effect)
    }

    /// OpenCX does not have what was looked for.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status, .. } if *status == StatusCode::NOT_FOUND)
    }

    /// As the agent's error when the customer's message may be with OpenCX whatever happened to this call.
    #[must_use]
    pub fn with_effect(self, operation: &'static str, effect: Effect) -> Error {
        Error { operation, effect, class: self.class(), detail: self.to_string() }
    }

    fn effect(&self) -> Effect {
        match self {
            Self::NoSession
            | Self::NothingToRelayTo
            | Self::NoNotes
            | Self::Key(_)
            | Self::Request
            | Self::NoSuchApi
            | Self::Busy(_)
            | Self::Transport(TransportError::Connect(_))
            // An error for an answer is an answer: there is nothing to look for in the history, where its text might
            // be taken for one. Asking again is right.
            | Self::Erroneous => Effect::NotSent,
            Self::Status { status, .. } => if is_unclear(*status) { Effect::Unclear } else { Effect::NotSent },
            Self::Transport(TransportError::Timeout(_) | TransportError::Cut(_))
            | Self::Unreadable(_)
            | Self::Refused { .. }
            | Self::Unanswered(_)
            | Self::HistoryTooLong(_) => Effect::Unclear,
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::NoSession
            | Self::NothingToRelayTo
            | Self::NoNotes
            | Self::Key(_)
            | Self::Request
            | Self::NoSuchApi => Class::Permanent,
            Self::Busy(busy) => Class::Busy { after: busy.after },
            Self::Status { status, after } => {
                if *status == StatusCode::TOO_MANY_REQUESTS {
                    Class::Busy { after: after.unwrap_or(super::client::RETRY_AFTER_DEFAULT) }
                } else if is_unclear(*status) {
                    Class::Retry { after: *after }
                } else {
                    Class::Permanent
                }
            }
            Self::Transport(_)
            | Self::Unreadable(_)
            | Self::Refused { .. }
            | Self::Erroneous
            | Self::Unanswered(_)
            | Self::HistoryTooLong(_) => Class::Retry { after: None },
        }
    }
}

fn is_unclear(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT
}

fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 | 422 => {
            "it refused the request; custom data must be flat, and a rep's message needs an OpenCX that takes agents' messages"
        }
        401 => "it does not know the API key; check `agent.api_key`",
        403 => "the API key lacks a right; it needs full access, or `chat-sessions:read` and `chat-sessions:write`",
        404 => "it does not know this session; it was deleted there, or `agent.base_url` or the key is another's",
        429 => "too many requests with this API key",
        300..400 => "it points elsewhere; correct `agent.base_url`",
        500.. => "it has a problem of its own",
        _ => "it refused the request",
    }
}
