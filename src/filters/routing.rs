//! Who gets a handed-off conversation, and what the customer is told then. Pure.

use std::collections::BTreeMap;

use crate::config::{HandoffWords, Route};
use crate::domain::{Channel, Timestamp};

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Over which channel.
    pub channel: Channel,
    /// The topic rule that matched.
    pub topic: Option<&'a str>,
    /// A BCP 47 tag.
    pub language: Option<&'a str>,
    /// The agent's word.
    pub sentiment: Option<&'a str>,
    /// The session's.
    pub custom_data: &'a BTreeMap<String, String>,
    /// For the hours.
    pub now: Timestamp,
}

/// The first rule all of whose conditions hold.
#[must_use]
pub fn route<'a>(_rules: &'a [Route], _facts: &Facts<'_>) -> Option<&'a Route> {
    None
}

/// What the customer is told: the entry of the language, else the one for every language; within or outside its hours.
#[must_use]
pub fn words<'a>(_entries: &'a [HandoffWords], _language: Option<&str>, _now: Timestamp) -> Option<&'a str> {
    None
}
