//! Doing what was decided. When the way is barred (a post refused, its fate unknown) a human gets it instead.

use super::plan::{Action, Plan};
use super::post::{self, Body, Posted};
use super::scene::Scene;
use super::talk::Talk;
use super::{decide, handoff, session, too_late, topic, words};
use crate::domain::{AnsweredThrough, Mode, Outcome, Reason};
use crate::handlers::Stop;
use crate::handlers::journal::{self, step};
use crate::store::{StepRecord, StepStatus};

/// What an earlier run decided: its own word before the agent's.
#[must_use]
pub fn planned(talk: &Talk<'_>) -> Option<Plan> {
    journalled(|name| talk.journal.get(name))
}

fn journalled<'s>(step: impl Fn(&str) -> Option<&'s StepRecord>) -> Option<Plan> {
    let done = |name| step(name).filter(|record| record.status == StepStatus::Done);
    [step::DECIDE, step::ASK_AGENT].into_iter().find_map(|name| journal::decode(done(name)?.text.as_deref()))
}

/// How far the answer goes that this journal shows, or may show, to have been posted.
#[must_use]
pub fn maybe_answered(steps: &[StepRecord]) -> Option<AnsweredThrough> {
    let step = |name: &str| steps.iter().find(|record| record.name == name);
    let may_stand = |name| step(name).is_some_and(post::may_stand);
    let posted = [step::POST_REPLY, step::POST_DRAFT].into_iter().any(may_stand);
    posted.then(|| journalled(step)?.answered_through()).flatten()
}

/// Acts, and ends the open messages.
pub async fn act(talk: &mut Talk<'_>, scene: &Scene, plan: Plan) -> Result<(), Stop> {
    // A session turned to assist stops public posts at once, whatever was decided before; what was posted before stays.
    let posted = matches!(talk.journal.status(step::POST_REPLY), Some(StepStatus::Done | StepStatus::Intended));
    let plan = if scene.mode == Mode::Assist && !posted { plan.for_assist() } else { plan };
    talk.answering = plan.answered_through();
    session::learn(talk, scene);
    match plan.action {
        Action::Nothing => talk.conclude(Outcome::NoReplyNeeded, None, None),
        Action::Handoff => handoff::run(talk, scene, &plan).await?,
        Action::Draft => draft(talk, scene, &plan).await?,
        Action::Reply => reply(talk, scene, &plan).await?,
    }
    topic::name_rule(&mut talk.endings, &plan);
    Ok(())
}

async fn reply(talk: &mut Talk<'_>, scene: &Scene, plan: &Plan) -> Result<(), Stop> {
    let text = plan.text.as_deref().unwrap_or_default();
    let latest = talk.open.last().cloned();
    let Some(message) = latest.and_then(|latest| words::reply(&talk.cx.settings, scene, &latest, text)) else {
        return instead(talk, scene, plan, Reason::ChannelCannotSend, None).await;
    };
    // An answer that waited too long is not posted any more; whether an earlier run posted it still counts.
    let posted = match too_late(talk, scene) {
        None => post::once(talk, scene, step::POST_REPLY, Body::Reply(Box::new(message)), true).await?,
        Some((reason, why)) => match post::earlier(talk, scene, step::POST_REPLY).await? {
            Some(posted) => posted,
            None => return instead(talk, scene, plan, reason, Some(why)).await,
        },
    };
    match posted {
        Posted::Sent => {
            talk.replied();
            talk.conclude(Outcome::Replied, None, None);
            Ok(())
        }
        Posted::Withdrawn(reason) => {
            talk.skip_open(reason);
            Ok(())
        }
        Posted::Unknown => instead(talk, scene, plan, Reason::OutcomeUnknown, None).await,
        Posted::Refused { reason, detail } => {
            // "Not found" ends an event that is about nothing; here a human gets what there is.
            let reason = if reason == Reason::MissingScope { reason } else { Reason::RejectedByHubspot };
            instead(talk, scene, plan, reason, Some(detail)).await
        }
    }
}

async fn draft(talk: &mut Talk<'_>, scene: &Scene, plan: &Plan) -> Result<(), Stop> {
    let comment = Body::Comment(words::draft_comment(plan));
    let reason = plan.forced_by();
    let guarded = !talk.replay;
    match post::once(talk, scene, step::POST_DRAFT, comment, guarded).await? {
        Posted::Sent => talk.conclude(Outcome::Drafted, reason, None),
        Posted::Withdrawn(reason) => talk.skip_open(reason),
        Posted::Unknown => talk.conclude(Outcome::Drafted, Some(Reason::OutcomeUnknown), None),
        Posted::Refused { reason, detail } => return Err(Stop::Refused { reason, detail }),
    }
    Ok(())
}

/// The reply could not be posted: the reps get its words and the conversation.
async fn instead(
    talk: &mut Talk<'_>,
    scene: &Scene,
    plan: &Plan,
    reason: Reason,
    detail: Option<String>,
) -> Result<(), Stop> {
    let why = detail.map_or_else(|| reason.sentence().to_owned(), |detail| format!("{} ({detail})", reason.sentence()));
    let (summary, topic) = (plan.text.clone(), plan.topic.clone());
    let forced = Plan { summary, topic, ..Plan::forced_handoff(reason, why) };
    let forced = decide(talk, forced).await?;
    handoff::run(talk, scene, &forced).await
}
