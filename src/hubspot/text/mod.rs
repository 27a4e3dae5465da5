//! Text between people and HubSpot: HTML to plain words for agents, an agent's Markdown to a reply, plain words to safe
//! HTML for reps, and a hash that stays the same whichever form HubSpot shows of what we posted. Pure; handlers and
//! probes call it.

mod hash;
mod html;
mod markdown;
mod reply;
mod safe;
mod words;

use std::borrow::Cow;

pub use hash::text_hash;
use html::{Piece, pieces};
pub use reply::{Reply, reply};

/// Marks an AI's own message; invisible to the customer.
pub const AI_MARKER: &str = "<!-- OpenCX-AI-Response -->";

/// What the message says, for an agent to read: tags and comments gone, blocks on their own lines, entities decoded.
/// Text that is not HTML keeps its lines; angle brackets that are no HTML tag (`List<String>`, `<ann@example.com>`) stay.
#[must_use]
pub fn plain(text: &str) -> String {
    let laid_out = pieces(text).any(|piece| !matches!(piece, Piece::Text(_) | Piece::Inline(_)));
    let mut plain = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) if laid_out => push_flowing(&mut plain, text),
            Piece::Text(text) => plain.push_str(&decoded(text)),
            Piece::Inline(_) => {}
            Piece::Break => plain.push('\n'),
            Piece::Block => end_line(&mut plain, "\n"),
            Piece::Paragraph => end_line(&mut plain, "\n\n"),
            Piece::Item => {
                end_line(&mut plain, "\n");
                plain.push_str("- ");
            }
            Piece::Cell if plain.is_empty() || plain.ends_with(char::is_whitespace) => {}
            Piece::Cell => plain.push(' '),
        }
    }
    tidy(&plain)
}

/// The same words as safe minimal HTML: escaped, blank lines part paragraphs, other line ends break lines.
#[must_use]
pub fn rich(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(without_controls).collect();
    let paragraphs = lines.split(|line| line.trim().is_empty()).filter(|lines| !lines.is_empty());
    let paragraph = |lines: &[String]| {
        let lines: Vec<Cow<'_, str>> = lines.iter().map(|line| html_escape::encode_safe(line.trim_end())).collect();
        format!("<p>{}</p>", lines.join("<br>"))
    };
    paragraphs.map(paragraph).collect()
}

fn decoded(text: &str) -> String {
    let decoded = html_escape::decode_html_entities(text);
    decoded.chars().filter(|c| !is_invisible(*c)).map(|c| if c == '\u{a0}' { ' ' } else { c }).collect()
}

/// Zero-width space, byte order mark, soft hyphen, controls. The joiner of emoji is not among them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{feff}' | '\u{ad}') || (c.is_control() && !c.is_whitespace())
}

fn without_controls(line: &str) -> String {
    line.chars().filter(|c| !c.is_control() || *c == '\t').collect()
}

/// In HTML, runs of white space are one space, and none at the start of a line.
fn push_flowing(plain: &mut String, text: &str) {
    let opens = text.starts_with(|c: char| c.is_ascii_whitespace());
    let closes = text.ends_with(|c: char| c.is_ascii_whitespace());
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    if opens && !plain.is_empty() && !plain.ends_with(char::is_whitespace) {
        plain.push(' ');
    }
    plain.push_str(&decoded(&words.join(" ")));
    if closes && !words.is_empty() {
        plain.push(' ');
    }
}

fn end_line(plain: &mut String, end: &str) {
    plain.truncate(plain.trim_end_matches(' ').len());
    while !plain.is_empty() && !plain.ends_with(end) {
        plain.push('\n');
    }
}

/// No blanks at line ends, no more than one empty line, none around the whole.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy.trim().to_owned()
}
