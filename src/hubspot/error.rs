//! The one error of this boundary: which call, what happened in words, whether it may have acted, and what to do.

use std::time::Duration;

use super::transport::TransportError;
use crate::domain::Reason;

/// A failed call to HubSpot. Its text never holds a token, message text or an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HubSpot, {route}: {detail}")]
pub struct Error {
    /// Method and path template, e.g. `GET /threads/{threadId}`; also the metrics label.
    pub route: &'static str,
    /// Words for people.
    pub detail: String,
    /// Did the request have an effect?
    pub effect: Effect,
    /// What to do about it.
    pub class: Class,
    /// The properties HubSpot named when it refused values: those that do not exist, cannot be written, or cannot
    /// have that value. Without them the rest would be taken.
    pub bad_properties: Vec<String>,
}

/// Did the request have an effect?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Certainly none: connect failures, any 4xx.
    NotSent,
    /// It may have: timeouts, cuts, 5xx, an answer that cannot be read.
    Unclear,
}

/// What to do about an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// Try again, not before `after` if given.
    Retry {
        /// HubSpot's wish.
        after: Option<Duration>,
    },
    /// No call of this connection can succeed for now.
    Hold {
        /// `unauthorized`, `token_unreadable`, `missing_scope`, `daily_limit`, `account_migrating`.
        cause: &'static str,
        /// For how long, when that is known.
        for_: Option<Duration>,
    },
    /// HubSpot does not know the object (yet).
    NotFound,
    /// It is there already.
    Conflict {
        /// The id of what is there, when HubSpot says.
        existing: Option<String>,
    },
    /// It will fail again until somebody changes something.
    Permanent {
        /// `missing_scope` or `rejected_by_hubspot`.
        reason: Reason,
    },
    /// This portal or API version does not offer the call.
    Unsupported,
}

impl Error {
    /// No answer came.
    pub(super) fn unanswered(route: &'static str, cause: &TransportError) -> Self {
        let effect = match cause {
            TransportError::Connect(_) => Effect::NotSent,
            TransportError::Timeout(_) | TransportError::Cut(_) => Effect::Unclear,
        };
        Self {
            route,
            detail: cause.to_string(),
            effect,
            class: Class::Retry { after: None },
            bad_properties: Vec::new(),
        }
    }

    /// A success came whose body makes no sense. `acts`: the call was to change something, and probably did.
    pub(super) fn unreadable(route: &'static str, acts: bool, what: &str) -> Self {
        let detail = format!("answered with success, but {what}; if it goes on, HubSpot changed its format: report it");
        // A proxy's page in between passes; attempts bound what does not.
        let effect = if acts { Effect::Unclear } else { Effect::NotSent };
        Self { route, detail, effect, class: Class::Retry { after: None }, bad_properties: Vec::new() }
    }

    /// The access token's file cannot be read, or what is in it cannot be a token.
    pub(super) fn no_token(route: &'static str, why: &str) -> Self {
        let detail = format!("no usable access token ({why}); check `access_token` or `access_token_file`");
        let class = Class::Hold { cause: "token_unreadable", for_: None };
        Self { route, detail, effect: Effect::NotSent, class, bad_properties: Vec::new() }
    }

    /// The rate budget had no room for too long.
    pub(super) fn no_room(route: &'static str, waited: Duration, interval: Duration) -> Self {
        let detail = format!("no room in the rate budget within {} s; nothing was sent", waited.as_secs());
        let class = Class::Retry { after: Some(interval) };
        Self { route, detail, effect: Effect::NotSent, class, bad_properties: Vec::new() }
    }
}
