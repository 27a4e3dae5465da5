//! One journalled step in words: what was done, what became of it, by which rule.

use serde_json::Value;

use super::{Line, mask};
use crate::domain::Reason;
use crate::store::{StepRecord, StepStatus};

/// A step and how it went.
pub(in crate::admin) fn line(step: &StepRecord) -> Line {
    let at = step.settled_at.unwrap_or(step.intended_at);
    let result = step.result.as_deref().and_then(|result| serde_json::from_str::<Value>(result).ok());
    let result = result.unwrap_or_default();
    if let Some(text) = told(step, &result) {
        return Line::new(at, text);
    }
    let what = subject(&step.name);
    let facts = facts(&result);
    match step.status {
        StepStatus::Intended => {
            let words = "began; whether it took effect is looked up before it is tried again, not before";
            Line::new(step.intended_at, format!("{what} {words} {}{facts}.", step.act_deadline))
        }
        StepStatus::Done => Line::new(at, format!("{what}: done{facts}.")),
        StepStatus::NotSent => Line::new(at, format!("{what}: certainly not sent, may be tried again{facts}.")),
        StepStatus::Failed => Line::new(at, format!("{what}: failed{facts}.")),
        StepStatus::Skipped => Line::new(at, format!("{what}: left out{facts}.")),
    }
}

/// Steps whose result says more than "done".
fn told(step: &StepRecord, result: &Value) -> Option<String> {
    let text = |key: &str| result.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (step.name.as_str(), step.status) {
        ("ask_agent" | "decide", StepStatus::Done) => decided(&step.name, text("decided")?, &text),
        ("ask_agent", StepStatus::NotSent | StepStatus::Intended) => {
            let failed = result.get("failed").and_then(Value::as_u64)?;
            let why = text("detail").map(|why| format!(": {}", why.trim_end_matches('.'))).unwrap_or_default();
            let times = if failed == 1 { "once".to_owned() } else { format!("{failed} times") };
            Some(format!("The agent gave no usable answer, {times} so far{why}."))
        }
        ("assign", StepStatus::Done) => Some(assigned(result, &text)),
        (_, StepStatus::Skipped) => withdrawn(&step.name, text("ended")?, text("detail")),
        _ => None,
    }
}

fn decided<'v>(step: &str, what: &str, text: &impl Fn(&str) -> Option<&'v str>) -> Option<String> {
    let who = if step == "ask_agent" { "The agent" } else { "The bridge" };
    let what = match what {
        "reply" => "to answer the customer",
        "draft" => "on a draft for the reps",
        "handoff" => "to hand the conversation to a human",
        "nothing" => "that nothing needs to be said",
        _ => return None,
    };
    let rule = text("topic_rule").map(|rule| format!(", topic rule `{rule}`")).unwrap_or_default();
    let because = text("because").and_then(Reason::from_name).filter(|_| step == "decide");
    let because = because.map(|reason| format!(". {}", reason.sentence().trim_end_matches('.'))).unwrap_or_default();
    Some(format!("{who} decided {what}{rule}{because}."))
}

fn assigned<'v>(result: &Value, text: &impl Fn(&str) -> Option<&'v str>) -> String {
    let rule = text("rule").map_or_else(String::new, |rule| format!(" by routing rule `{rule}`"));
    let detail = text("detail").map(|detail| format!(" ({})", detail.trim_end_matches('.'))).unwrap_or_default();
    let human = result.get("human").and_then(Value::as_bool) == Some(true);
    match (text("to"), text("ticket_owner"), human) {
        (_, Some(owner), _) => format!("Made {} the ticket's owner{rule}{detail}.", mask::actor(owner)),
        (Some(to), None, true) => format!("Assigned the conversation to {}{rule}{detail}.", mask::actor(to)),
        (None, None, true) => format!("Somebody has the conversation already, so it was not assigned again{detail}."),
        (_, None, false) => {
            format!("Left the conversation unassigned: no rule and no `default_user_id` names a human{detail}.")
        }
    }
}

/// Left out on the last look, refused, or of unknown fate.
fn withdrawn(step: &str, ended: &str, detail: Option<&str>) -> Option<String> {
    let what = subject(step);
    let detail = detail.map(|detail| format!(" {}.", detail.trim_end_matches('.'))).unwrap_or_default();
    if ended == "unknown" {
        return Some(format!(
            "{what}: whether it reached HubSpot could not be found out, so it was not done again.{detail}"
        ));
    }
    let reason = Reason::from_name(ended)?;
    Some(format!("{what}: left out ({reason}). {}{detail}", reason.sentence()))
}

fn subject(name: &str) -> String {
    match name {
        "open_agent" => "Opening the agent's session".to_owned(),
        "decide" => "Deciding without the agent".to_owned(),
        "ask_agent" => "Asking the agent".to_owned(),
        "post_reply" => "Posting the reply to the customer".to_owned(),
        "post_draft" => "Posting the draft as an internal comment".to_owned(),
        "handoff_comment" => "Posting the handoff comment for the reps".to_owned(),
        "delivery_remark" => "Telling the reps that the reply was not delivered".to_owned(),
        "assign" => "Assigning the conversation".to_owned(),
        "contact" => "Finding or making the customer's contact".to_owned(),
        "ticket" => "Finding or making the ticket".to_owned(),
        "ticket_write" => "Updating the ticket".to_owned(),
        "take" => "Giving the conversation to the AI user".to_owned(),
        name if name == "transcript" || name.starts_with("transcript/") => {
            "Writing the transcript as a note of the ticket".to_owned()
        }
        name => relay(name).unwrap_or_else(|| format!("Step `{name}`")),
    }
}

/// `relay/{message or note}/{session}`.
fn relay(name: &str) -> Option<String> {
    let (id, session) = name.strip_prefix("relay/")?.rsplit_once('/')?;
    Some(format!("Carrying what a rep wrote ({id}) to {session}"))
}

/// The result's own ids and words: `(message 99)`. Results never hold text; the format's version tells nobody anything.
fn facts(result: &Value) -> String {
    if let Some(words) = result.as_str() {
        return format!(" ({})", words.trim_end_matches('.'));
    }
    let fields = result.as_object().into_iter().flatten();
    let facts: Vec<String> =
        fields.filter(|(key, _)| *key != "v").filter_map(|(key, value)| fact(key, value)).collect();
    if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) }
}

fn fact(key: &str, value: &Value) -> Option<String> {
    let words = match key {
        "posted" => "message",
        "how" | "detail" => "",
        other => other,
    };
    let words = words.replace('_', " ");
    match value {
        Value::String(text) if words.is_empty() => Some(text.trim_end_matches('.').to_owned()),
        Value::String(text) if !text.is_empty() => Some(format!("{words}: {text}")),
        Value::Number(number) => Some(format!("{words}: {number}")),
        Value::Bool(true) => Some(words),
        Value::String(_) | Value::Bool(false) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
