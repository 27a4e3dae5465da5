//! Times arrive as ISO 8601 with or without fractions, and in a few places as epoch milliseconds.

use serde::de::{self, Deserialize, Deserializer};

use super::id::Id;
use crate::domain::Timestamp;

/// A point in time.
#[derive(Clone, Copy, Debug)]
pub(in crate::hubspot) struct Stamp(pub(in crate::hubspot) Timestamp);

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Id::deserialize(deserializer)?;
        let read = match raw.number() {
            Some(millis) => Some(Timestamp(millis)),
            None => raw.text().as_deref().and_then(Timestamp::parse),
        };
        read.map(Self).ok_or_else(|| de::Error::custom("a time that is neither ISO 8601 nor milliseconds"))
    }
}
