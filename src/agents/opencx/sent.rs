//! Reads what `…/send` answered, in any of the four shapes OpenCX has had. Pure, and never a reply that OpenCX marked as
//! an error.
//!
//! 1. `{ai_response: {text, error?}}` (2024)
//! 2. `{success, code?, autopilotResponse?, uiResponse?, sessionIsHandedOff?}`
//! 3. the same wrapped in `{success, data}`, with `resolveArgs`
//! 4. `{success, data: {message: {id}}}`: it has the message, and there is no AI turn

use serde_json::{Map, Value};

use super::failure::Failure;
use super::session::{Details, Signal};

/// What became of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The AI said this.
    Said {
        /// Its words.
        text: String,
        /// Does this shape say when a conversation was handed off? The one of 2024 does not.
        tells_handoff: bool,
    },
    /// A human has the conversation.
    HandedOff {
        /// The AI's words before it.
        words: Option<String>,
        /// How we know.
        signal: Signal,
        /// What it says about it.
        details: Details,
    },
    /// The AI said nothing.
    Silent(Silence),
}

/// Why the AI said nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// No reason given: there is no AI turn.
    Unexplained,
    /// `skipping_unuseful_response`: it judged its own answer not worth posting. So do we.
    Unuseful,
    /// `response_cancelled`: the answer was withdrawn while it was made, by a human or a newer message.
    Cancelled,
    /// `duplicate_message_ignored`: it has the message from before; the answer is in the history.
    Duplicate,
}

/// Reads the body of a 2xx answer.
///
/// # Errors
/// [`Failure::Erroneous`] when the AI's answer is marked as an error, [`Failure::Refused`] when the call is,
/// [`Failure::Unreadable`] when it is none of the shapes.
pub fn read(body: &Value) -> Result<Sent, Failure> {
    let outer = body.as_object().ok_or(Failure::Unreadable("it is not an object"))?;
    let objects: Vec<&Map<String, Value>> = nested(outer);
    let code = objects.iter().find_map(|object| object.get("code")?.as_str());
    let words = words(&objects);
    if let Some(signal) = objects.iter().find_map(|object| Signal::find(object)) {
        let details = objects.iter().fold(Details::default(), |known, object| known.or(details(object)));
        return Ok(Sent::HandedOff { words: words.ok().flatten(), signal, details });
    }
    if objects.iter().any(|object| object.get("success") == Some(&Value::Bool(false))) {
        return Err(Failure::Refused { code: code.filter(|code| is_plain(code)).map(str::to_owned) });
    }
    let words = words?;
    Ok(match (code, words) {
        // A code says that the text, if there is one, is not to be posted.
        (Some("skipping_unuseful_response"), _) => Sent::Silent(Silence::Unuseful),
        (Some("response_cancelled"), _) => Sent::Silent(Silence::Cancelled),
        (Some("duplicate_message_ignored"), _) => Sent::Silent(Silence::Duplicate),
        (_, Some(text)) => {
            Sent::Said { text, tells_handoff: !objects.iter().any(|object| object.contains_key("ai_response")) }
        }
        (_, None) => Sent::Silent(Silence::Unexplained),
    })
}

/// Reads the body of a 2xx answer to a rep's message: whatever its shape, it is there unless OpenCX says it is not. What
/// the AI says or does not say to it is no concern of ours.
///
/// # Errors
/// [`Failure::Refused`] when the call is, [`Failure::Unreadable`] when the body is no object.
pub fn accepted(body: &Value) -> Result<(), Failure> {
    let outer = body.as_object().ok_or(Failure::Unreadable("it is not an object"))?;
    let objects = nested(outer);
    let code = objects.iter().find_map(|object| object.get("code")?.as_str());
    let failed = objects.iter().any(|object| object.get("success") == Some(&Value::Bool(false)));
    if failed && code != Some("duplicate_message_ignored") {
        return Err(Failure::Refused { code: code.filter(|code| is_plain(code)).map(str::to_owned) });
    }
    Ok(())
}

/// The answer itself and the objects that hold parts of it, innermost first.
fn nested(outer: &Map<String, Value>) -> Vec<&Map<String, Value>> {
    let data = outer.get("data").and_then(Value::as_object);
    let inner = data.unwrap_or(outer);
    let session = inner.get("session").and_then(Value::as_object);
    let error = inner.get("error").or(outer.get("error")).and_then(Value::as_object);
    [data, Some(outer), session, error].into_iter().flatten().collect()
}

/// What the AI said, wherever it stands. One part marked as an error spoils the whole.
fn words(objects: &[&Map<String, Value>]) -> Result<Option<String>, Failure> {
    let mut said = None;
    for object in objects {
        for part in ["autopilotResponse", "ai_response"].into_iter().filter_map(|key| object.get(key)) {
            said = said.or(spoken(part)?);
        }
    }
    let shown = || objects.iter().find_map(|object| object.get("uiResponse")?.get("value")?.get("content")?.as_str());
    Ok(said.or_else(|| shown().and_then(written)))
}

/// The words of an `autopilotResponse` or an `ai_response`.
fn spoken(part: &Value) -> Result<Option<String>, Failure> {
    if part.is_null() {
        return Ok(None);
    }
    let value = part.get("value").unwrap_or(part);
    if [part, value].iter().any(|holder| holder.get("error").is_some_and(is_error)) {
        return Err(Failure::Erroneous);
    }
    let text = value.get("content").or_else(|| value.get("text")).and_then(Value::as_str);
    text.map(written).ok_or(Failure::Unreadable("the AI's answer has no text"))
}

/// `true`, or an object that describes it.
fn is_error(error: &Value) -> bool {
    !matches!(error, Value::Null | Value::Bool(false))
}

fn written(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn details(object: &Map<String, Value>) -> Details {
    ["resolveArgs", "handoff"]
        .into_iter()
        .filter_map(|key| object.get(key)?.as_object())
        .fold(Details::default(), |known, found| known.or(Details::read(found)))
}

/// Only a plain word may be shown: anything else could quote the message.
fn is_plain(code: &str) -> bool {
    code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
