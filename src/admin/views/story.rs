//! What `why` tells, as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::time;
use crate::admin::why::Story;

/// What happened to one thing and why, in words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Story)]
pub(in crate::admin) struct StoryView {
    /// What was asked about.
    id: String,
    /// Newest first.
    lines: Vec<LineView>,
    /// Where it stands, what happens next and when.
    now: String,
    /// What a person may want to do about it; null when there is nothing.
    todo: Option<String>,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoryLine)]
pub(in crate::admin) struct LineView {
    #[schema(format = DateTime)]
    at: String,
    /// In words; never what was said.
    text: String,
}

pub(in crate::admin) fn story(id: &str, story: &Story) -> StoryView {
    let lines = story.lines.iter().map(|line| LineView { at: time(line.at), text: line.text.clone() });
    StoryView { id: id.to_owned(), lines: lines.collect(), now: story.now.clone(), todo: story.todo.clone() }
}
