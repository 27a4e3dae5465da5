//! What the endpoint is sent: one system message, then the conversation. Pure.

use serde_json::{Value, json};

use super::prompt;
use crate::agents::{Question, Said, Speaker, wording};
use crate::domain::Timestamp;

/// Characters of a mail's original that are told: a long thread of quotes is mostly history already told.
const ORIGINAL_MAX: usize = 20_000;

/// The body of `POST /chat/completions`.
#[must_use]
pub fn body(model: &str, role: &str, question: &Question, now: Timestamp) -> Value {
    let system = json!({"role": "system", "content": prompt::system(role, question, now)});
    let spoken = conversation(question).into_iter().map(|(role, content)| json!({"role": role, "content": content}));
    let messages: Vec<Value> = std::iter::once(system).chain(spoken).collect();
    json!({"model": model, "messages": messages, "tools": prompt::tools()})
}

/// The body that asks for one token: is the model there, and may the key use it?
#[must_use]
pub fn token(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "ping"}], "max_tokens": 1})
}

/// Is the model in the answer of `GET /models`?
#[must_use]
pub fn lists(answer: &[u8], model: &str) -> bool {
    let list: Value = serde_json::from_slice(answer).unwrap_or_default();
    let models = list.get("data").and_then(Value::as_array).into_iter().flatten();
    models.filter_map(|model| model.get("id")).any(|id| id == model)
}

/// Everything said, oldest first. Runs of one role become one message: the chat templates of many open models demand
/// that the roles alternate.
fn conversation(question: &Question) -> Vec<(&'static str, String)> {
    let past = question.history.iter().map(|said| (role(said), told(said)));
    let open = question.messages.iter().map(|said| (role(said), asked(said)));
    let mut spoken: Vec<(&str, String)> = Vec::new();
    for (role, text) in past.chain(open).filter(|(_, text)| !text.is_empty()) {
        match spoken.last_mut() {
            Some((before, run)) if *before == role => {
                run.push_str("\n\n");
                run.push_str(&text);
            }
            Some(_) | None => spoken.push((role, text)),
        }
    }
    spoken
}

fn role(said: &Said) -> &'static str {
    match said.by {
        Speaker::Customer => "user",
        Speaker::Ai | Speaker::Rep => "assistant",
    }
}

fn told(said: &Said) -> String {
    let words = wording::words(said);
    match said.by {
        Speaker::Rep if !words.is_empty() => format!("{}\n{words}", prompt::REP_MARK),
        Speaker::Customer | Speaker::Ai | Speaker::Rep => words,
    }
}

/// An open message, with what its mail quotes: "see below" needs what is below.
fn asked(said: &Said) -> String {
    let mut text = told(said);
    if text.is_empty() {
        text.push_str("[A message without text]");
    }
    let original = said.original.as_deref().map_or("", str::trim);
    if !original.is_empty() && original != said.text.trim() {
        text.push_str("\n\n[The whole mail, with what it quotes:]\n");
        text.extend(original.chars().take(ORIGINAL_MAX));
    }
    text
}
