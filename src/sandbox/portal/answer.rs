//! What an endpoint answers: a body, or a refusal with HubSpot's error body. Made by [`super::api`], sent by [`super::call`].

use http::StatusCode;
use serde_json::{Map, Value, json};

/// A success.
#[derive(Debug)]
pub struct Answer {
    /// 200, 201, 204 or 207.
    pub status: StatusCode,
    /// None with 204.
    pub body: Option<Value>,
}

impl Answer {
    /// 200.
    pub fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(body) }
    }

    /// 201.
    pub fn created(body: Value) -> Self {
        Self { status: StatusCode::CREATED, body: Some(body) }
    }

    /// 204.
    pub fn none() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }
}

/// A refusal; every field but the status and message is optional in HubSpot's bodies.
#[derive(Debug)]
pub struct Refusal {
    /// 4xx or 5xx.
    pub status: StatusCode,
    /// For people.
    pub message: String,
    /// `category` and other members of the body.
    pub members: Map<String, Value>,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// Sent instead of the JSON body: what proxies and CDNs do.
    pub raw: Option<&'static str>,
}

impl Refusal {
    /// With the category HubSpot uses for the case.
    pub fn new(status: StatusCode, category: &str, message: impl Into<String>) -> Self {
        Self::bare(status, message).with("category", json!(category))
    }

    /// Without a category, as some 4xx come.
    pub fn bare(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), members: Map::new(), retry_after: None, raw: None }
    }

    /// One more member of the body.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// 400.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    /// 404 of an object.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message)
    }

    /// 404 of a path HubSpot does not have.
    pub fn no_route() -> Self {
        Self { raw: Some(NOT_FOUND_PAGE), ..Self::bare(StatusCode::NOT_FOUND, "") }
    }

    /// 405.
    pub fn method() -> Self {
        Self::bare(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed for this resource.")
    }

    /// 401 without usable credentials.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more \
             details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        )
    }

    /// 401 of a token past its time.
    pub fn expired() -> Self {
        let message = "The OAuth token used to make this call expired 0 second(s) ago.";
        Self::new(StatusCode::UNAUTHORIZED, "EXPIRED_AUTHENTICATION", message)
            .with("context", json!({"expire time": ["2026-03-10T23:04:41.164Z"]}))
    }

    /// 403 of a token that lacks a scope.
    pub fn missing_scope(scope: &str) -> Self {
        let message = "This app hasn't been granted all required scopes to make this call. Read more about required \
                       scopes here: https://developers.hubspot.com/scopes.";
        Self::new(StatusCode::FORBIDDEN, "MISSING_SCOPES", message)
            .with("links", json!({"scopes": "https://developers.hubspot.com/scopes"}))
            .with(
                "errors",
                json!([{"message": "One or more of the following scopes are required.",
                        "context": {"requiredGranularScopes": [scope]}}]),
            )
    }

    /// 403 when the app's creator was removed from the account.
    pub fn user_lost() -> Self {
        let message = "The user does not have permissions to make this call.";
        Self::new(StatusCode::FORBIDDEN, "USER_DOES_NOT_HAVE_PERMISSIONS", message)
    }

    /// 429 of one policy, in the shape HubSpot gives it.
    pub fn limited(policy: Policy) -> Self {
        let (message, name) = match policy {
            Policy::TenSecondly => ("You have reached your ten_secondly_rolling limit.", "TEN_SECONDLY_ROLLING"),
            Policy::Secondly => ("You have reached your secondly limit.", "SECONDLY"),
            Policy::Daily => ("You have reached your daily limit.", "DAILY"),
        };
        let refusal = Self::bare(StatusCode::TOO_MANY_REQUESTS, message).with("policyName", json!(name));
        match policy {
            Policy::TenSecondly => refusal.with("category", json!("RATE_LIMITS")),
            Policy::Secondly | Policy::Daily => refusal.with("errorType", json!("RATE_LIMIT")),
        }
    }

    /// The standard body of a status, for faults.
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::unauthenticated(),
            403 => Self::missing_scope("conversations.read"),
            404 => Self::not_found("Object not found."),
            409 => Self::new(status, "CONFLICT", "The object was changed by another request."),
            423 => Self::new(status, "LOCKED", "The resource is locked, try again later."),
            429 => Self::limited(Policy::TenSecondly),
            477 => {
                let refusal = Self::bare(status, "This account is being migrated to another data hosting location.");
                Self { retry_after: Some(60), ..refusal }
            }
            code if code >= 500 => Self::bare(status, "internal error"),
            _ => Self::invalid("The request could not be processed."),
        }
    }
}

/// The rate limits HubSpot tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The burst.
    TenSecondly,
    /// CRM search.
    Secondly,
    /// The account's day.
    Daily,
}

/// What a path without a route answers: a page, not JSON.
const NOT_FOUND_PAGE: &str = "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=utf-8\"/>\n\
<title>Error 404 Not Found</title>\n</head>\n<body><h2>HTTP ERROR 404</h2></body>\n</html>\n";

/// A CDN's page, for faults that ask for HTML.
pub const GATEWAY_PAGE: &str = "<html><head><title>Bad gateway</title></head><body><h1>Error</h1>\
<p>The web server reported an error.</p></body></html>";
