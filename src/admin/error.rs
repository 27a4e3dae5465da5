//! An API answer that is not the thing asked for: `{error: {code, message, fix}}`.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store;

/// Every answer that is not the thing asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(super) struct ErrorView {
    error: Refusal,
}

/// What is wrong and what to do about it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErrorDetail)]
struct Refusal {
    /// A word for programs.
    #[schema(examples("not_found"))]
    code: &'static str,
    /// What happened, to what.
    message: String,
    /// What to do about it.
    fix: String,
}

/// A refused or failed request.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    fix: String,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fix: fix.into() }
    }

    pub(super) fn bad_request(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message, fix)
    }

    pub(super) fn unauthorized() -> Self {
        let fix = "send `Authorization: Bearer` and the value of `admin.token`";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "the bearer token is missing or wrong", fix)
    }

    /// The word that programs tell it by.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// What happened, and what to do, as one text for people.
    pub(super) fn words(&self) -> String {
        format!("{}; {}", self.message, self.fix)
    }

    /// The bridge cannot do it now, whatever was asked.
    pub(super) fn is_unavailable(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    pub(super) fn is_unauthorized(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    /// What happened, and what to do about it, for a page.
    pub(super) fn message_and_fix(&self) -> (&str, &str) {
        (&self.message, &self.fix)
    }

    pub(super) fn forbidden(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message, fix)
    }

    pub(super) fn not_found(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message, fix)
    }

    pub(super) fn wrong_method(message: impl Into<String>) -> Self {
        let fix =
            "lists and single things are read with GET, actions are POST, a session's custom data is set with PATCH";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message, fix)
    }

    pub(super) fn conflict(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message, fix)
    }

    pub(super) fn too_large(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message, fix)
    }

    pub(super) fn unavailable(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message, fix)
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        use store::Error;
        match &error {
            Error::NotFound { .. } => Self::not_found(error.to_string(), "check the id"),
            Error::AlreadyAnswered => {
                let fix = "with `force` (`{\"force\": true}`, `--force`) the reps get an answer as a draft comment";
                let message = "its message was answered, or may have been; the customer is not answered twice";
                Self::new(StatusCode::CONFLICT, "already_answered", message, fix)
            }
            Error::Refused(_) | Error::VersionConflict | Error::LeaseLost { .. } => {
                Self::conflict(error.to_string(), "look again, then decide")
            }
            Error::Overloaded { .. } => Self::unavailable(error.to_string(), "try again in a moment"),
            Error::DiskLow { .. } => {
                Self::unavailable(error.to_string(), "free space on the disk that `store.url` is on")
            }
            Error::Unavailable { .. } | Error::Unreadable { .. } | Error::Stopped => {
                let cause: &dyn std::error::Error = &error;
                tracing::error!(error = cause, "the admin API could not reach the store");
                Self::unavailable(
                    error.to_string(),
                    "see the log and /readyz; disk full, read-only or locked are the usual causes",
                )
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let said = Refusal { code: self.code, message: self.message.clone(), fix: self.fix.clone() };
        let body = ErrorView { error: said };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        // Browsers are shown a page made of it, see `console::refusal`.
        response.extensions_mut().insert(self);
        response
    }
}
