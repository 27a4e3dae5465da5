//! Cuts a text into words and what HTML's tags mean for their layout. Not a parser: it only has to find the tags.

/// One piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// As written, entities included.
    Text(&'a str),
    /// A tag that changes no layout, a comment, or contents nobody sees: as written.
    Inline(&'a str),
    /// `<br>`.
    Break,
    /// The start or end of a line of its own.
    Block,
    /// The start or end of a paragraph.
    Paragraph,
    /// The start of a list's item.
    Item,
    /// The start or end of a table's cell.
    Cell,
}

/// Elements whose contents nobody sees, with their ends.
const UNSEEN: [(&str, &str); 4] =
    [("script", "</script>"), ("style", "</style>"), ("head", "</head>"), ("title", "</title>")];
const PARAGRAPHS: [&str; 13] =
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre"];
const BLOCKS: [&str; 17] = [
    "div", "tr", "hr", "section", "article", "header", "footer", "main", "aside", "nav", "address", "form", "fieldset",
    "figure", "dt", "dd", "center",
];
/// The rest of the names that mail and HubSpot's editor use. What is not named anywhere here is not HTML but text.
const INLINE: [&str; 44] = [
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "big",
    "body",
    "button",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "del",
    "em",
    "figcaption",
    "font",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "link",
    "mark",
    "meta",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "svg",
    "tbody",
    "tfoot",
    "thead",
    "tt",
    "u",
    "wbr",
];

/// The pieces of a text, in order.
pub(super) fn pieces(text: &str) -> Pieces<'_> {
    Pieces { rest: text, unended: Vec::new() }
}

/// See [`pieces`].
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    rest: &'a str,
    /// What was begun and has no end further on; not looked for again, or hostile text would cost its square.
    unended: Vec<&'static str>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some((piece, after)) = self.markup() {
            self.rest = after;
            return Some(piece);
        }
        // Text up to the next sign that may start a tag; a first sign that did not start one is text itself.
        let first = self.rest.chars().next()?.len_utf8();
        let end = self.rest.get(first..)?.find('<').map_or(self.rest.len(), |at| at + first);
        let (text, after) = self.rest.split_at_checked(end)?;
        self.rest = after;
        Some(Piece::Text(text))
    }
}

impl<'a> Pieces<'a> {
    fn markup(&mut self) -> Option<(Piece<'a>, &'a str)> {
        let inside = self.rest.strip_prefix('<')?;
        if let Some(comment) = inside.strip_prefix("!--") {
            let after = self.behind(comment, "-->")?;
            return Some((Piece::Inline(before(self.rest, after)), after));
        }
        if inside.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("!doctype")) {
            let after = self.behind(inside, ">")?;
            return Some((Piece::Inline(before(self.rest, after)), after));
        }
        let (closes, inside) = match inside.strip_prefix('/') {
            Some(inside) => (true, inside),
            None => (false, inside),
        };
        let name_end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == ':')).unwrap_or(inside.len());
        let (name, attributes) = inside.split_at_checked(name_end)?;
        let name = name.to_ascii_lowercase();
        let meaning = meaning(&name, closes)?;
        let after = attributes.get(end_of_tag(attributes)?..)?;
        let after = match UNSEEN.into_iter().find(|(unseen, _)| *unseen == name && !closes) {
            Some((_, end)) => self.behind(after, end).unwrap_or(after),
            None => after,
        };
        let inline = matches!(meaning, Piece::Inline(_));
        Some((if inline { Piece::Inline(before(self.rest, after)) } else { meaning }, after))
    }

    fn behind(&mut self, text: &'a str, end: &'static str) -> Option<&'a str> {
        if self.unended.contains(&end) {
            return None;
        }
        let first = end.chars().next()?;
        let is_end = |at: &usize| text.get(*at..*at + end.len()).is_some_and(|found| found.eq_ignore_ascii_case(end));
        let found = text.match_indices(first).map(|(at, _)| at).find(is_end);
        if found.is_none() {
            self.unended.push(end);
        }
        text.get(found? + end.len()..)
    }
}

/// Just behind the tag's `>`; quoted ones do not count. None when this is no tag.
fn end_of_tag(attributes: &str) -> Option<usize> {
    if !attributes.starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace()) {
        return None;
    }
    let mut quote = None;
    for (at, c) in attributes.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at + 1),
            (None, '<') => return None,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// None: no name of HTML.
fn meaning(name: &str, closes: bool) -> Option<Piece<'static>> {
    if name == "br" {
        Some(Piece::Break)
    } else if name == "li" {
        Some(if closes { Piece::Block } else { Piece::Item })
    } else if name == "td" || name == "th" {
        Some(Piece::Cell)
    } else if PARAGRAPHS.contains(&name) {
        Some(Piece::Paragraph)
    } else if BLOCKS.contains(&name) {
        Some(Piece::Block)
    } else if INLINE.contains(&name) || UNSEEN.iter().any(|(unseen, _)| *unseen == name) || is_office(name) {
        Some(Piece::Inline(""))
    } else {
        None
    }
}

/// What of `whole` stands before `rest`, its end.
fn before<'a>(whole: &'a str, rest: &str) -> &'a str {
    whole.get(..whole.len().saturating_sub(rest.len())).unwrap_or_default()
}

/// Outlook's own elements: `o:p`, `v:shape`, `w:WordDocument`.
fn is_office(name: &str) -> bool {
    name.split_once(':').is_some_and(|(space, name)| matches!(space, "o" | "v" | "w" | "m") && !name.is_empty())
}
