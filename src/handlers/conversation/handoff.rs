//! Giving a conversation to a human: words to the customer, a comment for the reps, the assignment. Each is a step;
//! one that fails does not forget the rest.

use serde::{Deserialize, Serialize};

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
            Some(Posted::Withdrawn(reason)) => {
                talk.skip_open(reason);
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
    let guarded = talk.journal.status(step::POST_REPLY) != Some(StepStatus::Done);
    let mut refused = Reason::RejectedByHubspot;
    let posted = match post::once(talk, scene, step::HANDOFF_COMMENT, comment, guarded).await {
        // The last attempt still gives the thread to somebody, with or without a comment.
        Err(Stop::Retry { why, .. } | Stop::Wait { why, .. }) if talk.last_resort.is_some() => {
            Posted::Refused { reason: refused, detail: why }
        }
        other => other?,
    };
    match posted {
        Posted::Sent => {}
        Posted::Withdrawn(reason) => {
            talk.skip_open(reason);
            return Ok(());
        }
        Posted::Unknown => remarks.push("whether the comment was posted is not known".to_owned()),
        Posted::Refused { reason, detail } => {
            refused = reason;
            remarks.push(format!("comment: {detail}"));
        }
    }
    let assigned = match assign(talk).await? {
        Assigned::To(human) => human,
        Assigned::Not(remark) => {
            remarks.push(remark);
            false
        }
    };
    if talk.journal.status(step::HANDOFF_COMMENT) != Some(StepStatus::Done) && !assigned {
        return Err(Stop::Refused { reason: refused, detail: remarks.join("; ") });
    }
    talk.patch.state = Some(SessionState::HandedOff);
    talk.patch.handed_off_at = Some(Some(talk.cx.now()));
    if plan.forced_by().is_none() {
        remarks.insert(0, "the agent decided to hand off; its reason is in the comment".to_owned());
    }
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

/// How the assignment ended.
enum Assigned {
    /// A human has the thread; or nobody, where nobody is named.
    To(bool),
    /// It did not work, with a remark.
    Not(String),
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    v: u32,
    human: bool,
    detail: Option<String>,
}

/// Assigns the thread. Assigning twice is harmless, so no probe is needed; taking it from a rep who claimed it meanwhile
/// is not, so the owner is read first.
async fn assign(talk: &mut Talk<'_>) -> Result<Assigned, Stop> {
    if matches!(talk.journal.status(step::ASSIGN), Some(StepStatus::Done | StepStatus::Skipped)) {
        return Ok(assigned_before(talk));
    }
    let settings = std::sync::Arc::clone(&talk.cx.settings);
    let to = assignee(settings.default_user_id.as_ref(), &settings.ai_user_id);
    let client = talk.cx.hubspot.reserve(2).await?;
    let owner = client.thread(&talk.thread_id).await?.assigned_to;
    talk.journal.intend(step::ASSIGN, talk.cx.hubspot_timeout, None, None, &serde_json::json!({"v": 1})).await?;
    let claimed = owner.as_ref().is_some_and(|owner| *owner != settings.ai_user_id);
    if claimed || owner.as_ref() == to {
        return settle(talk, StepStatus::Done, claimed, None).await;
    }
    match client.assign(&talk.thread_id, to).await {
        Ok(()) => settle(talk, StepStatus::Done, to.is_some(), None).await,
        Err(error) if matches!(error.class, Class::Retry { .. } | Class::Hold { .. }) => {
            talk.journal.settle(step::ASSIGN, outcome(StepStatus::NotSent)).await?;
            Err(error.into())
        }
        Err(error) => settle(talk, StepStatus::Skipped, false, Some(format!("assignment: {error}"))).await,
    }
}

async fn settle(
    talk: &mut Talk<'_>,
    status: StepStatus,
    human: bool,
    detail: Option<String>,
) -> Result<Assigned, Stop> {
    let result = Some(journal::encode(&Record { v: 1, human, detail })?);
    talk.journal.settle(step::ASSIGN, StepResult { status, result, text: None, posted: None }).await?;
    Ok(assigned_before(talk))
}

fn assigned_before(talk: &Talk<'_>) -> Assigned {
    let record = talk.journal.get(step::ASSIGN);
    match record.and_then(|record| journal::decode::<Record>(record.result.as_deref())) {
        Some(Record { detail: Some(remark), .. }) => Assigned::Not(remark),
        Some(Record { human, .. }) => Assigned::To(human),
        None => Assigned::To(false),
    }
}
