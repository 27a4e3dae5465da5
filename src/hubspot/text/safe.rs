//! HTML that may go into somebody's mail: an allow-list of tags, no scripts, no styles, links to the web and to addresses.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

const REPLY: [&str; 25] = [
    "p",
    "br",
    "a",
    "strong",
    "em",
    "del",
    "ul",
    "ol",
    "li",
    "blockquote",
    "code",
    "pre",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
];
/// What people put into signatures beyond that; the picture is the operator's own, not a model's.
const SIGNATURE: [&str; 10] = ["b", "i", "u", "s", "small", "span", "div", "sub", "sup", "img"];

static OF_REPLY: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut rules = Builder::empty();
    rules
        .tags(HashSet::from(REPLY))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))]))
        .clean_content_tags(HashSet::from(["script", "style", "title"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener"));
    rules
});

static OF_SIGNATURE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut rules = Builder::empty();
    rules
        .tags(REPLY.into_iter().chain(SIGNATURE).collect())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("ol", HashSet::from(["start"])),
            ("img", HashSet::from(["src", "alt", "width", "height"])),
        ]))
        .clean_content_tags(HashSet::from(["script", "style", "title"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener"));
    rules
});

/// What an agent's reply may hold. Pictures may not: one that a model puts in would tell its server who read the mail.
pub(super) fn reply(html: &str) -> String {
    OF_REPLY.clean(html).to_string()
}

/// What an operator's signature may hold.
pub(super) fn signature(html: &str) -> String {
    OF_SIGNATURE.clean(html).to_string()
}
