//! An agent's Markdown as a series of events that is safe to write down: line breaks stay, pictures are links, links
//! lead to the web or to an address, and HTML is no more than its words, breaks and links.

use std::fmt::Write as _;

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::hash::SCHEMES;
use super::html::{Piece, pieces};

/// Quotes and lists in each other, at most: mail programs indent each, and parsers of HTML take the square of it.
const DEPTH: usize = 12;

/// The events of `markdown`. Each link has words.
pub(super) fn events(markdown: &str) -> Vec<Event<'_>> {
    let mut tamer = Tamer::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        tamer.take(event);
    }
    tamer.events
}

#[derive(Debug, Default)]
struct Tamer<'a> {
    events: Vec<Event<'a>>,
    links: Vec<Link>,
    /// Quotes, lists and items open now.
    depth: usize,
}

/// A link that is open.
#[derive(Debug)]
struct Link {
    /// None: it is not shown as one.
    target: Option<String>,
    /// Made by HTML: it may have no end.
    by_tag: bool,
    has_words: bool,
}

impl<'a> Tamer<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::Link { dest_url, link_type, .. }) => {
                let mail = if link_type == LinkType::Email { "mailto:" } else { "" };
                self.open(target(&format!("{mail}{dest_url}")), false);
            }
            Event::Start(Tag::Image { dest_url, .. }) => self.open(target(&dest_url), false),
            Event::End(TagEnd::Link | TagEnd::Image) => self.close(false),
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html),
            Event::SoftBreak | Event::HardBreak => self.events.push(Event::HardBreak),
            Event::Text(_) | Event::Code(_) => self.say(event),
            Event::Start(Tag::HtmlBlock) => self.events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => {
                self.end_tags();
                self.events.push(Event::End(TagEnd::Paragraph));
            }
            Event::Start(Tag::BlockQuote(_) | Tag::List(_) | Tag::Item) => {
                self.depth += 1;
                // Deeper ones lie flat; their words stay.
                if self.depth <= DEPTH {
                    self.events.push(event);
                }
            }
            Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item) => {
                self.end_tags();
                if self.depth <= DEPTH {
                    self.events.push(event);
                } else {
                    self.events.push(Event::HardBreak);
                }
                self.depth = self.depth.saturating_sub(1);
            }
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) | Event::Start(_) => {
                self.events.push(event);
            }
            Event::End(_) => {
                self.end_tags();
                self.events.push(event);
            }
            Event::Rule => self.events.push(event),
            // Not switched on.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.say(Event::Text(text));
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn say(&mut self, event: Event<'a>) {
        if let Event::Text(text) | Event::Code(text) = &event
            && !text.trim().is_empty()
        {
            self.links.iter_mut().for_each(|link| link.has_words = true);
        }
        self.events.push(event);
    }

    /// Tags that are no HTML (`List<String>`) are words; of the others only breaks and links are kept.
    fn html(&mut self, html: &str) {
        for piece in pieces(html) {
            match piece {
                Piece::Text(text) => {
                    let text = html_escape::decode_html_entities(text).into_owned();
                    self.say(Event::Text(CowStr::from(text)));
                }
                Piece::Inline(tag) => match tag.get(1..3).map(str::to_ascii_lowercase).as_deref() {
                    Some("/a") => self.close(true),
                    Some("a ") => self.open(href(tag).and_then(|href| target(&href)), true),
                    Some(_) | None => {}
                },
                Piece::Cell => self.events.push(Event::Text(CowStr::from(" "))),
                Piece::Break | Piece::Block | Piece::Paragraph | Piece::Item => self.events.push(Event::HardBreak),
            }
        }
    }

    fn open(&mut self, target: Option<String>, by_tag: bool) {
        let target = target.filter(|_| self.links.iter().all(|link| link.target.is_none()));
        if let Some(target) = &target {
            self.events.push(Event::Start(Tag::Link {
                link_type: LinkType::Inline,
                dest_url: CowStr::from(target.clone()),
                title: CowStr::from(""),
                id: CowStr::from(""),
            }));
        }
        self.links.push(Link { target, by_tag, has_words: false });
    }

    fn close(&mut self, by_tag: bool) {
        if !by_tag {
            self.end_tags();
        }
        let Some(link) = self.links.pop_if(|link| link.by_tag == by_tag) else { return };
        if let Some(target) = link.target {
            if !link.has_words {
                self.events.push(Event::Text(CowStr::from(target)));
            }
            self.events.push(Event::End(TagEnd::Link));
        }
    }

    /// Links by tags without an end end with what they are in.
    fn end_tags(&mut self) {
        while self.links.last().is_some_and(|link| link.by_tag) {
            self.close(true);
        }
    }
}

/// Where a link may lead, written so that it holds no white space, quotes, brackets or parentheses. None: nowhere.
fn target(url: &str) -> Option<String> {
    let url = url.trim();
    SCHEMES.iter().find(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))?;
    let mut target = String::with_capacity(url.len());
    for c in url.chars() {
        let kept = !c.is_whitespace() && !c.is_control() && !"\"'()<>[]`\\^{|}".contains(c);
        if kept {
            target.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(target, "%{byte:02X}");
            }
        }
    }
    Some(target)
}

/// The `href` of an `<a …>`.
fn href(tag: &str) -> Option<String> {
    let at = tag.to_ascii_lowercase().find("href")?;
    let value = tag.get(at + 4..)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => value.get(1..)?.split(quote).next()?,
        None => value.split(|c: char| c.is_whitespace() || c == '>').next()?,
    };
    Some(html_escape::decode_html_entities(value).into_owned())
}
