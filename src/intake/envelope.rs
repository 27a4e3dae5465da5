//! A delivery's JSON array, each element read on its own and borrowed from the body: a bad one never harms its
//! neighbours. Called by the routes with a [`Verified`] body; [`super::judge`] decides what an element means.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::signature::Verified;
use crate::limits::EVENTS_PER_DELIVERY;

/// A body that is no delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Malformed JSON, or JSON of another shape.
    #[error("the body is not a JSON array")]
    NotAnArray,
    /// More than the bound.
    #[error("the delivery holds {0} events, more than {EVENTS_PER_DELIVERY}")]
    TooMany(usize),
}

/// One element: its bytes, and its fields if it is an object that can be read.
#[derive(Clone, Debug)]
pub struct Element<'a> {
    /// As received.
    pub raw: &'a str,
    /// None when it is not an object, or one with a repeated or broken field.
    pub fields: Option<Fields<'a>>,
}

/// The fields the bridge looks at; any may be missing, whatever else is there is ignored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "HubSpot's own names; its webhook guide documents them")]
pub struct Fields<'a> {
    #[serde(borrow)]
    pub subscription_type: Scalar<'a>,
    /// The documentation's other name for the subscription type.
    pub event_type: Scalar<'a>,
    pub event_id: Scalar<'a>,
    pub portal_id: Scalar<'a>,
    pub app_id: Scalar<'a>,
    pub occurred_at: Scalar<'a>,
    pub object_id: Scalar<'a>,
    /// Which kind of record, on `object.*` only.
    pub object_type_id: Scalar<'a>,
    pub message_id: Scalar<'a>,
    pub message_type: Scalar<'a>,
    pub property_name: Scalar<'a>,
    pub property_value: Scalar<'a>,
    pub change_source: Scalar<'a>,
    pub source_id: Scalar<'a>,
}

/// A JSON value where a scalar is expected. HubSpot sends ids as numbers, its documentation shows strings.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Scalar<'a> {
    /// Absent or `null`.
    #[default]
    Null,
    /// A string, borrowed unless it holds escapes.
    Text(Cow<'a, str>),
    /// An integer.
    Integer(i128),
    /// `true` or `false`.
    Bool(bool),
    /// A fraction, an object or an array: no id, no name.
    Other,
}

impl<'a> Scalar<'a> {
    /// The value as text; none when absent, or no scalar.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Null | Self::Other => None,
            Self::Text(text) => Some(text.clone()),
            Self::Integer(number) => Some(Cow::Owned(number.to_string())),
            Self::Bool(bool) => Some(Cow::Borrowed(if *bool { "true" } else { "false" })),
        }
    }

    /// An id or a name: a number, or text that is not empty.
    #[must_use]
    pub fn id(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text.clone()),
            Self::Integer(_) => self.text(),
            Self::Null | Self::Text(_) | Self::Bool(_) | Self::Other => None,
        }
    }

    /// A whole number, also when written as a string.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => i64::try_from(*number).ok(),
            Self::Text(text) => text.parse().ok(),
            Self::Null | Self::Bool(_) | Self::Other => None,
        }
    }

    /// Nothing was said: absent, `null` or an empty string.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::Integer(_) | Self::Bool(_) | Self::Other => false,
        }
    }
}

/// Splits a delivery into its elements.
pub fn parse(verified: Verified<'_>) -> Result<Vec<Element<'_>>, Error> {
    let raws: Vec<&RawValue> = serde_json::from_slice(verified.body()).map_err(|_| Error::NotAnArray)?;
    if raws.len() > EVENTS_PER_DELIVERY {
        return Err(Error::TooMany(raws.len()));
    }
    Ok(raws.into_iter().map(|raw| read(raw.get())).collect())
}

fn read(raw: &str) -> Element<'_> {
    // serde would also read an array as a struct, field by field.
    let fields = if raw.starts_with('{') { serde_json::from_str(raw).ok() } else { None };
    Element { raw, fields }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_bool<E: de::Error>(self, bool: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(bool))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}
