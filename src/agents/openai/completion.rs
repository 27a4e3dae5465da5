//! Reads a chat completion, as OpenAI and the servers that follow it write it. Pure, and never lets a cut, filtered or
//! unfinished answer reach a customer.

use serde_json::Value;

use super::prompt::REP_MARK;
use crate::agents::exchange::Failure;
use crate::agents::wording::{self, written};
use crate::agents::{Answer, Decision};

/// The model thinks aloud between these; some servers leave it in the answer.
const THINKING: (&str, &str) = ("<think>", "</think>");

/// Reads the body of a 2xx answer.
///
/// # Errors
/// [`Failure::Answer`] when it holds no answer that may be posted or acted on.
pub fn read(body: &Value) -> Result<Answer, Failure> {
    if body.get("error").is_some_and(|error| !error.is_null()) {
        return Err(Failure::Answer("it reports an error"));
    }
    let choice = body.get("choices").and_then(|choices| choices.get(0)).ok_or(Failure::Answer("it has no choices"))?;
    let message = choice.get("message").ok_or(Failure::Answer("its first choice has no message"))?;
    match ended(choice.get("finish_reason"))? {
        End::Whole => {}
        End::Filtered => return Ok(refused("the model's content filter stopped its answer")),
    }
    if written(message.get("refusal")).is_some() || parts(message, "refusal").next().is_some() {
        return Ok(refused("the model refused to answer"));
    }
    let text = words(message)?;
    let calls = message.get("tool_calls").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if let Some(answer) = called(calls, text.as_deref())? {
        return Ok(answer);
    }
    let text = text.ok_or(Failure::Answer("it is empty"))?;
    Ok(Answer::new(Decision::Reply { text }))
}

enum End {
    Whole,
    Filtered,
}

/// How the model stopped. An unknown way may be a cut, so it is not trusted.
fn ended(finish_reason: Option<&Value>) -> Result<End, Failure> {
    let Some(reason) = finish_reason.filter(|reason| !reason.is_null()) else { return Ok(End::Whole) };
    let word = reason.as_str().unwrap_or_default().to_lowercase();
    match word.as_str() {
        "stop" | "tool_calls" | "function_call" | "eos" | "eos_token" | "end_turn" | "stop_sequence" => Ok(End::Whole),
        "content_filter" | "safety" => Ok(End::Filtered),
        "length" | "max_tokens" | "model_length" => Err(Failure::Answer(
            "the model ran out of tokens and the answer is cut; allow it more or shorten the prompt",
        )),
        _ => Err(Failure::Answer("the model stopped in a way that is not known, so the answer may be cut")),
    }
}

/// What the tool calls decide; a handoff counts more than anything else that was called.
fn called(calls: &[Value], text: Option<&str>) -> Result<Option<Answer>, Failure> {
    let functions: Vec<&Value> = calls.iter().filter_map(|call| call.get("function")).collect();
    let named =
        |name: &str| functions.iter().find(|function| function.get("name").and_then(Value::as_str) == Some(name));
    if let Some(function) = named("hand_off") {
        let arguments = arguments(function)?;
        let words = written(arguments.get("words_to_customer")).or_else(|| text.map(str::to_owned));
        return Ok(Some(wording::with_remarks(wording::handoff(words, &arguments), &arguments)));
    }
    if named("no_answer").is_some() {
        return Ok(Some(Answer::new(Decision::Nothing)));
    }
    if calls.is_empty() { Ok(None) } else { Err(Failure::Answer("it calls a tool that does not exist")) }
}

/// JSON in a string, as OpenAI has it, or an object, as some servers do.
fn arguments(function: &Value) -> Result<Value, Failure> {
    let given = function.get("arguments").cloned().unwrap_or_default();
    let read = match given.as_str() {
        Some(text) => serde_json::from_str(text).unwrap_or_default(),
        None => given,
    };
    if read.is_object() { Ok(read) } else { Err(Failure::Answer("the arguments of `hand_off` are not JSON")) }
}

/// The words to the customer: a string or a list of parts.
fn words(message: &Value) -> Result<Option<String>, Failure> {
    let whole = message.get("content").and_then(Value::as_str).map(str::to_owned);
    let text = whole.unwrap_or_else(|| parts(message, "text").collect());
    let (begin, end) = THINKING;
    let said = match text.rsplit_once(end) {
        Some((_, said)) => said,
        None if text.trim_start().starts_with(begin) => return Err(Failure::Answer("it is only a thought, and cut")),
        None => &text,
    };
    let said = said.trim();
    let said = said.strip_prefix(REP_MARK).unwrap_or(said).trim();
    Ok((!said.is_empty()).then(|| said.to_owned()))
}

/// The texts of the content's parts of one type.
fn parts<'a>(message: &'a Value, kind: &'static str) -> impl Iterator<Item = &'a str> {
    let parts = message.get("content").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of_kind = parts.iter().filter(move |part| part.get("type").and_then(Value::as_str) == Some(kind));
    of_kind.filter_map(move |part| part.get(kind)?.as_str())
}

fn refused(reason: &str) -> Answer {
    Answer::new(Decision::Handoff { words: None, reason: reason.to_owned() })
}
