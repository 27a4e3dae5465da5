//! The documents point at things that are there.

use std::path::Path;

use super::{Checked, report};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "docs/agents.md",
    "docs/architecture.md",
    "docs/handoff.md",
    "docs/performance.md",
    "docs/security.md",
];

/// Where files of ours live: a quoted path that begins so must exist.
const FOLDERS: &[&str] = &[".ci/", "benches/", "config/", "docs/", "src/", "tests/"];

#[test]
fn links_and_quoted_paths_lead_somewhere() -> Checked {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut offences = Vec::new();
    for document in DOCUMENTS {
        let path = root.join(document);
        let text = std::fs::read_to_string(&path)?;
        let folder = path.parent().unwrap_or(root);
        let dead_links = between(&text, "](", ")").filter(|link| !link.contains("://") && !leads(folder, &text, link));
        let dead_paths = quoted(&text).filter(|quote| is_ours(quote) && !root.join(quote).exists());
        offences.extend(dead_links.chain(dead_paths).map(|target| format!("{document}: {target}")));
    }
    report("the documents name files that are not there: correct the path, or the document", &offences);
    Ok(())
}

/// To a file, to a heading of this document, or to a heading of another one.
fn leads(folder: &Path, text: &str, link: &str) -> bool {
    let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
    let other = if file.is_empty() { None } else { Some(folder.join(file)) };
    let Some(heading) = heading else { return other.is_some_and(|path| path.exists()) };
    let read = other.map(std::fs::read_to_string);
    match read {
        None => has_heading(text, heading),
        Some(read) => read.is_ok_and(|text| has_heading(&text, heading)),
    }
}

/// As GitHub makes anchors: lower case, dashes for spaces, no punctuation.
fn has_heading(text: &str, anchor: &str) -> bool {
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let made = |title: &str| -> String {
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    titles.map(made).any(|made| made == anchor)
}

/// In the project made with HubSpot's own tools, `src/app` is HubSpot's.
fn is_ours(quote: &str) -> bool {
    FOLDERS.iter().any(|folder| quote.starts_with(folder)) && !quote.ends_with("-hsmeta.json")
}

/// The text of every `code span`.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| Some(rest.split_once(close)?.0))
}
