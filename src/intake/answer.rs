//! Every answer of the intake that is not 200: status, and a JSON body `{error: {code, message, fix}}` for people.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::{envelope, quiet};
use crate::config::Connection;
use crate::limits;
use crate::store;

/// A request that was not taken. HubSpot delivers it again later, whatever the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The path names no connection.
    #[error("there is no connection of this name")]
    UnknownConnection,
    /// The path names no workflow action.
    #[error("there is no such action; there are pause-ai, resume-ai, send-to-ai and request-handoff")]
    UnknownAction,
    /// OpenCX's webhooks, though the connection's agent is another.
    #[error("this connection's agent is not opencx, so it takes no OpenCX webhooks")]
    NotOpencx,
    /// OpenCX's webhooks, though nothing could check them.
    #[error("this connection takes no OpenCX webhooks: its `agent.webhook_secret` is not set")]
    NoWebhookSecret,
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
    /// Bad or missing token or signature of OpenCX. Says no more to a stranger either.
    #[error("the token or signature is missing or wrong")]
    Sender {
        /// For the log and the metrics only.
        cause: &'static str,
    },
    /// An OpenCX webhook is one object.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// A workflow action's execution is one object.
    #[error("the body is not the execution of a workflow action")]
    NotAnAction,
    /// A workflow action on something that has no conversation.
    #[error("this action works on tickets and conversations only")]
    ObjectUnsupported,
    /// A workflow action whose input field names no thread.
    #[error("the input field `thread_id` does not hold the id of a conversation thread")]
    NotAThread,
    /// Not an array, or too many elements.
    #[error(transparent)]
    Envelope(#[from] envelope::Error),
    /// A secret of the connection could not be read.
    #[error("the connection's `{setting}` cannot be read")]
    Secret {
        /// Which.
        setting: &'static str,
    },
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
            store::Error::DiskLow { .. }
            | store::Error::Unavailable { .. }
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
            Self::UnknownConnection | Self::UnknownAction | Self::NotOpencx | Self::NoWebhookSecret => {
                StatusCode::NOT_FOUND
            }
            Self::BodyTooLarge { .. } | Self::Envelope(envelope::Error::TooMany(_)) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Signature { .. } | Self::Sender { .. } => StatusCode::UNAUTHORIZED,
            Self::BodyCut
            | Self::NotAnObject
            | Self::NotAnAction
            | Self::ObjectUnsupported
            | Self::NotAThread
            | Self::Envelope(envelope::Error::NotAnArray) => StatusCode::BAD_REQUEST,
            Self::Secret { .. } | Self::Overloaded | Self::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable code in the body, and what to do.
    #[must_use]
    pub fn code_and_fix(self) -> (&'static str, &'static str) {
        match self {
            Self::UnknownConnection => {
                ("unknown_connection", "Use the URL of a configured connection: /webhooks/hubspot/NAME.")
            }
            Self::UnknownAction => ("unknown_action", "Set the action's URL to /actions/hubspot/NAME/ACTION."),
            Self::NotOpencx => ("not_opencx", "Remove the webhook from OpenCX, or set agent.kind to \"opencx\"."),
            Self::NoWebhookSecret => (
                "no_webhook_secret",
                "Set agent.webhook_secret or agent.webhook_secret_file of this connection, and the same in OpenCX.",
            ),
            Self::BodyTooLarge { .. } => ("body_too_large", "Raise server.body_limit if this is genuine."),
            Self::BodyTooSlow => ("body_too_slow", "Look at the network between the sender and the bridge."),
            Self::BodyCut => ("body_cut", "Send the whole body that the headers announce."),
            Self::Signature { .. } => (
                "bad_signature",
                "Set client_secret to the HubSpot app's client secret and server.public_url to its URL.",
            ),
            Self::Sender { .. } => (
                "bad_signature",
                "Set agent.webhook_secret to what OpenCX sends as a bearer token or signs its webhooks with.",
            ),
            Self::NotAnObject => ("not_an_object", "Send OpenCX's webhook as JSON: {event, organization_id, data}."),
            Self::NotAnAction => {
                ("not_an_action", "Send HubSpot's execution as JSON: {callbackId, origin, object, inputFields}.")
            }
            Self::ObjectUnsupported => (
                "object_unsupported",
                "Use it in a workflow based on tickets or conversations, or give the action an input field `thread_id`.",
            ),
            Self::NotAThread => {
                ("not_a_thread", "Fill `thread_id` with the conversation's thread id, or leave it empty.")
            }
            Self::Envelope(envelope::Error::NotAnArray) => {
                ("not_an_array", "Send HubSpot's array of events as JSON, uncompressed.")
            }
            Self::Envelope(envelope::Error::TooMany(_)) => ("too_many_events", "Send at most 100 events a delivery."),
            Self::Secret { .. } => {
                ("secret_unreadable", "Check the file that the setting with `_file` names; the log says what is wrong.")
            }
            Self::Overloaded => ("overloaded", "Deliver again later."),
            Self::StoreUnavailable => {
                ("store_unavailable", "Deliver again later; the bridge's log says what its disk refuses.")
            }
        }
    }
}

impl Refused {
    /// Says what the sender did. Our own failures were logged where they happened.
    pub(super) fn log(self, path: &Connection) {
        let (code, fix) = self.code_and_fix();
        match self {
            Self::Signature { cause } | Self::Sender { cause } => {
                if let Some(left_out) = quiet::may_say(&path.name, cause) {
                    tracing::warn!(connection = %path.name, code, cause, fix, left_out, "request refused");
                }
            }
            Self::Secret { .. } | Self::Overloaded | Self::StoreUnavailable => {}
            Self::UnknownConnection
            | Self::UnknownAction
            | Self::NotOpencx
            | Self::NoWebhookSecret
            | Self::BodyTooLarge { .. }
            | Self::BodyTooSlow
            | Self::BodyCut
            | Self::NotAnObject
            | Self::NotAnAction
            | Self::ObjectUnsupported
            | Self::NotAThread
            | Self::Envelope(_) => {
                if let Some(left_out) = quiet::may_say(&path.name, code) {
                    tracing::warn!(connection = %path.name, code, fix, left_out, "request refused: {self}");
                }
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
