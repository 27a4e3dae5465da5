//! The documents point at things that are there.

use std::path::Path;

use super::{Checked, report};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "docs/agents.md",
    "docs/architecture.md",
    "docs/handoff.md",
    "docs/operations.md",
    "docs/performance.md",
    "docs/reliability.md",
    "docs/security.md",
];

/// Documents that promise something and name the tests that show it, as `tests/….rs::name`.
const PROMISES: &[&str] = &["README.md", "docs/reliability.md"];

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
        let paths = quoted(&text).map(|quote| quote.split_once("::").map_or(quote, |(file, _)| file));
        let dead_paths = paths.filter(|path| is_ours(path) && !root.join(path).exists());
        offences.extend(dead_links.chain(dead_paths).map(|target| format!("{document}: {target}")));
    }
    report("the documents name files that are not there: correct the path, or the document", &offences);
    Ok(())
}

#[test]
fn every_test_that_is_named_exists() -> Checked {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut offences = Vec::new();
    for document in PROMISES {
        let text = std::fs::read_to_string(root.join(document))?;
        for (file, name) in quoted(&text).filter_map(|quote| quote.split_once("::")).filter(|(file, _)| is_ours(file)) {
            let source = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            if !source.contains(&format!("fn {name}(")) {
                offences.push(format!("{document}: {file}::{name}"));
            }
        }
    }
    report("the documents name tests that are not there: correct the name, or what is promised", &offences);
    Ok(())
}

#[test]
fn every_guarantee_names_a_test() -> Checked {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))?;
    let section = between(&text, "\n## What is guaranteed", "\n## ").next().unwrap_or_default();
    let named = |number: u8| {
        let rest = section.split_once(&format!("\n{number}. **")).map_or("", |(_, rest)| rest);
        let own = rest.split(&format!("\n{}. **", number + 1)).next().unwrap_or_default();
        quoted(own).any(|quote| quote.starts_with("tests/") && quote.contains("::"))
    };
    let silent: Vec<String> = (1..=10).filter(|n| !named(*n)).map(|n| format!("README.md: guarantee {n}")).collect();
    report("each of the ten guarantees names a test that shows it", &silent);
    Ok(())
}

#[test]
fn every_mistake_of_others_is_in_the_table_once() -> Checked {
    let table = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md"))?;
    let mut offences = Vec::new();
    for file in super::rust_files(&["tests/it/mistakes"])? {
        let lines: Vec<&str> = file.text.lines().collect();
        let tests = lines.windows(2).filter(|pair| pair[0].starts_with("#[tokio::test") || pair[0] == "#[test]");
        for name in tests.flat_map(|pair| between(pair[1], "fn ", "(")) {
            let named = format!("`{}::{name}`", file.path);
            let times = table.matches(&named).count();
            if times != 1 {
                offences.push(format!("{named} is there {times} times"));
            }
        }
    }
    report("docs/reliability.md names each test of tests/it/mistakes in its table, once", &offences);
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
pub(crate) fn has_heading(text: &str, anchor: &str) -> bool {
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let made = |title: &str| -> String {
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    titles.map(made).any(|made| made == anchor)
}

/// In the project made with HubSpot's own tools, `src/app` is HubSpot's.
fn is_ours(path: &str) -> bool {
    FOLDERS.iter().any(|folder| path.starts_with(folder)) && !path.ends_with("-hsmeta.json")
}

/// The text of every `code span`.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| Some(rest.split_once(close)?.0))
}
