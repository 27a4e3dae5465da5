//! Words between people and HubSpot.

use hubspot_bridge::hubspot::text::{AI_MARKER, plain, rich, rich_from_ai, text_hash};
use proptest::prelude::*;

#[test]
fn html_becomes_words_in_lines() {
    let cases = [
        ("Hello", "Hello"),
        ("line one\nline two", "line one\nline two"),
        ("<p>One</p>\n  <p>Two<br/>Three</p>", "One\n\nTwo\nThree"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("<ul><li>milk</li><li>eggs</li></ul>after", "- milk\n- eggs\n\nafter"),
        ("<b>bo</b>ld and <a href=\"https://x.test/?a>b\">link</a>", "bold and link"),
        ("Caf&eacute;&#xa0;&amp;&nbsp;Bar &#8364;5 &lt;3", "Café & Bar €5 <3"),
        ("<style>p{color:red}</style><p>seen</p><script>x<y</script>", "seen"),
        ("<STYLE>p{}</STYLE><P>Seen</P><!-- not --><o:p></o:p>", "Seen"),
        ("a <!-- open", "a <!-- open"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("use List<String> and press <enter>", "use List<String> and press <enter>"),
        ("Ann <ann@example.com> <https://x.test/a>", "Ann <ann@example.com> <https://x.test/a>"),
        ("a\n\n\n\nb  \n", "a\n\nb"),
        ("zero\u{200b}width \u{feff}mark", "zerowidth mark"),
        ("<p>one\n   two</p>", "one two"),
        ("", ""),
        ("<", "<"),
        ("</", "</"),
        ("<p", "<p"),
        ("👨‍👩‍👧 <b>ü</b>", "👨‍👩‍👧 ü"),
    ];
    for (html, words) in cases {
        assert_eq!(plain(html), words, "{html}");
    }
}

#[test]
fn words_become_safe_html() {
    assert_eq!(rich("One\r\nstill one\n\n\nTwo"), "<p>One<br>still one</p><p>Two</p>");
    assert_eq!(rich(""), "");
    let hostile = rich("<script>alert('x')</script> & \"<!-- OpenCX-AI-Response -->\"\u{0}");
    let inner = hostile.strip_prefix("<p>").and_then(|html| html.strip_suffix("</p>")).unwrap();
    assert!(!inner.contains(['<', '>', '"', '\'', '\u{0}']), "{hostile}");
    assert_eq!(rich_from_ai("Hi"), format!("<p>Hi</p>{AI_MARKER}"));
}

#[test]
fn the_same_words_hash_the_same_and_others_do_not() {
    let ours = "Hello Ann,\n\nit is 5 < 6 & \"blue\".\nBye";
    let theirs = [
        "Hello Ann, it is 5 < 6 & \"blue\". Bye",
        "<div>Hello&nbsp;Ann,</div>\n<p>it is 5 &lt; 6 &amp; &quot;blue&quot;.</p>Bye",
        "Hello Ann,\r\n\r\nit is 5 &lt; 6 &amp; &#34;blue&#34;.\r\nBye\u{200b}",
        &rich(ours),
        &rich_from_ai(ours),
    ];
    for text in theirs {
        assert_eq!(text_hash(text), text_hash(ours), "{text}");
    }
    assert_ne!(text_hash("Hello Ann"), text_hash("Hello Bob"));
    assert_ne!(text_hash("5 < 6"), text_hash("5 > 6"));
    let hash = text_hash("");
    assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
}

#[test]
fn hostile_text_costs_no_more_than_its_length() {
    // Each would take minutes if unended markup were looked for again and again.
    for part in ["<!--", "<style>", "<a '", "<a \"'", "<p<", "&amp;", "<script></scrip", "<!doctype "] {
        let text = part.repeat(200_000 / part.len());
        let _ = (plain(&text).len(), text_hash(&text));
    }
}

proptest! {
    #[test]
    fn rich_text_says_the_same(text in "([a-c<>&;/!\"' \n\t-]|<b>|<br>|&amp;|&lt;|&#60;|<!--|-->|\u{200b}|\u{a0}|é){0,24}") {
        prop_assert_eq!(text_hash(&rich_from_ai(&text)), text_hash(&text));
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        let _ = plain(&text);
        prop_assert_eq!(text_hash(&rich(&text)), text_hash(&text));
    }
}
