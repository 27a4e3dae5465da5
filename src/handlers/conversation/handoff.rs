//! Giving a conversation to a human: words to the customer, a comment for the reps, the assignment. Each is a step;
//! one that fails does not forget the rest.

use super::plan::Plan;
use super::post::{self, Body, Posted};
use super::scene::Scene;
use super::talk::Talk;
use super::{too_late, words};
use crate::domain::{ActorId, Outcome, Reason, SessionState};
use crate::handlers::Stop;
use crate::handlers::journal::{self, outcome, step};
use crate::hubspot::Class;
use crate::store::{StepResult, StepStatus};

/// Hands over and settles the open messages.
pub async fn run(talk: &mut Talk<'_>, scene: &Scene, plan: &Plan) -> Result<(), Stop> {
    let mut remarks: Vec<String> = Vec::new();
    let mut withheld = None;
    if let Some(text) = &plan.text {
        match say(talk, scene, text).await? {
            Some(Posted::TakenOver) => {
                talk.skip_open(Reason::TakenOver);
                return Ok(());
            }
            Some(Posted::Sent) => talk.replied(),
            Some(Posted::Refused { detail, .. }) => {
                withheld = Some(text.as_str());
                remarks.push(detail);
            }
            Some(Posted::Unknown) | None => withheld = Some(text.as_str()),
        }
    }
    let comment = Body::Comment(words::handoff_comment(plan, withheld));
    let guarded = talk.journal.get(step::POST_REPLY).is_none();
    let mut refused = Reason::RejectedByHubspot;
    let posted = match post::once(talk, scene, step::HANDOFF_COMMENT, comment, guarded).await {
        // The last attempt still gives the thread to somebody, with or without a comment.
        Err(Stop::Retry { why, .. }) if talk.last_resort.is_some() => Posted::Refused { reason: refused, detail: why },
        other => other?,
    };
    match posted {
        Posted::Sent => {}
        Posted::TakenOver => {
            talk.skip_open(Reason::TakenOver);
            return Ok(());
        }
        Posted::Unknown => remarks.push("whether the comment was posted is not known".to_owned()),
        Posted::Refused { reason, detail } => {
            refused = reason;
            remarks.push(format!("comment: {detail}"));
        }
    }
    if let Some(remark) = assign(talk, scene).await? {
        remarks.push(remark);
    }
    let nobody_heard = talk.journal.status(step::HANDOFF_COMMENT) != Some(StepStatus::Done)
        && talk.journal.status(step::ASSIGN) != Some(StepStatus::Done);
    if nobody_heard {
        return Err(Stop::Refused { reason: refused, detail: remarks.join("; ") });
    }
    talk.patch.state = Some(SessionState::HandedOff);
    talk.patch.handed_off_at = Some(Some(talk.cx.now()));
    let detail = (!remarks.is_empty()).then(|| remarks.join("; "));
    talk.conclude(Outcome::HandedOff, plan.forced_by(), detail.as_deref());
    Ok(())
}

/// The words that come with a handoff are posted before it. None: there is nowhere to post them.
async fn say(talk: &mut Talk<'_>, scene: &Scene, text: &str) -> Result<Option<Posted>, Stop> {
    let latest = talk.open.last().cloned();
    let reply = latest.and_then(|latest| words::reply(&talk.cx.settings, scene, &latest, text));
    if too_late(talk, scene).is_some() {
        return post::earlier(talk, scene, step::POST_REPLY).await;
    }
    match reply {
        Some(reply) => post::once(talk, scene, step::POST_REPLY, Body::Reply(Box::new(reply)), true).await.map(Some),
        None => Ok(None),
    }
}

/// Who gets it: the default user; nobody when that is the AI user itself or none is named.
#[must_use]
pub fn assignee<'a>(default_user: Option<&'a ActorId>, ai_user: &ActorId) -> Option<&'a ActorId> {
    default_user.filter(|user| *user != ai_user)
}

/// Assigns the thread. Assigning twice is harmless, so no probe is needed. Returns a remark when it did not work.
async fn assign(talk: &mut Talk<'_>, scene: &Scene) -> Result<Option<String>, Stop> {
    if matches!(talk.journal.status(step::ASSIGN), Some(StepStatus::Done | StepStatus::Skipped)) {
        return Ok(None);
    }
    let settings = std::sync::Arc::clone(&talk.cx.settings);
    let to = assignee(settings.default_user_id.as_ref(), &settings.ai_user_id);
    let lasts = talk.cx.hubspot_timeout;
    talk.journal.intend(step::ASSIGN, lasts, None, None, &serde_json::json!({"v": 1})).await?;
    if scene.thread.assigned_to.as_ref() == to {
        talk.journal.settle(step::ASSIGN, outcome(StepStatus::Done)).await?;
        return Ok(None);
    }
    match talk.cx.hubspot.assign(&talk.thread_id, to).await {
        Ok(()) => {
            talk.journal.settle(step::ASSIGN, outcome(StepStatus::Done)).await?;
            Ok(None)
        }
        Err(error) if matches!(error.class, Class::Retry { .. } | Class::Hold { .. }) => {
            talk.journal.settle(step::ASSIGN, outcome(StepStatus::NotSent)).await?;
            Err(error.into())
        }
        Err(error) => {
            let remark = format!("assignment: {error}");
            let result = Some(journal::encode(&serde_json::json!({"v": 1, "detail": remark}))?);
            let step = StepResult { status: StepStatus::Skipped, result, text: None, posted: None };
            talk.journal.settle(step::ASSIGN, step).await?;
            Ok(Some(remark))
        }
    }
}
