//! A note a rep wrote on a ticket, mirrored to the sessions linked to it.

use super::{Context, Run, Stop};
use crate::domain::NoteId;
use crate::domain::{Ending, Reason};
use crate::store::Finish;

/// Runs the turn.
pub async fn run(_cx: &Context, run: Run<'_>, _id: NoteId) -> Result<Finish, Stop> {
    let endings = run.turn.events.iter().map(|event| Ending::dead(event.id, Reason::PayloadUnreadable)).collect();
    Ok(Finish { endings, ..Finish::default() })
}
