//! A conversation as OpenCX's own record tells it, for one that lives outside HubSpot. Pure and tolerant: an unexpected
//! type is an absent field, and the shape of 2024 simply tells less.

use serde_json::Value;

use super::failure::Failure;
use super::history::{Event, What, order};
use super::request::THREAD;
use super::session::Session;
use crate::agents::wording::written;
use crate::agents::{Contact, Outside, Said, Speaker, custom_data};
use crate::domain::{ThreadId, Timestamp};

/// Messages of a transcript: more fit in no ticket.
pub const TRANSCRIPT_MAX: usize = 500;

/// The session that `GET /chat/sessions/{id}` answered with, wrapped in `data` or bare.
///
/// # Errors
/// [`Failure::Unreadable`] when it is no object.
pub fn session(body: &Value) -> Result<&Value, Failure> {
    let session = body.get("data").unwrap_or(body);
    if session.is_object() { Ok(session) } else { Err(Failure::Unreadable("the session is not an object")) }
}

/// Tells a session and its history's events, which may be in any order.
#[must_use]
pub fn read(session: &Value, events: Vec<Event>) -> Outside {
    let details = Session::read(session).details;
    let began = written(session.get("created_at")).and_then(|at| Timestamp::parse(&at));
    let mut custom_data = custom_data::flat(session.get("custom_data"));
    let thread_id = custom_data.remove(THREAD).map(ThreadId);
    Outside {
        contact: contact(session.get("contact").unwrap_or(&Value::Null)),
        channel: session.get("channel").and_then(|channel| written(Some(channel.get("type").unwrap_or(channel)))),
        transcript: transcript(events, began.unwrap_or_default()),
        summary: details.summary,
        sentiment: details.sentiment,
        language: details.language,
        custom_data,
        thread_id,
    }
}

/// What is verified, else what the customer says of themselves. The id is OpenCX's, so it is none of HubSpot's.
fn contact(contact: &Value) -> Contact {
    let first = |keys: &[&str]| keys.iter().find_map(|key| written(contact.get(key)));
    Contact {
        id: None,
        name: first(&["name", "non_verified_name"]),
        email: first(&["email", "non_verified_email"]).map(|email| email.to_lowercase()),
        phone: first(&["phone_number", "non_verified_phone_number"]),
        owner: None,
    }
}

/// What customer, AI and reps said to each other, the newest of it; comments and what the system notes stay out.
fn transcript(mut events: Vec<Event>, began: Timestamp) -> Vec<Said> {
    order(&mut events);
    let mut at = began;
    let mut transcript = Vec::new();
    for (place, event) in events.into_iter().enumerate() {
        at = event.at.unwrap_or(at);
        let (by, text) = match event.what {
            What::Contact(text) => (Speaker::Customer, text),
            What::Ai(text) => (Speaker::Ai, text),
            What::Rep(text) => (Speaker::Rep, text),
            What::Human | What::Declined | What::Other => continue,
        };
        if text.is_empty() && event.attachments.is_empty() {
            continue;
        }
        // The shape of 2024 has no ids; what is said there is told apart by its place.
        let id = event.id.unwrap_or_else(|| format!("event-{place}"));
        transcript.push(Said { id: id.into(), by, text, original: None, at, attachments: event.attachments });
    }
    let surplus = transcript.len().saturating_sub(TRANSCRIPT_MAX);
    transcript.drain(..surplus);
    transcript
}
