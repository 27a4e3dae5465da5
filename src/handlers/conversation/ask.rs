//! Asking the agent, as a journalled step that a human or a newer message can interrupt.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::error::Elapsed;

use super::plan::Plan;
use super::scene::Scene;
use super::talk::Talk;
use super::{decide, question, session, sort, topic};
use crate::agents::{self, Answer, Class, Effect, Question, Recall};
use crate::config::Guarantee;
use crate::domain::{MessageId, Reason};
use crate::handlers::Stop;
use crate::handlers::journal::{self, outcome, step};
use crate::store::{StepResult, StepStatus};

/// How long to wait before an agent with a memory is asked again whether it has answered by now.
const THINKING: Duration = Duration::from_secs(2);

/// How asking ended.
#[derive(Debug)]
pub enum Asked {
    /// The agent's wish.
    Plan(Box<Plan>),
    /// Every attempt failed; the last error in words.
    Failed(String),
    /// A human took over or paused the AI meanwhile.
    Withdrawn(Reason),
}

/// The journal's record of the attempts so far.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Attempts {
    v: u32,
    failed: u32,
    detail: Option<String>,
}

/// What an attempt tells the agent.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    v: u32,
    messages: Vec<String>,
}

/// The messages an agent with a memory may have been told by an attempt whose end is unclear.
pub fn already_told(talk: &Talk<'_>) -> Option<Vec<MessageId>> {
    let record = talk.journal.get(step::ASK_AGENT)?;
    let unclear = record.status == StepStatus::Intended && talk.cx.agent.keeps_state();
    let told: Told = unclear.then(|| journal::decode(record.text.as_deref())).flatten()?;
    Some(told.messages.into_iter().map(MessageId).collect())
}

/// Asks about the open messages.
pub async fn once(talk: &mut Talk<'_>, scene: &Scene) -> Result<Asked, Stop> {
    let record = talk.journal.get(step::ASK_AGENT).cloned();
    let attempts: Attempts =
        record.as_ref().and_then(|record| journal::decode(record.result.as_deref())).unwrap_or_default();
    if attempts.failed >= talk.cx.settings.agent.attempts {
        return Ok(Asked::Failed(attempts.detail.unwrap_or_default()));
    }
    let maybe_told = record.as_ref().is_some_and(|record| record.status == StepStatus::Intended);
    if maybe_told && talk.cx.agent.keeps_state() && talk.cx.delivery.guarantee == Guarantee::AtMostOnce {
        // What it may have heard is neither told again nor looked for.
        return Ok(Asked::Failed(
            attempts.detail.unwrap_or_else(|| "whether the agent was asked is not known".to_owned()),
        ));
    }
    let Some(mut question) = question::build(talk.cx, scene, &talk.open, session_id(talk, scene)).await? else {
        return Ok(Asked::Failed("there was nothing to ask".to_owned()));
    };
    if let Err(error) = open(talk, &mut question).await? {
        return failed(talk, attempts, error).await;
    }
    // After a crash or an unclear end the agent's own record is read before it is told the same again.
    if let Some(record) = record.filter(|record| record.status == StepStatus::Intended)
        && talk.cx.agent.keeps_state()
    {
        match talk.cx.agent.recall(&question, record.intended_at).await {
            Ok(Recall::Answered(answer)) => return answered(talk, scene, &answer).await,
            Ok(Recall::NotSent) => {}
            // It may still be thinking: only a second silence counts as a failure.
            Ok(Recall::Unanswered) if talk.cx.now() < record.intended_at.after(talk.cx.settings.agent.timeout * 2) => {
                let until = talk.cx.now().after(THINKING);
                let why = "the agent took the message and has not answered yet".to_owned();
                return Err(Stop::Defer { until, why, counts: false });
            }
            Ok(Recall::Unanswered) => {
                let error = agents::Error {
                    operation: "recall",
                    detail: "the agent took the message but has not answered".to_owned(),
                    effect: Effect::Unclear,
                    class: Class::Retry { after: None },
                };
                return failed(talk, attempts, error).await;
            }
            Err(error) => return failed(talk, attempts, agents::Error { effect: Effect::Unclear, ..error }).await,
        }
    }
    intend(talk, &attempts).await?;
    ask(talk, scene, question, attempts).await
}

async fn intend(talk: &mut Talk<'_>, attempts: &Attempts) -> Result<(), Stop> {
    let lasts = talk.cx.settings.agent.timeout;
    let told = Told { v: 1, messages: talk.open.iter().map(|message| message.id.0.clone()).collect() };
    talk.journal.intend(step::ASK_AGENT, lasts, None, None, &told).await?;
    if attempts.failed > 0 {
        // Keeps the count across a crash in the middle of this attempt.
        let result = Some(journal::encode(attempts)?);
        let step = StepResult { status: StepStatus::Intended, result, text: None, posted: None };
        talk.journal.settle(step::ASK_AGENT, step).await?;
    }
    Ok(())
}

/// The agent's session that this turn made.
pub fn opened(talk: &Talk<'_>) -> Option<String> {
    let opened = talk.journal.get(step::OPEN_AGENT).filter(|record| record.status == StepStatus::Done);
    opened.and_then(|record| journal::decode::<String>(record.result.as_deref()))
}

fn session_id(talk: &Talk<'_>, scene: &Scene) -> Option<String> {
    let kept = scene.session.as_ref().filter(|session| !session.agent_session_over);
    opened(talk).or_else(|| kept.filter(|_| talk.patch.agent_session_over != Some(true))?.agent_session_id.clone())
}

/// Makes the agent's session when the conversation is new to it. An orphaned session after a crash is harmless: the
/// customer never sees one.
async fn open(talk: &mut Talk<'_>, question: &mut Question) -> Result<Result<(), agents::Error>, Stop> {
    if question.agent_session_id.is_none() {
        match talk.cx.agent.open(question).await {
            Ok(None) => {}
            Ok(Some(id)) => {
                talk.journal
                    .intend(step::OPEN_AGENT, talk.cx.settings.agent.timeout, None, None, &serde_json::json!({"v": 1}))
                    .await?;
                let result = Some(journal::encode(&id)?);
                let step = StepResult { status: StepStatus::Done, result, text: None, posted: None };
                talk.journal.settle(step::OPEN_AGENT, step).await?;
                question.agent_session_id = Some(id);
                talk.patch.agent_session_over = Some(false);
            }
            Err(error) => return Ok(Err(error)),
        }
    }
    talk.patch.agent_session_id.clone_from(&question.agent_session_id);
    Ok(Ok(()))
}

/// What ended one wait for the agent.
enum Heard {
    Answer(Result<Answer, agents::Error>),
    Withdrawn(Reason),
    /// The customer's further words are for a human.
    Escalated(Plan),
    Longer(Box<Question>),
}

/// Asks, again when the customer's further words join the question.
async fn ask(talk: &mut Talk<'_>, scene: &Scene, mut question: Question, attempts: Attempts) -> Result<Asked, Stop> {
    loop {
        let started = tokio::time::Instant::now();
        let heard = listen(talk, &question).await?;
        let took = started.elapsed();
        talk.cx.metrics.asked_agent(talk.cx.now(), took);
        tracing::debug!(duration_ms = took.as_millis(), "asked the agent");
        match heard {
            Heard::Longer(longer) => question = *longer,
            Heard::Answer(Ok(answer)) => return answered(talk, scene, &answer).await,
            Heard::Answer(Err(error)) => return failed(talk, attempts, error).await,
            Heard::Withdrawn(reason) => {
                talk.journal.settle(step::ASK_AGENT, outcome(StepStatus::Skipped)).await?;
                return Ok(Asked::Withdrawn(reason));
            }
            Heard::Escalated(plan) => {
                talk.journal.settle(step::ASK_AGENT, outcome(StepStatus::Skipped)).await?;
                return Ok(Asked::Plan(Box::new(decide(talk, plan).await?)));
            }
        }
    }
}

/// Waits for the answer, and listens for what makes it worthless: a human, or more words from the customer. Leaving
/// drops the call, which cancels it.
async fn listen(talk: &mut Talk<'_>, question: &Question) -> Result<Heard, Stop> {
    let agent = Arc::clone(&talk.cx.agent);
    let limit = talk.cx.settings.agent.timeout;
    let call = tokio::time::timeout(limit, agent.ask(question));
    tokio::pin!(call);
    let of_call = |ended: Result<_, Elapsed>| {
        Heard::Answer(ended.unwrap_or_else(|_| {
            Err(agents::Error {
                operation: "ask",
                detail: format!("no answer within {limit:?}"),
                effect: Effect::Unclear,
                class: Class::Retry { after: None },
            })
        }))
    };
    loop {
        tokio::select! {
            biased;
            ended = &mut call => return Ok(of_call(ended)),
            () = talk.watch.raised() => {}
        }
        // The agent goes on meanwhile: a slow look of ours must not use up its time.
        let mut answer = None;
        let look = interrupted(talk, question);
        tokio::pin!(look);
        let heard = loop {
            tokio::select! {
                biased;
                heard = &mut look => break heard?,
                ended = &mut call, if answer.is_none() => answer = Some(ended),
            }
        };
        if let Some(heard) = heard.or_else(|| answer.map(&of_call)) {
            return Ok(heard);
        }
    }
}

/// Something arrived while the agent thinks: an event is a hint, the conversation itself is believed.
async fn interrupted(talk: &mut Talk<'_>, question: &Question) -> Result<Option<Heard>, Stop> {
    // A look that fails must not cost the agent's work: the last look before the post follows anyway.
    let scene = match Scene::read(talk).await {
        Ok(Some(scene)) if !scene.thread.archived && !scene.thread.spam => scene,
        // The next run begins with the thread and says which of them it is; the agent need not think on.
        Ok(_) => return Err(Stop::Again { why: "the thread was deleted or put in the trash meanwhile".to_owned() }),
        Err(Stop::Retry { .. } | Stop::Wait { .. } | Stop::Hold { .. } | Stop::Refused { .. }) => {
            return Ok(None);
        }
        Err(stop) => return Err(stop),
    };
    if let Some(reason) = session::withdraws(talk, &scene).await? {
        return Ok(Some(Heard::Withdrawn(reason)));
    }
    // What an agent with a memory has heard cannot be taken back: newer words wait for the next turn.
    if talk.cx.agent.keeps_state() {
        return Ok(None);
    }
    let newer = talk.extend().await?;
    if newer.is_empty() {
        return Ok(None);
    }
    // What joins may be younger than that look, and what was said between them younger still.
    let Some(mut scene) = Scene::read(talk).await? else {
        return Err(Stop::Again { why: "the thread was deleted meanwhile".to_owned() });
    };
    let before = talk.open.len();
    if sort::events(talk, &mut scene, &newer).await?.by_rep {
        return Ok(Some(Heard::Withdrawn(Reason::TakenOver)));
    }
    if talk.unread {
        return Ok(Some(Heard::Escalated(super::unread())));
    }
    if talk.open.len() == before {
        return Ok(None);
    }
    // What was written between them may not be announced yet.
    sort::overlooked(talk, &scene).await?;
    if let Some(plan) = topic::of(talk, &scene).escalation() {
        return Ok(Some(Heard::Escalated(plan)));
    }
    let longer = question::build(talk.cx, &scene, &talk.open, question.agent_session_id.clone()).await?;
    Ok(longer.map(|longer| Heard::Longer(Box::new(longer))))
}

async fn answered(talk: &mut Talk<'_>, scene: &Scene, answer: &Answer) -> Result<Asked, Stop> {
    let plan = topic::of(talk, scene).shapes(Plan::of(answer)).answering(&talk.open);
    // The session's custom data went along with the question.
    talk.patch.custom_data_pending = Some(false);
    let result = Some(journal::encode(&plan.gist())?);
    let decided = Decided { plan, custom_data: answer.custom_data.clone() };
    let text = Some(journal::encode(&decided)?);
    let step = StepResult { status: StepStatus::Done, result, text, posted: None };
    talk.journal.settle(step::ASK_AGENT, step).await?;
    Ok(Asked::Plan(Box::new(decided.plan)))
}

/// The journal's record of the answer: the plan's own fields, and the session data beside them.
#[derive(Debug, Serialize, Deserialize)]
struct Decided {
    #[serde(flatten)]
    plan: Plan,
    #[serde(default)]
    custom_data: BTreeMap<String, String>,
}

/// The session data that came with the answer of this turn, also of an earlier run of it.
pub fn told_data(talk: &Talk<'_>) -> BTreeMap<String, String> {
    let answered = talk.journal.get(step::ASK_AGENT).filter(|record| record.status == StepStatus::Done);
    let decided = answered.and_then(|record| journal::decode::<Decided>(record.text.as_deref()));
    decided.map(|decided| decided.custom_data).unwrap_or_default()
}

/// Counts the failed attempt; more of them follow by the mailbox's backoff.
async fn failed(talk: &mut Talk<'_>, before: Attempts, error: agents::Error) -> Result<Asked, Stop> {
    let failed = match error.class {
        Class::Busy { .. } => before.failed,
        Class::Retry { .. } => before.failed + 1,
        Class::Permanent => talk.cx.settings.agent.attempts,
    };
    let attempts = Attempts { v: 1, failed, detail: Some(error.to_string()) };
    if talk.journal.get(step::ASK_AGENT).is_none() {
        intend(talk, &before).await?;
    }
    let unclear = error.effect == Effect::Unclear && talk.cx.agent.keeps_state();
    let status = if unclear { StepStatus::Intended } else { StepStatus::NotSent };
    let result = Some(journal::encode(&attempts)?);
    talk.journal.settle(step::ASK_AGENT, StepResult { status, result, text: None, posted: None }).await?;
    // What an agent with a memory may have heard is neither asked again nor asked about.
    let once = unclear && talk.cx.delivery.guarantee == Guarantee::AtMostOnce;
    if once || failed >= talk.cx.settings.agent.attempts || talk.last_resort.is_some() {
        return Ok(Asked::Failed(error.to_string()));
    }
    match error.class {
        Class::Retry { after } => Err(Stop::Retry { after, why: error.to_string() }),
        Class::Busy { after } => {
            let until = talk.cx.now().after(after);
            Err(Stop::Defer { until, why: error.to_string(), counts: false })
        }
        Class::Permanent => Ok(Asked::Failed(error.to_string())),
    }
}
