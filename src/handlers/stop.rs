//! Why a run ends without its turn being finished, and how the errors of the clients become that.

use std::time::Duration;

use crate::domain::{Reason, Timestamp};
use crate::{hubspot, store};

/// A run's early end; the worker decides what follows.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// Come back then.
    #[error("waits: {why}")]
    Defer {
        /// Not before.
        until: Timestamp,
        /// For people.
        why: String,
        /// It was a failed attempt.
        counts: bool,
    },
    /// A failed attempt; the worker's backoff says when to come back.
    #[error("{why}")]
    Retry {
        /// The peer's wish.
        after: Option<Duration>,
        /// For people.
        why: String,
    },
    /// The peer wants us to wait; no failed attempt.
    #[error("{why}")]
    Wait {
        /// At least so long.
        after: Duration,
        /// For people.
        why: String,
    },
    /// Begin again at once, on what is true now.
    #[error("{why}")]
    Again {
        /// For people.
        why: String,
    },
    /// The whole connection is ill.
    #[error("{why}")]
    Hold {
        /// A bounded word, also a metric label.
        cause: &'static str,
        /// For how long, when HubSpot says; otherwise it is tried again every `delivery.hold_probe`.
        for_: Option<Duration>,
        /// For people.
        why: String,
    },
    /// HubSpot refuses and would refuse again.
    #[error("{detail}")]
    Refused {
        /// From the closed list.
        reason: Reason,
        /// For people.
        detail: String,
    },
    /// Somebody else works on the mailbox now: nothing more may be done.
    #[error("the lease was lost")]
    LeaseLost,
    /// The store failed; the lease runs out by itself.
    #[error("the store failed")]
    Store(#[source] store::Error),
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::LeaseLost { .. } => Self::LeaseLost,
            store::Error::VersionConflict => Self::Again { why: "the session changed meanwhile".to_owned() },
            other @ (store::Error::NotFound { .. }
            | store::Error::AlreadyAnswered
            | store::Error::Refused(_)
            | store::Error::Overloaded { .. }
            | store::Error::DiskLow { .. }
            | store::Error::Unavailable { .. }
            | store::Error::Unreadable { .. }
            | store::Error::Stopped) => Self::Store(other),
        }
    }
}

impl From<hubspot::Error> for Stop {
    /// For reads and for writes that certainly had no effect. What is missing is refused as `object_not_found`; a
    /// caller that knows better looks at the class first.
    fn from(error: hubspot::Error) -> Self {
        let why = error.to_string();
        match error.class {
            // A rate limit or a lock: nothing happened, and it says when to come back.
            hubspot::Class::Retry { after: Some(after) } if error.effect == hubspot::Effect::NotSent => {
                Self::Wait { after, why }
            }
            hubspot::Class::Retry { after } => Self::Retry { after, why },
            hubspot::Class::Hold { cause, for_ } => Self::Hold { cause, for_, why },
            hubspot::Class::NotFound => Self::Refused { reason: Reason::ObjectNotFound, detail: why },
            hubspot::Class::Permanent { reason } => Self::Refused { reason, detail: why },
            hubspot::Class::Conflict { .. } | hubspot::Class::Unsupported => {
                Self::Refused { reason: Reason::RejectedByHubspot, detail: why }
            }
        }
    }
}
