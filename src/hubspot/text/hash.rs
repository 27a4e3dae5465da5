//! What a text says, whatever form it has: how a probe finds our own message again in a thread.
//!
//! The same reply exists as plain text and as HTML, and HubSpot shows either, or what it makes of either. They differ in
//! layout: where lines break, how a list's items are marked, whether a link's target is spelt out. All of that is left
//! out. What remains is compared among our own posts alone, so that it may be coarse.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::html::{Piece, pieces};
use super::is_invisible;

/// What plain text puts in parentheses behind a link's words.
pub(super) const SCHEMES: [&str; 3] = ["http://", "https://", "mailto:"];

/// SHA-256 in hex over what a text says: the same for both forms of a [`super::Reply`], for a text and [`super::rich`]
/// of it, and for what HubSpot makes of them. Digits do not count: HTML numbers a list without writing the numbers.
/// A text with angle brackets that nearly make a tag may hash otherwise in its other form: a probe then cannot tell, and a
/// human looks.
#[must_use]
pub fn text_hash(text: &str) -> String {
    hex::encode(Sha256::digest(essence(text).as_bytes()))
}

/// The text without tags, entities, links' targets, white space, digits and marks of layout.
pub(super) fn essence(text: &str) -> String {
    // Each round removes one level of tags and entities, so that text which talks about HTML ends as its HTML does.
    const ROUNDS: usize = 8;
    let mut words = spaced(text);
    for _ in 0..ROUNDS {
        let bare: String = pieces(&without_targets(&words)).map(Piece::words).collect();
        let next = spaced(&bare);
        if next == words {
            break;
        }
        words = next;
    }
    words.chars().filter(|c| !is_layout(*c)).collect()
}

impl<'a> Piece<'a> {
    fn words(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => html_escape::decode_html_entities(text),
            Self::Inline(_) => Cow::Borrowed(""),
            Self::Break | Self::Block | Self::Paragraph | Self::Item | Self::Cell => Cow::Borrowed(" "),
        }
    }
}

/// Words parted by single spaces, without what nobody sees.
fn spaced(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without each ` (https://…)` that holds no other parenthesis. They cannot overlap, so that it does not matter which
/// of them a link put there and which the agent wrote itself.
fn without_targets(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    // Where in `kept` parentheses open; a closing one that stays ends all of them.
    let mut open = Vec::new();
    for c in text.chars() {
        match c {
            '(' => open.push(kept.len()),
            ')' => match open.pop() {
                Some(at) if is_target(kept.get(at..).unwrap_or_default()) => {
                    kept.truncate(at);
                    if kept.ends_with(' ') {
                        kept.pop();
                    }
                    continue;
                }
                Some(_) | None => open.clear(),
            },
            _ => {}
        }
        kept.push(c);
    }
    kept
}

fn is_target(text: &str) -> bool {
    let inside = text.strip_prefix('(').unwrap_or(text);
    SCHEMES.iter().any(|scheme| inside.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

fn is_layout(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_digit() || matches!(c, '-' | '|' | '.' | '•')
}
