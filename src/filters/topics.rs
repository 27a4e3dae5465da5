//! What the AI may talk about: autopilot topics. Pure.

use crate::config::Topic;
use crate::domain::Channel;

/// One customer message, as topics see it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Plain text.
    pub text: &'a str,
    /// Over which channel.
    pub channel: Channel,
    /// A primary language tag, when it is known.
    pub language: Option<&'a str>,
}

/// The rule for a burst: each message is decided by the first rule that matches it, and the most cautious decision
/// counts for all (escalate before draft before answer); the burst is ignored only when every message is.
#[must_use]
pub fn decide<'a>(_topics: &'a [Topic], _burst: &[Said<'_>]) -> Option<&'a Topic> {
    None
}
