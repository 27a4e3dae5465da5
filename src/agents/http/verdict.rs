//! Reads what a team's own agent answered: `{action, text, reason, summary, sentiment, language,
//! custom_data}`. Pure. An action that is not known, words that are missing, or custom data that is not flat are an error;
//! remarks of a wrong type are left out.

use serde_json::Value;

use crate::agents::exchange::Failure;
use crate::agents::wording::{handoff, with_remarks, written};
use crate::agents::{Answer, Decision, custom_data};

/// Reads the body of a 2xx answer.
///
/// # Errors
/// [`Failure::Answer`] when it is not what `docs/agents.md` asks for.
pub fn read(body: &Value) -> Result<Answer, Failure> {
    let text = written(body.get("text"));
    let needed = |text: Option<String>| text.ok_or(Failure::Answer("`text` is missing, empty or not a string"));
    let decision = match body.get("action").and_then(Value::as_str) {
        Some("reply") => Decision::Reply { text: needed(text)? },
        Some("draft") => Decision::Draft { text: needed(text)? },
        Some("handoff") => handoff(text, body),
        Some("nothing") => Decision::Nothing,
        Some(_) => return Err(Failure::Answer("`action` is not reply, draft, handoff or nothing")),
        None => return Err(Failure::Answer("`action` is missing or not a string")),
    };
    let custom_data = custom_data::read(body.get("custom_data")).map_err(Failure::Answer)?;
    Ok(Answer { custom_data, ..with_remarks(decision, body) })
}
