//! One journalled step in words.

use serde_json::Value;

use super::Line;
use crate::store::{StepRecord, StepStatus};

/// A step and how it went.
pub(in crate::admin) fn line(step: &StepRecord) -> Line {
    let what = subject(&step.name);
    let at = step.settled_at.unwrap_or(step.intended_at);
    let facts = facts(step.result.as_deref());
    match step.status {
        StepStatus::Intended => {
            let words = "began; whether it took effect is looked up before it is tried again, not before";
            Line::new(step.intended_at, format!("{what} {words} {}.", step.act_deadline))
        }
        StepStatus::Done => Line::new(at, format!("{what}: done{facts}.")),
        StepStatus::NotSent => Line::new(at, format!("{what}: certainly not sent, may be tried again{facts}.")),
        StepStatus::Failed => Line::new(at, format!("{what}: failed{facts}.")),
        StepStatus::Skipped => Line::new(at, format!("{what}: left out{facts}.")),
    }
}

fn subject(name: &str) -> String {
    match name {
        "open_agent" => "Opening the agent's session".to_owned(),
        "decide" => "Deciding without the agent".to_owned(),
        "ask_agent" => "Asking the agent".to_owned(),
        "post_reply" => "Posting the reply to the customer".to_owned(),
        "post_draft" => "Posting the internal comment".to_owned(),
        "handoff_comment" => "Posting the handoff comment".to_owned(),
        "assign" => "Assigning the conversation".to_owned(),
        "contact" => "Finding or making the customer's contact".to_owned(),
        "ticket" => "Finding or making the ticket".to_owned(),
        "transcript" => "Writing the transcript as a note of the ticket".to_owned(),
        "ticket_write" => "Updating the ticket".to_owned(),
        "take" => "Giving the conversation to the AI user".to_owned(),
        name => relay(name).unwrap_or_else(|| format!("Step `{name}`")),
    }
}

/// `relay/{message or note}/{session}`.
fn relay(name: &str) -> Option<String> {
    let (id, session) = name.strip_prefix("relay/")?.rsplit_once('/')?;
    Some(format!("Carrying what a rep wrote ({id}) to {session}"))
}

/// The result's own ids and words: `(message 99)`. Results never hold text; the format's version tells nobody anything.
fn facts(result: Option<&str>) -> String {
    let parsed = result.and_then(|result| serde_json::from_str::<Value>(result).ok());
    let fields = parsed.as_ref().and_then(Value::as_object).into_iter().flatten();
    let facts: Vec<String> =
        fields.filter(|(key, _)| *key != "v").filter_map(|(key, value)| fact(key, value)).collect();
    if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) }
}

fn fact(key: &str, value: &Value) -> Option<String> {
    let key = key.replace('_', " ");
    match value {
        Value::String(text) if !text.is_empty() => Some(format!("{key}: {text}")),
        Value::Number(number) => Some(format!("{key}: {number}")),
        Value::Bool(true) => Some(key),
        Value::String(_) | Value::Bool(false) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
