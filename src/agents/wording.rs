//! How a message is put into words for an agent, and how the remarks an agent makes for the reps are read. Pure; used by
//! the agents.

use serde_json::Value;

use super::{Answer, Decision, Said};
use crate::domain::Attachment;

/// Characters of a reason or a summary: a screen of an internal comment.
const REMARK_MAX: usize = 4_000;
/// Characters of a sentiment or a language, which are single words.
const WORD_MAX: usize = 40;
const NO_REASON: &str = "the agent gave no reason";

/// The text of a message, followed by the names of its attachments with their links.
#[must_use]
pub fn words(said: &Said) -> String {
    with_attachments(&said.text, &said.attachments)
}

/// A text, followed by the names of these attachments with their links.
#[must_use]
pub fn with_attachments<'a>(text: &str, attachments: impl IntoIterator<Item = &'a Attachment>) -> String {
    let mut lines: Vec<String> = Vec::new();
    if !text.trim().is_empty() {
        lines.push(text.trim().to_owned());
    }
    lines.extend(attachments.into_iter().map(|attachment| {
        let link = attachment.url.as_deref().unwrap_or("no link");
        format!("Attachment: {} ({link})", name(attachment))
    }));
    lines.join("\n")
}

/// The file's name, or what kind of attachment it is.
#[must_use]
pub fn name(attachment: &Attachment) -> String {
    attachment.name.clone().unwrap_or_else(|| attachment.kind.to_lowercase())
}

/// A string with something in it, trimmed.
#[must_use]
pub fn written(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A handoff with the `reason` that an object gives.
#[must_use]
pub fn handoff(words: Option<String>, object: &Value) -> Decision {
    let reason = remark(object, "reason", REMARK_MAX).unwrap_or_else(|| NO_REASON.to_owned());
    Decision::Handoff { words, reason }
}

/// A decision with the `summary`, `sentiment` and `language` that an object gives.
#[must_use]
pub fn with_remarks(decision: Decision, object: &Value) -> Answer {
    Answer {
        decision,
        summary: remark(object, "summary", REMARK_MAX),
        sentiment: remark(object, "sentiment", WORD_MAX),
        language: remark(object, "language", WORD_MAX),
        custom_data: std::collections::BTreeMap::new(),
    }
}

fn remark(object: &Value, key: &str, max: usize) -> Option<String> {
    Some(written(object.get(key))?.chars().take(max).collect())
}
