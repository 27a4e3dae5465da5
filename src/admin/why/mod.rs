//! `why ID`: what happened to something and why, in plain words, for a support lead who never saw a log.
//!
//! `answer` is what the API, the command and the console show. The story itself is pure: from what the ledger knows
//! ([`Known`]) to words ([`tell`]). Only a look by e-mail address and the live checks ask HubSpot.

pub(super) mod answer;
mod audits;
mod email;
mod event;
mod gather;
mod links;
mod live;
pub(super) mod mask;
mod next;
mod steps;
mod subject;

pub(super) use event::{advice, came_in, run_end, words as outcome_words};
pub(super) use gather::gather as gathered;
pub(super) use steps::line as step_line;

use std::collections::HashSet;

use crate::domain::{Session, Timestamp};
use crate::store::Hold;
use crate::store::types::{AuditRecord, Found};

pub use next::Next;

/// A story longer than this is no longer read by anybody.
const LINES_MAX: usize = 200;

/// What a story is told from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Events, sessions and mailboxes.
    pub found: Found,
    /// What people asked for about them.
    pub audits: Vec<AuditRecord>,
    /// What was learned beside the ledger: whose address it is, who could not be asked.
    pub remarks: Vec<String>,
}

impl Known {
    /// Does the ledger know nothing of it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.events.is_empty() && self.found.sessions.is_empty() && self.found.mailboxes.is_empty()
    }
}

/// What happened to one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Newest first.
    pub lines: Vec<Line>,
    /// Where it stands, what happens next and when.
    pub now: String,
    /// What happens next; none when everything has ended.
    pub next: Option<Next>,
    /// What a person may want to do about it.
    pub todo: Option<String>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// In words; never message text.
    pub text: String,
}

impl Line {
    fn new(at: Timestamp, text: impl Into<String>) -> Self {
        Self { at, text: text.into() }
    }
}

/// Tells the story of what is known. `holds` are all connections held, `now` is the present.
#[must_use]
pub fn tell(known: &Known, holds: &[Hold], now: Timestamp) -> Story {
    if known.is_empty() {
        let todo = "Ask again in a moment, or ask by the id of the thread or ticket.";
        return Story { lines: Vec::new(), now: known.remarks.join(" "), next: None, todo: Some(todo.to_owned()) };
    }
    let found = &known.found;
    let mut lines: Vec<Line> = found.sessions.iter().flat_map(session_lines).collect();
    lines.extend(known.audits.iter().map(audits::line));
    lines.extend(found.events.iter().flat_map(event::lines));
    // The events of one turn share its runs and steps: each is told once. The sort is stable, so that what happened
    // at the same moment keeps its order.
    let mut told = HashSet::new();
    lines.retain(|line| told.insert((line.at, line.text.clone())));
    lines.sort_by_key(|line| line.at);
    lines.reverse();
    lines.truncate(LINES_MAX);
    let stands = next::now(found, holds, now);
    let now_words = known.remarks.iter().cloned().chain([stands]).collect::<Vec<_>>().join(" ");
    Story { lines, now: now_words, next: next::next(found, holds, now), todo: next::todo(found, holds) }
}

fn session_lines(session: &Session) -> Vec<Line> {
    let id = session.id;
    let mut lines = vec![Line::new(session.created_at, format!("The AI's session for the conversation began ({id})."))];
    let handed_off =
        session.handed_off_at.map(|at| Line::new(at, format!("Since then a human has the conversation ({id}).")));
    lines.extend(handed_off);
    lines
}
