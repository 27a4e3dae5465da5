//! How a turn ends that its handler did not end: its run never did, under at-most-once, or no further one may follow.
//! Called by the worker.

use super::{Context, conversation};
use crate::domain::{Ending, Event, Object, Reason, SessionPatch};
use crate::store::{self, Finish, Lease, SessionChange, SessionKey, StepRecord};

/// Its events are dead. What it answered, or may have, counts as answered, also messages that joined without an event of
/// their own.
pub async fn end(cx: &Context, lease: &Lease, bound: &[Event], steps: &[StepRecord]) -> Result<Finish, store::Error> {
    let dead = |event: &Event| Ending::dead(event.id, Reason::Interrupted).detail("nothing of it is done again");
    let sessions = answered(cx, lease, bound, steps).await?.into_iter().collect();
    Ok(Finish { endings: bound.iter().map(dead).collect(), sessions, ..Finish::default() })
}

/// A turn whose events are given up: what an earlier run answered, or may have, stays answered.
pub async fn bury(
    cx: &Context,
    lease: &Lease,
    bound: &[Event],
    (reason, detail): (Reason, &str),
) -> Result<Finish, store::Error> {
    let steps = cx.store.steps(lease).await?;
    let sessions = answered(cx, lease, bound, &steps).await?.into_iter().collect();
    let dead = |event: &Event| Ending::dead(event.id, reason).detail(detail);
    Ok(Finish { endings: bound.iter().map(dead).collect(), sessions, ..Finish::default() })
}

/// What a turn without a look at its conversation leaves to the session: how far the customer was answered.
pub async fn answered(
    cx: &Context,
    lease: &Lease,
    bound: &[Event],
    steps: &[StepRecord],
) -> Result<Option<SessionChange>, store::Error> {
    let Object::Thread(thread) = &lease.key.object else { return Ok(None) };
    let Some(through) = conversation::maybe_answered(steps) else { return Ok(None) };
    let key = SessionKey::Thread(lease.key.connection.clone(), thread.clone());
    let session = cx.store.session(&key).await?;
    let mut patch = SessionPatch { answered_through: Some(through), ..SessionPatch::default() };
    if session.is_none() {
        patch.mode = Some(cx.settings.mode);
        patch.ai_since = bound.iter().map(Event::happened_at).min();
    }
    let version = session.map_or(0, |session| session.version);
    Ok(Some(SessionChange { key, version, patch, followups: Vec::new() }))
}
