//! Giving the thread to the human that the rules name, or the ticket where HubSpot does not let us assign threads.

use serde::{Deserialize, Serialize};

use super::case;
use super::handoff::spoken_language;
use super::plan::Plan;
use super::scene::Scene;
use super::talk::Talk;
use crate::config::Guarantee;
use crate::domain::{ActorId, Channel, Message, MessageKind, TicketId};
use crate::filters::place;
use crate::filters::routing::Facts;
use crate::handlers::Stop;
use crate::handlers::handoff::assign::who;
use crate::handlers::handoff::ticket::owner_of;
use crate::handlers::journal::{self, outcome, step};
use crate::hubspot::{Class, Effect};
use crate::limits;
use crate::store::{StepResult, StepStatus};

/// How the assignment ended.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    /// A human has the conversation now.
    pub human: bool,
    /// For people.
    pub remark: Option<String>,
    /// The user who is to own the ticket instead.
    pub ticket_owner: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    v: u32,
    human: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket_owner: Option<String>,
    detail: Option<String>,
}

/// Assigns the thread, once: after an unclear end it is looked for, because whom it went to may have given it on since.
/// Taking it from a rep who claimed it meanwhile is no help either, so the owner is read first.
pub(super) async fn step(
    talk: &mut Talk<'_>,
    scene: &Scene,
    plan: &Plan,
    ticket: Option<&TicketId>,
) -> Result<Assigned, Stop> {
    if let Some(ended) = before(talk) {
        return Ok(ended);
    }
    let (to, rule) = human(talk, scene, plan);
    let wish = Record { v: 1, to: to.as_ref().map(|user| user.0.clone()), rule, ..Record::default() };
    let ended = match attempt(talk, scene, to.as_ref()).await {
        Ok(Settled::Claimed) => (StepStatus::Done, Record { human: true, to: None, ..wish }),
        Ok(Settled::Assigned) => (StepStatus::Done, Record { human: to.is_some(), ..wish }),
        Ok(Settled::Refused(error)) => refused(talk, &wish, to.as_ref(), ticket, &error).await,
        // The last attempt still ends somewhere.
        Err(Stop::Retry { why, .. } | Stop::Wait { why, .. }) if talk.last_resort.is_some() => {
            refused(talk, &wish, to.as_ref(), ticket, &why).await
        }
        Err(stop) => return Err(stop),
    };
    let (status, record) = ended;
    if talk.journal.get(step::ASSIGN).is_none() {
        intend(talk, scene).await?;
    }
    let result = Some(journal::encode(&record)?);
    talk.journal.settle(step::ASSIGN, StepResult { status, result, text: None, posted: None }).await?;
    Ok(before(talk).unwrap_or_default())
}

/// The ticket's owner instead, where there is a ticket and HubSpot knows the user as an owner.
async fn refused(
    talk: &Talk<'_>,
    wish: &Record,
    to: Option<&ActorId>,
    ticket: Option<&TicketId>,
    error: &str,
) -> (StepStatus, Record) {
    let known = talk.known.get_or_init(|| talk.cx.directory.known(&talk.cx.hubspot)).await;
    let to = to.filter(|user| owner_of(&known.owners, user).is_some());
    let record = Record { v: 1, to: wish.to.clone(), rule: wish.rule.clone(), ..Record::default() };
    match (to, ticket) {
        (Some(user), Some(_)) => {
            let detail = Some(format!("assignment: {error}; the ticket's owner is set instead"));
            (StepStatus::Done, Record { human: true, ticket_owner: Some(user.0.clone()), detail, ..record })
        }
        _ => (StepStatus::Failed, Record { detail: Some(format!("assignment: {error}")), ..record }),
    }
}

enum Settled {
    Assigned,
    /// A rep has it already.
    Claimed,
    Refused(String),
}

async fn attempt(talk: &mut Talk<'_>, scene: &Scene, to: Option<&ActorId>) -> Result<Settled, Stop> {
    let ai = talk.cx.settings.ai_user_id.clone();
    let client = talk.cx.hubspot.reserve(3).await?;
    let owner = match client.thread(&talk.thread_id).await {
        Ok(thread) => thread.assigned_to,
        Err(error) if talk.last_resort.is_some() => return Ok(Settled::Refused(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    if owner.as_ref() == to {
        return Ok(Settled::Assigned);
    }
    if owner.as_ref().is_some_and(|owner| *owner != ai) {
        return Ok(Settled::Claimed);
    }
    if made_before(talk, scene, to).await? {
        return Ok(Settled::Assigned);
    }
    intend(talk, scene).await?;
    match client.assign(&talk.thread_id, to).await {
        Ok(()) => Ok(Settled::Assigned),
        Err(error) if error.effect == Effect::Unclear && talk.cx.delivery.guarantee == Guarantee::AtMostOnce => {
            Ok(Settled::Refused(format!("{error}; whether it was made is not known, and it is not made again")))
        }
        Err(error) if matches!(error.class, Class::Retry { .. } | Class::Hold { .. }) => {
            // An unclear end leaves the intent open: the next run looks.
            if error.effect != Effect::Unclear {
                talk.journal.settle(step::ASSIGN, outcome(StepStatus::NotSent)).await?;
            }
            Err(error.into())
        }
        Err(error) => Ok(Settled::Refused(error.to_string())),
    }
}

async fn intend(talk: &mut Talk<'_>, scene: &Scene) -> Result<(), Stop> {
    let (lasts, anchor) = (talk.cx.hubspot_timeout, scene.recent.last().map(|item| item.id.clone()));
    talk.journal.intend(step::ASSIGN, lasts, anchor, None, &serde_json::json!({"v": 1})).await
}

/// Did an earlier attempt whose end is unclear make the assignment, though the thread is not that human's now? That none
/// is seen is believed once HubSpot must show it.
async fn made_before(talk: &mut Talk<'_>, scene: &Scene, to: Option<&ActorId>) -> Result<bool, Stop> {
    let Some(record) = talk.journal.get(step::ASSIGN).filter(|record| record.status == StepStatus::Intended) else {
        return Ok(false);
    };
    let recent = talk.cx.hubspot.recent_messages(&talk.thread_id, None, limits::PROBE_MESSAGES).await?.messages;
    let anchored = record.anchor.as_ref().and_then(|anchor| recent.iter().position(|item| item.id == *anchor));
    let since = recent.iter().skip(anchored.map_or(0, |position| position + 1));
    let apps = &scene.us.apps;
    let by_us = |item: &&Message| apps.is_empty() || item.app_id.is_some_and(|app| apps.contains(&app));
    let same = |item: &Message| matches!(&item.kind, MessageKind::Assignment { to: made, .. } if made.as_ref() == to);
    if since.filter(by_us).any(same) {
        return Ok(true);
    }
    let certain_at = record.act_deadline.after(talk.cx.delivery.settle);
    if talk.cx.now() < certain_at {
        let why = "looking whether an earlier attempt assigned the thread".to_owned();
        return Err(Stop::Defer { until: certain_at, why, counts: false });
    }
    // Also where the thread could not be read back that far: a human too many is better than none.
    talk.journal.settle(step::ASSIGN, outcome(StepStatus::NotSent)).await?;
    Ok(false)
}

/// The human the rules name.
fn human(talk: &Talk<'_>, scene: &Scene, plan: &Plan) -> (Option<ActorId>, Option<String>) {
    let channel = talk.open.last().or(scene.recent.last());
    let channel = channel.map_or(Channel::Other, |message| place::channel_of(&scene.thread, message));
    let language = spoken_language(talk, plan);
    let custom_data = case::custom_data(talk, scene);
    let facts = Facts {
        channel,
        topic: plan.topic.as_deref(),
        language: language.as_deref(),
        sentiment: plan.sentiment.as_deref(),
        custom_data: &custom_data,
        now: talk.cx.now(),
    };
    let (user, rule) = who(&talk.cx.settings, &facts);
    (user.cloned(), rule.map(str::to_owned))
}

/// How an earlier run ended it.
fn before(talk: &Talk<'_>) -> Option<Assigned> {
    let record = talk.journal.get(step::ASSIGN)?;
    let ended = matches!(record.status, StepStatus::Done | StepStatus::Skipped | StepStatus::Failed);
    let Record { human, detail, ticket_owner, .. } =
        ended.then(|| journal::decode::<Record>(record.result.as_deref()).unwrap_or_default())?;
    Some(Assigned { human, remark: detail, ticket_owner })
}
