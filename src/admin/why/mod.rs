//! `why ID`: what happened to something and why, in plain words. Pure: from what the ledger found to a story.
//!
//! The API shows the story as JSON, the command as text; both say the same.

mod event;
mod gather;
mod next;
mod steps;

pub(super) use event::{came_in, run_end, words as outcome_words};
pub(super) use gather::gather;
pub(super) use steps::line as step_line;

use std::collections::HashSet;

use crate::domain::{Session, Timestamp};
use crate::store::Hold;
use crate::store::types::Found;

/// A story longer than this is no longer read by anybody.
const LINES_MAX: usize = 200;

/// What happened to one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Newest first.
    pub lines: Vec<Line>,
    /// Where it stands, what happens next and when.
    pub now: String,
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

/// Tells the story of what was found. `holds` are all connections held, `now` is the present.
#[must_use]
pub fn tell(found: &Found, holds: &[Hold], now: Timestamp) -> Story {
    let mut lines: Vec<Line> = found.sessions.iter().flat_map(session_lines).collect();
    lines.extend(found.events.iter().flat_map(event::lines));
    // The events of one turn share its runs and steps: each is told once. The sort is stable, so that what happened
    // at the same moment keeps its order.
    let mut told = HashSet::new();
    lines.retain(|line| told.insert((line.at, line.text.clone())));
    lines.sort_by_key(|line| line.at);
    lines.reverse();
    lines.truncate(LINES_MAX);
    Story { lines, now: next::now(found, holds, now), todo: next::todo(found, holds) }
}

fn session_lines(session: &Session) -> Vec<Line> {
    let mut lines = vec![Line::new(session.created_at, format!("The session {} began.", session.id))];
    let handed_off = session
        .handed_off_at
        .map(|at| Line::new(at, format!("A human has the conversation since then ({}).", session.id)));
    lines.extend(handed_off);
    lines
}
