//! What the AI may talk about: autopilot topics. Pure.

use super::language;
use crate::config::{Matcher, Topic, TopicAction};
use crate::domain::Channel;

/// One customer message, as topics see it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Plain text.
    pub text: &'a str,
    /// Over which channel.
    pub channel: Channel,
    /// A primary language tag, when it is known.
    pub language: Option<&'a str>,
}

/// The rule for a burst: each message is decided by the first rule that matches it, and the most cautious decision
/// counts for all (escalate before draft before answer; of equals the newest); the burst is ignored only when every
/// message is.
#[must_use]
pub fn decide<'a>(topics: &'a [Topic], burst: &[Said<'_>]) -> Option<&'a Topic> {
    let decided: Vec<Option<&Topic>> =
        burst.iter().map(|said| topics.iter().find(|topic| applies(topic, said))).collect();
    let ignores = |topic: &&Topic| topic.action == TopicAction::Ignore;
    if decided.iter().all(|topic| topic.as_ref().is_some_and(ignores)) {
        return decided.last().copied().flatten();
    }
    decided.into_iter().flatten().filter(|topic| !ignores(topic)).max_by_key(|topic| topic.action)
}

/// Every condition given must hold; of the words, any.
fn applies(topic: &Topic, said: &Said<'_>) -> bool {
    let channel = topic.channels.is_empty() || topic.channels.contains(&said.channel);
    let language = topic.languages.is_empty()
        || said.language.is_some_and(|spoken| topic.languages.iter().any(|wanted| language::same(wanted, spoken)));
    let named = |matcher: &Matcher| match matcher {
        Matcher::Keyword(keyword) => mentions(said.text, keyword),
        Matcher::Pattern(pattern) => pattern.is_match(said.text),
    };
    channel && language && (topic.matches.is_empty() || topic.matches.iter().any(named))
}

/// Does the text hold the keyword as whole words? Case, kinds of apostrophe and amounts of white space make no difference.
fn mentions(text: &str, keyword: &str) -> bool {
    let (text, keyword) = (folded(text), folded(keyword));
    let (Some(first), Some(last)) = (keyword.chars().next(), keyword.chars().next_back()) else { return false };
    text.char_indices().any(|(start, _)| {
        let Some((before, from)) = text.split_at_checked(start) else { return false };
        let Some(after) = from.strip_prefix(&keyword) else { return false };
        let (before, after) = (before.chars().next_back(), after.chars().next());
        !before.is_some_and(|before| joined(before, first)) && !after.is_some_and(|after| joined(last, after))
    })
}

/// Lower case, character by character so that keyword and text always fold alike.
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let same = |letter| match letter {
        'ς' => 'σ',
        '’' => '\'',
        other => other,
    };
    words.join(" ").chars().flat_map(char::to_lowercase).map(same).collect()
}

/// Are these neighbours one word? Scripts that write without spaces have no such thing.
fn joined(one: char, other: char) -> bool {
    let in_word = |letter: char| {
        let combining = ('\u{300}'..='\u{36f}').contains(&letter);
        letter.is_alphanumeric() || letter == '_' || combining
    };
    in_word(one) && in_word(other) && !is_unspaced(one) && !is_unspaced(other)
}

/// Chinese, Japanese, Thai, Lao, Burmese, Khmer; Korean too, whose particles follow the noun without a space.
fn is_unspaced(letter: char) -> bool {
    matches!(u32::from(letter),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1100..=0x11ff | 0x1780..=0x17ff | 0x2e80..=0x2fdf | 0x3005..=0x3007
        | 0x3040..=0x30ff | 0x3130..=0x318f | 0x31f0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af
        | 0xf900..=0xfaff | 0xff66..=0xff9f | 0x20000..=0x3ffff)
}
