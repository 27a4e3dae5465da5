//! What was said, in words for the reps: in the ticket itself, or in notes on it where it is too long.

use std::borrow::Cow;

use super::{Case, Desk, REFERENCE, Record};
use crate::agents::Said;
use crate::agents::Speaker;
use crate::domain::{TicketId, Timestamp};
use crate::handlers::Stop;
use crate::handlers::journal::step::TRANSCRIPT;
use crate::hubspot::{Effect, Kind, text};
use crate::limits::PROPERTY_CHARS;
use crate::store::StepStatus;

const ATTACHMENT: &str = "[attachment: ";

/// The whole as text, a paragraph for each message.
#[must_use]
pub fn render(said: &[Said], customer: Option<&str>) -> String {
    let paragraphs: Vec<String> = said.iter().map(|said| paragraph(said, customer)).collect();
    paragraphs.join("\n\n")
}

fn paragraph(said: &Said, customer: Option<&str>) -> String {
    let named = customer.map(one_line).filter(|name| !is_taken(name)).unwrap_or_else(|| "Customer".to_owned());
    let who = match said.by {
        Speaker::Customer => &named,
        Speaker::Ai => "AI",
        Speaker::Rep => "Rep",
    };
    let text: Vec<Cow<'_, str>> = said.text.lines().map(quoted).collect();
    let mut words = format!("{} {who}:\n{}", said.at, text.join("\n"));
    for file in &said.attachments {
        let name = file.name.as_deref().unwrap_or(&file.kind);
        let at = file.url.as_deref().map(|url| format!(", {url}")).unwrap_or_default();
        words = format!("{words}\n{ATTACHMENT}{}]", one_line(&format!("{name}{at}")));
    }
    words
}

/// A line that could be taken for one of ours is marked as somebody's words: a customer must not speak as a rep, nor a
/// ticket be found by another one's reference.
fn quoted(line: &str) -> Cow<'_, str> {
    let start = line.trim_start();
    let is_stamp = |word: &str| Timestamp::parse(word).is_some();
    let poses =
        start.starts_with(ATTACHMENT) || start.starts_with(REFERENCE) || start.split(' ').next().is_some_and(is_stamp);
    if poses { Cow::Owned(format!("> {line}")) } else { Cow::Borrowed(line) }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The name of another speaker, or none at all.
fn is_taken(name: &str) -> bool {
    name.is_empty() || ["AI", "Rep"].iter().any(|taken| name.eq_ignore_ascii_case(taken))
}

/// A description that fits: the head, the transcript if there is room for it, the reference.
#[must_use]
pub fn content(head: &str, transcript: &str, reference: &str) -> (String, bool) {
    let whole = format!("{head}\n\nTranscript:\n\n{transcript}\n\n{reference}");
    if whole.chars().count() <= PROPERTY_CHARS {
        return (whole, true);
    }
    let short = |head: &str| format!("{head}\n\nThe transcript is in the notes.\n\n{reference}");
    let room = PROPERTY_CHARS.saturating_sub(short("").chars().count());
    let head: String = head.chars().take(room).collect();
    (short(&head), false)
}

/// The parts of a transcript too long for one property, each small enough when it is written as HTML.
#[must_use]
pub fn parts(transcript: &str) -> Vec<String> {
    // Escaping may make `<` four characters longer; a part that is all of them still fits.
    const ROOM: usize = PROPERTY_CHARS / 8;
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut length = 0;
    for line in transcript.lines().flat_map(|line| pieces(line, ROOM)) {
        let chars = line.chars().count() + 1;
        if length + chars > ROOM && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
            length = 0;
        }
        part.push_str(&line);
        part.push('\n');
        length += chars;
    }
    if !part.trim().is_empty() {
        parts.push(part);
    }
    parts
}

fn pieces(line: &str, room: usize) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    if chars.is_empty() {
        return vec![String::new()];
    }
    chars.chunks(room.saturating_sub(1).max(1)).map(|piece| piece.iter().collect()).collect()
}

/// Writes the parts as notes on the ticket, each a step of its own. What fails is said in a remark.
pub async fn notes(
    desk: &mut Desk<'_, '_>,
    case: &Case<'_>,
    ticket: &TicketId,
    transcript: &str,
) -> Result<Option<String>, Stop> {
    let parts = parts(transcript);
    for (number, part) in (1..).zip(&parts) {
        let step = format!("{TRANSCRIPT}/{number}");
        let head = format!("Transcript, part {number} {}", case.reference(desk.cx));
        let ended = match desk.ended(&step) {
            Some(ended) => ended,
            None => note(desk, ticket, &step, &head, part).await?,
        };
        if ended.status == StepStatus::Failed {
            return Ok(ended.remark("transcript"));
        }
    }
    Ok(None)
}

async fn note(
    desk: &mut Desk<'_, '_>,
    ticket: &TicketId,
    step: &str,
    head: &str,
    part: &str,
) -> Result<super::Ended, Stop> {
    if desk.journal.status(step) == Some(StepStatus::Intended) {
        match find(desk, ticket, head).await {
            Ok(Some(id)) => return desk.settle(step, StepStatus::Done, Record::done(id, "found")).await,
            Ok(None) => desk.wait_until_shown(step)?,
            // The intent must stay open until the look succeeds.
            Err(error) if desk.worth_waiting(&error) => return Err(error.into()),
            Err(_) => return desk.unknown(step, "the note").await,
        }
    }
    let client = desk.cx.hubspot.reserve(1).await?;
    desk.intend(step, desk.cx.hubspot_timeout).await?;
    let body = text::rich(&format!("{head}\n\n{part}"));
    match client.create_note(ticket, &body, desk.cx.now()).await {
        Ok(id) => desk.settle(step, StepStatus::Done, Record::done(id.0, "made")).await,
        Err(error) if error.effect == Effect::Unclear => desk.unclear(step, "the note", error).await,
        Err(error) => desk.failed(step, error).await,
    }
}

/// The note of ours whose head this is.
async fn find(desk: &Desk<'_, '_>, ticket: &TicketId, head: &str) -> Result<Option<String>, crate::hubspot::Error> {
    let ids = desk.cx.hubspot.associated(Kind::Ticket, ticket.as_str(), Kind::Note).await?;
    let newest: Vec<String> = ids.into_iter().rev().collect();
    let notes = desk.cx.hubspot.records(Kind::Note, &newest, &["hs_note_body"]).await?;
    let ours = notes
        .into_iter()
        .find(|note| note.properties.get("hs_note_body").is_some_and(|body| text::plain(body).starts_with(head)));
    Ok(ours.map(|note| note.id))
}
