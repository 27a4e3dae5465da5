//! Every answer of the intake that is not 200: status, and a JSON body `{error: {code, message, fix}}` for people.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::envelope;
use crate::limits;
use crate::store;

/// A delivery that was not taken. HubSpot delivers it again later, whatever the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The path names no connection.
    #[error("there is no connection of this name")]
    UnknownConnection,
    /// The body is over the limit.
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge {
        /// `server.body_limit`.
        limit: usize,
    },
    /// The body did not arrive in time.
    #[error("the body did not arrive within {} s", limits::BODY_READ.as_secs())]
    BodyTooSlow,
    /// The body broke off.
    #[error("the body broke off")]
    BodyCut,
    /// Bad or missing signature. Says no more to a stranger; the log and the metrics have the cause.
    #[error("the signature is missing or wrong")]
    Signature {
        /// For the log and the metrics only.
        cause: &'static str,
    },
    /// Not an array, or too many elements.
    #[error(transparent)]
    Envelope(#[from] envelope::Error),
    /// The connection's client secret could not be read.
    #[error("the connection's client secret cannot be read")]
    Secret,
    /// Too many deliveries wait for the disk.
    #[error("too many deliveries are waiting to be stored")]
    Overloaded,
    /// The store cannot write.
    #[error("the delivery could not be stored")]
    StoreUnavailable,
}

impl From<&store::Error> for Refused {
    fn from(error: &store::Error) -> Self {
        match error {
            store::Error::Overloaded { .. } => Self::Overloaded,
            store::Error::Unavailable { .. }
            | store::Error::Stopped
            | store::Error::Unreadable { .. }
            | store::Error::Refused(_)
            | store::Error::LeaseLost { .. }
            | store::Error::VersionConflict
            | store::Error::NotFound { .. }
            | store::Error::AlreadyAnswered => Self::StoreUnavailable,
        }
    }
}

impl Refused {
    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::UnknownConnection => StatusCode::NOT_FOUND,
            Self::BodyTooLarge { .. } | Self::Envelope(envelope::Error::TooMany(_)) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Signature { .. } => StatusCode::UNAUTHORIZED,
            Self::BodyCut | Self::Envelope(envelope::Error::NotAnArray) => StatusCode::BAD_REQUEST,
            Self::Secret | Self::Overloaded | Self::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable code in the body, and what to do.
    #[must_use]
    pub fn code_and_fix(self) -> (&'static str, &'static str) {
        match self {
            Self::UnknownConnection => {
                ("unknown_connection", "Use the webhook URL of a configured connection: /webhooks/hubspot/NAME.")
            }
            Self::BodyTooLarge { .. } => ("body_too_large", "Raise server.body_limit if HubSpot sent this."),
            Self::BodyTooSlow => ("body_too_slow", "Look at the network between the sender and the bridge."),
            Self::BodyCut => ("body_cut", "Send the whole body that the headers announce."),
            Self::Signature { .. } => (
                "bad_signature",
                "Set client_secret to the HubSpot app's client secret and server.public_url to its URL.",
            ),
            Self::Envelope(envelope::Error::NotAnArray) => ("not_an_array", "Send HubSpot's array of events as JSON."),
            Self::Envelope(envelope::Error::TooMany(_)) => ("too_many_events", "Send at most 100 events a delivery."),
            Self::Secret => ("secret_unreadable", "Check the file named by the connection's client_secret_file."),
            Self::Overloaded => ("overloaded", "Deliver again later."),
            Self::StoreUnavailable => {
                ("store_unavailable", "Deliver again later; the bridge's log says what its disk refuses.")
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (code, fix) = self.code_and_fix();
        let body = json!({"error": {"code": code, "message": self.to_string(), "fix": fix}});
        let mut response = (self.status(), Json(body)).into_response();
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(limits::RETRY_AFTER.as_secs()));
        }
        response
    }
}
