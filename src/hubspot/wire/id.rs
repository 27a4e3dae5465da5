//! Ids arrive as numbers or as text, and sometimes as empty text where there is none.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use crate::domain::ActorId;

/// An opaque id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::hubspot) struct Id(String);

impl Id {
    /// The id; none when it is empty.
    pub(in crate::hubspot) fn text(self) -> Option<String> {
        (!self.0.is_empty()).then_some(self.0)
    }

    /// The id as a number.
    pub(in crate::hubspot) fn number(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// An actor; a bare number is a user's.
    pub(in crate::hubspot) fn actor(self) -> Option<ActorId> {
        let text = self.text()?;
        let bare = text.bytes().all(|b| b.is_ascii_digit());
        Some(ActorId(if bare { format!("A-{text}") } else { text }))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id as a number or text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        Ok(Id(text.trim().to_owned()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
        Ok(Id(number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id, E> {
        Ok(Id(number.to_string()))
    }
}
