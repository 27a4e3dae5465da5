//! Posting, once. Intent, a last look at the conversation, the post, its result; after a crash or an unclear end a
//! probe before anything else.

use serde::{Deserialize, Serialize};

use super::delivery;
use super::probe::{self, Probe};
use super::scene::Scene;
use super::session;
use super::talk::Talk;
use crate::config::{Guarantee, OnUnknown};
use crate::domain::{Message, MessageId, Mode, Reason};
use crate::handlers::Stop;
use crate::handlers::journal::{self, outcome};
use crate::hubspot::{self, Client, OutgoingMessage, text};
use crate::store::{StepRecord, StepResult, StepStatus};

/// Calls of one post: the thread, the newest page (HubSpot's may be short or empty and name another: up to four), the post.
/// What is not used flows back.
const LOOK_AND_POST: u32 = 6;

/// What to post.
#[derive(Clone, Debug)]
pub enum Body {
    /// To the customer.
    Reply(Box<OutgoingMessage>),
    /// For the reps.
    Comment(String),
}

impl Body {
    fn words(&self) -> &str {
        match self {
            Self::Reply(message) => &message.text,
            Self::Comment(text) => text,
        }
    }
}

/// How posting ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is in the thread, exactly once.
    Sent,
    /// A human has the conversation now, or paused the AI; nothing was posted.
    Withdrawn(Reason),
    /// Whether it is in the thread cannot be found out.
    Unknown,
    /// HubSpot refuses it.
    Refused {
        /// From the closed list.
        reason: Reason,
        /// For people.
        detail: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    v: u32,
    posted: Option<String>,
    ended: Option<String>,
    detail: Option<String>,
    /// HubSpot took it and said at once that it could not deliver it.
    #[serde(default)]
    failed: bool,
}

impl Record {
    fn ended(ended: &str, detail: Option<String>) -> Self {
        Self { v: 1, posted: None, ended: Some(ended.to_owned()), detail, failed: false }
    }
}

/// Posts `body` as the step `name`, or tells how an earlier run's post of it ended. `guarded`: only while no human has
/// the conversation.
pub async fn once(
    talk: &mut Talk<'_>,
    scene: &Scene,
    name: &'static str,
    body: Body,
    guarded: bool,
) -> Result<Posted, Stop> {
    if let Some(ended) = earlier(talk, scene, name).await? {
        return Ok(ended);
    }
    // Budget for the look and the post is taken beforehand: waiting between them would widen the window in which a human
    // can take over.
    let client = talk.cx.hubspot.reserve(LOOK_AND_POST).await?;
    let lasts = talk.cx.hubspot_timeout * 3;
    let anchor = scene.recent.last().map(|message| message.id.clone());
    let hash = Some(text::text_hash(body.words()));
    talk.journal.intend(name, lasts, anchor, hash, &serde_json::json!({"v": 1})).await?;
    if guarded && let Some(stopped) = look(talk, &client, name, &body).await? {
        return Ok(stopped);
    }
    if overdue(talk, name) {
        talk.journal.settle(name, outcome(StepStatus::NotSent)).await?;
        return Err(Stop::Again { why: "the last look took too long".to_owned() });
    }
    let result = match &body {
        Body::Reply(message) => client.post_message(&talk.thread_id, message).await,
        Body::Comment(words) => client.post_comment(&talk.thread_id, words, Some(&text::rich(words))).await,
    };
    match result {
        Ok(message) => {
            sent(talk, name, &message).await?;
            Ok(Posted::Sent)
        }
        Err(error) => failed(talk, name, error).await,
    }
}

/// A post that began so late could end after the deadline that its probe relies on.
fn overdue(talk: &Talk<'_>, name: &str) -> bool {
    let deadline = talk.journal.get(name).map(|record| record.act_deadline);
    deadline.is_some_and(|deadline| talk.cx.now().after(talk.cx.hubspot_timeout) > deadline)
}

/// The last look, right before posting.
async fn look(talk: &mut Talk<'_>, client: &Client, name: &'static str, body: &Body) -> Result<Option<Posted>, Stop> {
    let fresh = match Scene::read_with(talk, client).await {
        Ok(Some(fresh)) if !fresh.thread.archived && !fresh.thread.spam => fresh,
        Ok(_) => {
            // The next run begins with the thread and says which of the two it is.
            talk.journal.settle(name, outcome(StepStatus::NotSent)).await?;
            let why = "the thread was deleted or put in the trash meanwhile".to_owned();
            return Err(Stop::Again { why });
        }
        Err(stop) => {
            if !matches!(stop, Stop::LeaseLost | Stop::Store(_)) {
                talk.journal.settle(name, outcome(StepStatus::NotSent)).await?;
            }
            return Err(stop);
        }
    };
    let Some(reason) = session::withdraws(talk, &fresh).await? else {
        if fresh.mode == Mode::Assist && matches!(body, Body::Reply(_)) {
            talk.journal.settle(name, outcome(StepStatus::NotSent)).await?;
            return Err(Stop::Again { why: "the session turned to assist".to_owned() });
        }
        return Ok(None);
    };
    settle(talk, name, StepStatus::Skipped, &Record::ended(reason.as_str(), None), None).await?;
    Ok(Some(Posted::Withdrawn(reason)))
}

/// The message a step posted, and whether HubSpot said at once that it could not deliver it.
pub fn posted_by(talk: &Talk<'_>, name: &str) -> Option<(MessageId, bool)> {
    let record = talk.journal.get(name).filter(|record| record.status == StepStatus::Done)?;
    let record: Record = journal::decode(record.result.as_deref())?;
    Some((MessageId(record.posted?), record.failed))
}

async fn sent(talk: &mut Talk<'_>, name: &str, message: &Message) -> Result<(), Stop> {
    let posted = Some(message.id.0.clone());
    let record = Record { v: 1, posted, ended: None, detail: None, failed: delivery::failed(message) };
    settle(talk, name, StepStatus::Done, &record, Some(message.id.clone())).await
}

async fn failed(talk: &mut Talk<'_>, name: &'static str, error: hubspot::Error) -> Result<Posted, Stop> {
    if error.effect == hubspot::Effect::Unclear {
        // Without another attempt there is no later look.
        if talk.cx.delivery.guarantee == Guarantee::AtMostOnce || talk.last_resort.is_some() {
            settle(talk, name, StepStatus::Skipped, &Record::ended("unknown", None), None).await?;
            return Ok(Posted::Unknown);
        }
        // The intent stays open: the next run probes, once HubSpot must show what it accepted.
        let until = talk.cx.now().after(talk.cx.delivery.settle);
        return Err(Stop::Defer { until, why: format!("{error}; looking whether it was posted"), counts: true });
    }
    match Stop::from(error) {
        Stop::Refused { reason, detail } => {
            let record = Record::ended(reason.as_str(), Some(detail.clone()));
            settle(talk, name, StepStatus::Skipped, &record, None).await?;
            Ok(Posted::Refused { reason, detail })
        }
        stop @ (Stop::Defer { .. }
        | Stop::Retry { .. }
        | Stop::Wait { .. }
        | Stop::Again { .. }
        | Stop::Hold { .. }
        | Stop::LeaseLost
        | Stop::Store(_)) => {
            talk.journal.settle(name, outcome(StepStatus::NotSent)).await?;
            Err(stop)
        }
    }
}

/// How an earlier run's post of this step ended; none when it must be posted (again).
pub async fn earlier(talk: &mut Talk<'_>, scene: &Scene, name: &'static str) -> Result<Option<Posted>, Stop> {
    let Some(record) = talk.journal.get(name).cloned() else { return Ok(None) };
    match record.status {
        StepStatus::Done => Ok(Some(Posted::Sent)),
        StepStatus::NotSent => Ok(None),
        StepStatus::Skipped | StepStatus::Failed => Ok(Some(ended_before(record.result.as_deref()))),
        StepStatus::Intended => match probe::run(talk, scene, &record).await? {
            Probe::Found(message) => {
                sent(talk, name, &message).await?;
                Ok(Some(Posted::Sent))
            }
            Probe::NotThere => {
                talk.journal.settle(name, outcome(StepStatus::NotSent)).await?;
                Ok(None)
            }
            Probe::Unknown if talk.cx.delivery.on_unknown == OnUnknown::Repost => Ok(None),
            Probe::Unknown => {
                settle(talk, name, StepStatus::Skipped, &Record::ended("unknown", None), None).await?;
                Ok(Some(Posted::Unknown))
            }
        },
    }
}

/// Is the post of this step in the thread, or may it be?
pub fn may_stand(record: &StepRecord) -> bool {
    match record.status {
        StepStatus::Intended | StepStatus::Done => true,
        StepStatus::Skipped => ended_before(record.result.as_deref()) == Posted::Unknown,
        StepStatus::NotSent | StepStatus::Failed => false,
    }
}

fn ended_before(result: Option<&str>) -> Posted {
    let record = journal::decode::<Record>(result);
    let detail = record.as_ref().and_then(|record| record.detail.clone()).unwrap_or_default();
    match record.and_then(|record| record.ended).as_deref() {
        Some("taken_over") => Posted::Withdrawn(Reason::TakenOver),
        Some("session_paused") => Posted::Withdrawn(Reason::SessionPaused),
        Some(name) if let Some(reason) = Reason::from_name(name) => Posted::Refused { reason, detail },
        _ => Posted::Unknown,
    }
}

async fn settle(
    talk: &mut Talk<'_>,
    name: &str,
    status: StepStatus,
    record: &Record,
    posted: Option<MessageId>,
) -> Result<(), Stop> {
    let result = Some(journal::encode(record)?);
    talk.journal.settle(name, StepResult { status, result, text: None, posted }).await
}
