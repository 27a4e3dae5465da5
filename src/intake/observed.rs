//! What HubSpot's deliveries were like lately: from where and how they were called, of which types, which were refused and
//! why. Noted by the routes, once a delivery; read by the doctor; decides nothing. Never a body, never a signature.
//!
//! In memory, and written into the store once a minute by a [`Keeper`], so that a restart forgets nothing.

mod head;
mod keeper;
mod record;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use dashmap::DashMap;

use crate::domain::{ConnectionName, Timestamp};

pub use head::{Head, kind_heard};
pub use keeper::{Keeper, recall, restore};

/// Refusals kept for each connection.
pub const REFUSALS_MAX: usize = 20;

/// Subscription types kept for each connection: HubSpot has 48, and a few are told apart by their property.
pub const TYPES_MAX: usize = 64;

/// Of every connection; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Observed(Arc<DashMap<ConnectionName, Seen>>);

/// Of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The last delivery whose signature was right.
    pub delivery: Option<Call>,
    /// When each subscription type was last heard of, those the bridge does not act on too; see [`kind_heard`].
    pub types: BTreeMap<String, Timestamp>,
    /// The last refused ones, oldest first, at most [`REFUSALS_MAX`].
    pub refusals: VecDeque<Refused>,
    /// The last call at an address that is nearly this connection's: a slash too many, a prefix nobody stripped.
    pub astray: Option<Call>,
}

/// How the public listener was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// The `Host` it named, as it reached us.
    pub host: Option<String>,
    /// What a proxy wrote of the call it got.
    pub forwarded: Forwarded,
    /// The path as it reached us.
    pub path: String,
    /// It came with a signature of version 3, which covers the address that was called.
    pub v3: bool,
}

/// The headers of a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// `X-Forwarded-Proto`.
    pub proto: Option<String>,
    /// `X-Forwarded-Host`.
    pub host: Option<String>,
    /// `X-Forwarded-Prefix`: what it took off the path.
    pub prefix: Option<String>,
}

/// A delivery that was refused for its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How it came.
    pub call: Call,
    /// The label of the metric.
    pub cause: String,
    /// HubSpot's timestamp less our time, milliseconds, where it sent one.
    pub skew_ms: Option<i64>,
}

impl Observed {
    /// What is known of a connection.
    #[must_use]
    pub fn of(&self, connection: &ConnectionName) -> Seen {
        self.0.get(connection).map(|seen| seen.clone()).unwrap_or_default()
    }

    /// Changes what is known of a connection.
    pub fn note(&self, connection: &ConnectionName, change: impl FnOnce(&mut Seen)) {
        // Only the first delivery of a connection has to own its name.
        if let Some(mut seen) = self.0.get_mut(connection) {
            return change(&mut seen);
        }
        change(&mut self.0.entry(connection.clone()).or_default());
    }
}

impl Refused {
    /// A webhook, not an action of a workflow.
    #[must_use]
    pub fn is_webhook(&self) -> bool {
        self.call.path.starts_with("/webhooks/")
    }
}

impl Seen {
    /// A delivery whose signature was right, with events of these kinds.
    pub fn delivered<'k>(&mut self, head: &Head<'_>, kinds: impl IntoIterator<Item = &'k str>, at: Timestamp) {
        match &mut self.delivery {
            // Nearly all deliveries come the same way: nothing is copied for them.
            Some(call) if head.is_like(call) => call.at = at,
            other => *other = Some(head.call(at)),
        }
        for kind in kinds {
            self.heard(kind, at);
        }
    }

    /// One that was not.
    pub fn refused(&mut self, head: &Head<'_>, cause: &str, at: Timestamp) {
        self.refusals.push_back(Refused { call: head.call(at), cause: cause.to_owned(), skew_ms: head.skew(at) });
        if self.refusals.len() > REFUSALS_MAX {
            self.forget_refusal();
        }
    }

    fn heard(&mut self, kind: &str, at: Timestamp) {
        if let Some(last) = self.types.get_mut(kind) {
            *last = at;
            return;
        }
        if self.types.len() >= TYPES_MAX {
            let oldest = self.types.iter().min_by_key(|(_, at)| **at).map(|(kind, _)| kind.clone());
            oldest.and_then(|kind| self.types.remove(&kind));
        }
        self.types.insert(kind.to_owned(), at);
    }

    /// The second of the commonest cause: whoever floods the address must not hide what HubSpot meets with, neither of
    /// another cause nor the first of the same.
    fn forget_refusal(&mut self) {
        let count = |cause: &str| self.refusals.iter().filter(|refused| refused.cause == cause).count();
        let most = self.refusals.iter().map(|refused| count(&refused.cause)).max().unwrap_or_default();
        let mut of = self.refusals.iter().enumerate();
        let cause = of.find(|(_, refused)| count(&refused.cause) == most).map(|(_, refused)| refused.cause.as_str());
        let place = of.find(|(_, refused)| Some(refused.cause.as_str()) == cause).map(|(place, _)| place);
        place.and_then(|place| self.refusals.remove(place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(path: &str) -> Head<'_> {
        Head { host: Some("bridge.example.com"), path, ..Head::default() }
    }

    #[test]
    fn a_flood_of_one_refusal_hides_no_other() {
        let mut seen = Seen::default();
        seen.refused(&head("/webhooks/hubspot/acme"), "mismatch", Timestamp(1));
        for at in 2..200 {
            seen.refused(&head("/webhooks/hubspot/acme"), "signature_missing", Timestamp(at));
        }
        assert_eq!(seen.refusals.len(), REFUSALS_MAX);
        assert_eq!(seen.refusals[0].cause, "mismatch");
        assert_eq!(seen.refusals[1].call.at, Timestamp(2), "the first of the flood is kept too");
        assert_eq!(seen.refusals[REFUSALS_MAX - 1].call.at, Timestamp(199));
    }

    #[test]
    fn types_are_bounded_and_the_oldest_goes() {
        let mut seen = Seen::default();
        for at in 0..200 {
            let kind = format!("kind.{at}");
            seen.delivered(&head("/"), ["conversation.newMessage", &kind], Timestamp(at));
        }
        assert_eq!(seen.types.len(), TYPES_MAX);
        assert_eq!(seen.types["conversation.newMessage"], Timestamp(199));
        assert!(!seen.types.contains_key("kind.0") && seen.types.contains_key("kind.199"));
        assert_eq!(seen.delivery.map(|call| call.at), Some(Timestamp(199)));
    }
}
