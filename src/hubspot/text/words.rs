//! Markdown's events as plain words: lists with their marks, links with their targets behind them, nothing else.

use std::fmt::Write as _;

use pulldown_cmark::{Event, Tag, TagEnd};

/// What the plain part of a mail says.
pub(super) fn words(events: &[Event<'_>]) -> String {
    let mut page = Page::default();
    for event in events {
        page.take(event);
    }
    super::tidy(&page.text)
}

#[derive(Debug, Default)]
struct Page {
    text: String,
    /// The lists open now; a numbered one with its next number.
    lists: Vec<Option<u64>>,
    quotes: usize,
    /// The line holds an item's mark and no word yet.
    marked: bool,
    /// In a table: the cells of this row so far.
    cells: Option<usize>,
    /// Where the words of the open link begin, and its target.
    link: Option<(usize, String)>,
}

impl Page {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(*end),
            Event::Text(text) | Event::Code(text) => self.say(text),
            Event::HardBreak | Event::SoftBreak if self.cells.is_some() => self.text.push(' '),
            Event::HardBreak | Event::SoftBreak => self.text.push('\n'),
            Event::Rule => self.part(),
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::Heading { .. } | Tag::CodeBlock(_) => self.part(),
            Tag::BlockQuote(_) => {
                self.part();
                self.quotes += 1;
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.part();
                }
                self.lists.push(*first);
            }
            Tag::Item => self.item(),
            Tag::Table(_) => {
                self.part();
                self.cells = Some(0);
            }
            Tag::TableHead | Tag::TableRow => {
                self.line();
                self.cells = Some(0);
            }
            Tag::TableCell => {
                if self.cells.is_some_and(|cells| cells > 0) {
                    self.text.push_str(" | ");
                }
                self.cells = self.cells.map(|cells| cells + 1);
            }
            Tag::Link { dest_url, .. } => self.link = Some((self.text.len(), dest_url.to_string())),
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Image { .. }
            | Tag::HtmlBlock
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::List(_) => {
                self.lists.pop();
                self.marked = false;
                self.line();
            }
            TagEnd::Item => self.marked = false,
            TagEnd::Table => self.cells = None,
            TagEnd::Link => self.end_link(),
            TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::CodeBlock
            | TagEnd::HtmlBlock
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::TableCell
            | TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Image
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn item(&mut self) {
        self.marked = false;
        self.line();
        self.indent(self.lists.len().saturating_sub(1));
        match self.lists.last_mut() {
            Some(Some(number)) => {
                // Writing to a String cannot fail.
                let _ = write!(self.text, "{number}. ");
                *number = number.saturating_add(1);
            }
            Some(None) | None => self.text.push_str("- "),
        }
        self.marked = true;
    }

    fn say(&mut self, text: &str) {
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.text.push('\n');
            }
            if line.is_empty() {
                continue;
            }
            if self.text.is_empty() || self.text.ends_with('\n') {
                self.indent(self.lists.len());
            }
            self.text.push_str(line);
            self.marked = false;
        }
    }

    /// `words (target)`; a target that the words are already is not said twice.
    fn end_link(&mut self) {
        let Some((start, target)) = self.link.take() else { return };
        let said = self.text.get(start..).unwrap_or_default();
        let bare = target.strip_prefix("mailto:").unwrap_or(&target);
        if [target.as_str(), bare].contains(&said.trim()) {
            return;
        }
        // White space at the end of the words comes after the target.
        let end = self.text.trim_end().len().max(start);
        let space = self.text.split_off(end);
        let _ = write!(self.text, " ({target})");
        self.text.push_str(if space.is_empty() { "" } else { " " });
    }

    fn indent(&mut self, lists: usize) {
        self.text.push_str(&"  ".repeat(self.quotes + lists));
    }

    /// On a line of its own, unless it is an item's first.
    fn line(&mut self) {
        if !self.marked && !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// After an empty line, unless it is an item's first.
    fn part(&mut self) {
        self.line();
        if !self.marked && !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }
}
