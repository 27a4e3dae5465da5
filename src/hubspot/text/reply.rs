//! A reply in both forms HubSpot takes, made from an agent's Markdown: words, and HTML for who can show it.

use super::{AI_MARKER, hash, is_invisible, markdown, plain, rich, safe, words};

/// What is posted to the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Plain words: links with their targets behind them, lists with their marks.
    pub text: String,
    /// Sanitised HTML, marked as an AI's at its end.
    pub html: String,
}

/// Renders an agent's words (Markdown, or plain text, whose line breaks stay). `signature` is HTML, sanitised here and
/// put under them, unless they end with its words already.
#[must_use]
pub fn reply(markdown: &str, signature: Option<&str>) -> Reply {
    let markdown: String = markdown.chars().filter(|c| !is_invisible(*c)).collect();
    let events = markdown::events(&markdown);
    let words = words::words(&events);
    // Markdown may say nothing by it (`<!-- -->`, `[1]: …`): then it is no Markdown.
    let (mut text, mut html) = if words.is_empty() {
        let text = super::tidy(&markdown);
        let html = rich(&text);
        (text, html)
    } else {
        let mut html = String::with_capacity(markdown.len() * 2);
        pulldown_cmark::html::push_html(&mut html, events.into_iter());
        (words, safe::reply(&html).trim().to_owned())
    };
    if let Some(signature) = signature.map(safe::signature).filter(|html| !html.trim().is_empty()) {
        let said = plain(&signature);
        let essence = hash::essence(&said);
        if essence.is_empty() || !hash::essence(&text).ends_with(&essence) {
            html = format!("{html}<div>{}</div>", signature.trim());
            text = super::tidy(&format!("{text}\n\n{said}"));
        }
    }
    html.push_str(AI_MARKER);
    Reply { text, html }
}
