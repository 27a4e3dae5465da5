//! What HubSpot's deliveries were like lately: from where and how they were called, of which types, which were refused and
//! why. Read by the doctor; decides nothing. Never a body, never a signature.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use dashmap::DashMap;

use crate::domain::{ConnectionName, Timestamp};

/// Refusals kept for each connection.
pub const REFUSALS_MAX: usize = 20;

/// Of every connection; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Observed(Arc<DashMap<ConnectionName, Seen>>);

/// Of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The last delivery whose signature was right.
    pub delivery: Option<Call>,
    /// When each subscription type was last heard of, those the bridge does not act on too.
    pub types: BTreeMap<String, Timestamp>,
    /// The last refused ones, oldest first, at most [`REFUSALS_MAX`].
    pub refusals: VecDeque<Refused>,
}

/// How the public listener was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// The `Host` it named, as it reached us.
    pub host: Option<String>,
    /// `X-Forwarded-Proto` and `X-Forwarded-Host`, as a proxy wrote them.
    pub forwarded: Option<String>,
    /// The path as it reached us.
    pub path: String,
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
        change(&mut self.0.entry(connection.clone()).or_default());
    }
}
