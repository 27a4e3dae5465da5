//! Who gets a handed-off conversation, and what the customer is told then. Pure.

use std::collections::BTreeMap;

use super::language;
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
pub fn route<'a>(rules: &'a [Route], facts: &Facts<'_>) -> Option<&'a Route> {
    rules.iter().find(|rule| holds(rule, facts))
}

fn holds(rule: &Route, facts: &Facts<'_>) -> bool {
    let any_of = |wanted: &[String], fact: Option<&str>, same: fn(&str, &str) -> bool| {
        wanted.is_empty() || fact.is_some_and(|fact| wanted.iter().any(|one| same(one, fact)))
    };
    let alike = |one: &str, other: &str| one == other.trim().to_lowercase();
    any_of(&rule.topics, facts.topic, |one, other| one == other)
        && (rule.channels.is_empty() || rule.channels.contains(&facts.channel))
        && any_of(&rule.languages, facts.language, language::same)
        && any_of(&rule.sentiments, facts.sentiment, alike)
        && rule.custom_data.iter().all(|(key, value)| facts.custom_data.get(key) == Some(value))
        && rule.hours.as_ref().is_none_or(|hours| hours.is_open(facts.now))
}

/// What the customer is told: the entry of the language, else the one for every language; within or outside its hours.
#[must_use]
pub fn words<'a>(entries: &'a [HandoffWords], language: Option<&str>, now: Timestamp) -> Option<&'a str> {
    let spoken = |entry: &&HandoffWords| {
        entry.language.as_deref().zip(language).is_some_and(|(one, other)| language::same(one, other))
    };
    let entry = entries.iter().find(spoken).or_else(|| entries.iter().find(|entry| entry.language.is_none()))?;
    let open = entry.hours.as_ref().is_none_or(|hours| hours.is_open(now));
    let outside = entry.outside_hours.as_deref().filter(|_| !open);
    Some(outside.unwrap_or(&entry.text))
}
