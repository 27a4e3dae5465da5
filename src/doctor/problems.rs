//! What is wrong with a connection's settings, as it is shown with the connection. The quick look and every whole
//! examination say it anew: what was mended is no longer shown.

use dashmap::DashMap;

use super::{Line, Status};
use crate::domain::ConnectionName;

/// The checks of the quick look, or how they begin. What else an examination finds is true of its moment alone.
const SETTINGS: [&str; 14] = [
    "secret ",
    "scope ",
    "token",
    "portal",
    "app",
    "ai user",
    "default user",
    "users differ",
    "routing users",
    "ticketing",
    "pipeline",
    "stage",
    "tag property",
    "custom data",
];

/// What a person has to mend: of several lines that fail for one cause, the one that names it.
pub fn findings(lines: &[Line]) -> impl Iterator<Item = &Line> {
    lines.iter().filter(|line| line.status != Status::Ok && line.follows.is_none())
}

/// In one sentence: what was seen and what to do.
#[must_use]
pub fn sentence(line: &Line) -> String {
    match &line.fix {
        Some(fix) => format!("{}: {}; {fix}", line.check, line.seen),
        None => format!("{}: {}", line.check, line.seen),
    }
}

/// Is the line of the settings?
#[must_use]
pub fn is_of_settings(line: &Line) -> bool {
    SETTINGS.iter().any(|check| if check.ends_with(' ') { line.check.starts_with(check) } else { line.check == *check })
}

/// Shows what these lines say of a connection's settings, instead of all that was shown of it before.
pub fn show(problems: &DashMap<ConnectionName, Vec<String>>, name: &ConnectionName, lines: &[Line]) {
    let wrong = findings(lines).filter(|line| is_of_settings(line));
    problems.insert(name.clone(), wrong.map(sentence).collect());
}
