//! No words panic the ways between people and HubSpot, and what comes out as HTML runs, loads and frames nothing.
#![no_main]

use hubspot_bridge::hubspot::text::{plain, reply, rich, text_hash};
use libfuzzer_sys::fuzz_target;

const NEVER: [&str; 11] =
    ["script", "style", "svg", "iframe", "object", "embed", "form", "meta", "link", "base", "img"];

fn assert_harmless(html: &str) {
    for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        let tag = tag.to_lowercase();
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(!NEVER.contains(&name.as_str()), "<{tag}> in {html:?}");
        let target = tag.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let leads = ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme));
        assert!(target.is_empty() || leads, "<{tag}> in {html:?}");
        // Attributes: those of links and of numbered lists alone.
        let others = tag.split('"').step_by(2).flat_map(|outside| outside.split(' ').skip(1)).filter(|word| word.contains('='));
        for attribute in others {
            assert!(["href=", "rel=", "start="].contains(&attribute), "<{tag}> in {html:?}");
        }
    }
}

fuzz_target!(|words: &str| {
    let ours = reply(words, Some("<p>Ann</p>"));
    assert_harmless(&ours.html);
    let written = rich(words);
    assert!(!written.replace("<p>", "").replace("</p>", "").replace("<br>", "").contains(['<', '>']), "{written:?}");
    let read = plain(words);
    assert_harmless(&reply(&read, None).html);
    let _ = (text_hash(words), text_hash(&ours.html), plain(&ours.html));
});
