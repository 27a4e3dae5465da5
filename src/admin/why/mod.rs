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
pub(super) use links::is_contact;
pub(super) use steps::line as step_line;

use std::collections::HashSet;

use crate::domain::{Session, Timestamp};
use crate::store::Hold;
use crate::store::types::{AuditRecord, Found};

pub use gather::Left;
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
    /// Of what there is more than a story tells.
    pub left: Vec<Left>,
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
    /// The holds of the connections that something of it waits for.
    pub held: Option<String>,
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
        let now = known.remarks.join(" ");
        return Story { lines: Vec::new(), held: None, now, next: None, todo: Some(todo.to_owned()) };
    }
    let found = &known.found;
    let mut lines: Vec<Line> = found.sessions.iter().flat_map(session_lines).collect();
    let told_by = audits::told_by_events(&known.audits, found);
    let others = known.audits.iter().filter(|audit| told_by.values().all(|told| told.id != audit.id));
    lines.extend(others.map(audits::line));
    for history in &found.events {
        let who = told_by.get(&history.event.id).map(|told| told.audit.who.as_str());
        lines.extend(event::lines(history, who, &audits::replays(&known.audits, history)));
    }
    // The events of one turn share its runs and steps: each is told once. The sort is stable, so that what happened
    // at the same moment keeps its order.
    let mut told = HashSet::new();
    lines.retain(|line| told.insert((line.at, line.text.clone())));
    lines.sort_by_key(|line| line.at);
    lines.reverse();
    shorten(&mut lines, &known.left);
    let stands = next::now(found, holds, now);
    let now_words = known.remarks.iter().cloned().chain([stands]).collect::<Vec<_>>().join(" ");
    let held = next::held(found, holds);
    Story { lines, held, now: now_words, next: next::next(found, holds, now), todo: next::todo(found, holds) }
}

/// To what somebody reads, and says at the end what is not told.
fn shorten(lines: &mut Vec<Line>, left: &[Left]) {
    let mut words: Vec<String> = left.iter().map(Left::words).collect();
    if !left.iter().any(|left| left.older) && lines.len() + words.len() > LINES_MAX {
        words.push("What is older is left out here: `hubspot-bridge events list` shows every event.".to_owned());
    }
    lines.truncate(LINES_MAX.saturating_sub(words.len()));
    let oldest = lines.last().map(|line| line.at);
    lines.extend(oldest.into_iter().flat_map(|at| words.iter().map(move |words| Line::new(at, words))));
}

fn session_lines(session: &Session) -> Vec<Line> {
    let id = session.id;
    // Stored at the end of its first turn: what the turn did to it says better when it began.
    let began = [session.ai_since, session.handed_off_at].into_iter().flatten().fold(session.created_at, Ord::min);
    let mut lines = vec![Line::new(began, format!("The AI's session for the conversation began ({id})."))];
    let handed_off =
        session.handed_off_at.map(|at| Line::new(at, format!("Since then a human has the conversation ({id}).")));
    lines.extend(handed_off);
    lines
}
