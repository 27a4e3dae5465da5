//! A conversation that lives outside HubSpot: its handoff into HubSpot.

use super::{Context, Run, Stop};

use crate::domain::{Ending, Reason};
use crate::store::Finish;

/// Runs the turn.
pub async fn run(_cx: &Context, run: Run<'_>, _id: String) -> Result<Finish, Stop> {
    let endings = run.turn.events.iter().map(|event| Ending::dead(event.id, Reason::PayloadUnreadable)).collect();
    Ok(Finish { endings, ..Finish::default() })
}
