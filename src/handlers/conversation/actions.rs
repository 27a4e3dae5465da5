//! What people and workflows ask of a conversation: fall silent, speak again, take it up now, hand it over. The newest
//! word counts.

use super::plan::{Action, Plan};
use super::scene::Scene;
use super::talk::Talk;
use super::{act, ask, decide, handoff, session};
use crate::agents::{Answer, Decision};
use crate::config::Guarantee;
use crate::domain::{
    Ending, Event, EventId, EventKind, Message, MessageKind, Mode, Outcome, Reason, SessionState, Timestamp,
};
use crate::filters::{ownership, place};
use crate::handlers::journal::{self, outcome, step};
use crate::handlers::{Stop, unreadable};
use crate::hubspot::{Class, Effect};
use crate::store::request::{self, ActionKind, HandoffRequest};
use crate::store::{SessionChange, SessionKey, StepResult, StepStatus};

/// What one turn was asked for.
#[derive(Debug, Default)]
pub struct Requests {
    /// The AI was sent the conversation then: what is unanswered is answered now.
    pub sent_at: Option<Timestamp>,
    /// Events that want it handed over.
    pub handoff: Vec<EventId>,
    /// Why, for the reps.
    pub why: Option<String>,
    /// Delivery checks that found a reply undelivered.
    pub undelivered: Vec<EventId>,
    /// A handoff that is nobody's answer runs: that the AI is silent does not stop it.
    pub handing_over: bool,
    /// What people should know of the handoff that was done.
    pub handed_over: Option<String>,
}

/// Does a human have the conversation? Unlike the AI's silence: a pause or an ownerless thread is nobody's.
pub fn human_has(talk: &Talk<'_>, scene: &Scene) -> bool {
    let settings = &talk.cx.settings;
    let owned = scene.thread.assigned_to.as_ref().is_some_and(|owner| *owner != settings.ai_user_id);
    let handed_off = scene.session.as_ref().is_some_and(|session| session.state == SessionState::HandedOff);
    owned
        || (handed_off && scene.decide(talk.cx, ownership::resumed_at).is_none())
        || scene.decide(talk.cx, ownership::human_since).is_some()
}

/// Performs pause, resume and send among the events, and notes wishes for a handoff.
pub async fn perform(talk: &mut Talk<'_>, scene: &mut Scene) -> Result<(), Stop> {
    let wanted = |event: &&Event| matches!(event.kind, EventKind::Action | EventKind::HandoffRequest);
    let events: Vec<Event> = talk.events.iter().filter(wanted).cloned().collect();
    let mut sends = Vec::new();
    for event in events {
        if event.kind == EventKind::HandoffRequest {
            match request::decode::<HandoffRequest>(event.data.as_deref()) {
                Some(wish) => {
                    talk.requests.handoff.push(event.id);
                    talk.requests.why = wish.reason;
                }
                None => talk.endings.push(unreadable(&event)),
            }
            continue;
        }
        let Some(kind) = request::action(&event) else {
            talk.endings.push(unreadable(&event));
            continue;
        };
        if kind != ActionKind::Close {
            overruled(talk);
        }
        let at = event.happened_at();
        match kind {
            ActionKind::Pause => {
                talk.patch.state = Some(SessionState::Paused);
                talk.requests.sent_at = None;
                talk.endings.push(Ending::done(event.id, Outcome::Paused));
            }
            ActionKind::Resume => {
                session::resume(talk, scene, at);
                talk.endings.push(Ending::done(event.id, Outcome::Resumed));
            }
            ActionKind::Close => {
                // The agent's side is done with it; a human who has it, or a pause, stays.
                let with_ai = scene.session.as_ref().is_some_and(|session| session.state == SessionState::Ai);
                if with_ai && talk.patch.state.is_none() {
                    talk.patch.state = Some(SessionState::Closed);
                }
                talk.endings.push(Ending::done(event.id, Outcome::StatusRecorded));
            }
            ActionKind::Send if elsewhere(talk, scene) => {
                talk.endings.push(Ending::skipped(event.id, Reason::InboxNotEnabled));
            }
            ActionKind::Send => {
                session::resume(talk, scene, answered_by(scene, at));
                talk.requests.sent_at = Some(at);
                sends.push(event.id);
            }
        }
    }
    if !talk.requests.handoff.is_empty() {
        talk.requests.sent_at = None;
    }
    if scene.session.is_none() && talk.patch.state.is_some() {
        talk.patch.mode = Some(talk.cx.settings.mode);
    }
    let remark = match talk.requests.sent_at {
        Some(at) => {
            begin(talk, scene).await?;
            take(talk, scene, at).await?
        }
        None => None,
    };
    // What was asked for in this very turn counts at once.
    if let Some(session) = &mut scene.session {
        talk.patch.apply(session);
    }
    let resumed = |event| Ending { detail: remark.clone(), ..Ending::done(event, Outcome::Resumed) };
    talk.endings.extend(sends.into_iter().map(resumed));
    Ok(())
}

/// Is the conversation where the AI may not answer? Then it is not taken from whoever has it.
fn elsewhere(talk: &Talk<'_>, scene: &Scene) -> bool {
    let settings = &talk.cx.settings;
    let newest = scene.customers_after(Timestamp(i64::MIN)).last();
    newest.is_some_and(|message| {
        let refused = place::refuses(&scene.thread, message, &settings.inboxes, &settings.channels);
        refused == Some(Reason::InboxNotEnabled)
    })
}

/// A later action goes before a handoff that was asked for earlier in the same turn.
fn overruled(talk: &mut Talk<'_>) {
    let earlier = std::mem::take(&mut talk.requests.handoff);
    let merged = |event| Ending::done(event, Outcome::Merged).detail("a later action came before it could be done");
    talk.endings.extend(earlier.into_iter().map(merged));
}

/// When the conversation was last answered by anybody until then: what the customer wrote since is open, and what reps
/// wrote since silences the AI. Without an answer, the beginning of what the customer wrote.
fn answered_by(scene: &Scene, at: Timestamp) -> Timestamp {
    let answered = scene.answers().filter(|answered| *answered <= at).max();
    let first = scene.customers_after(Timestamp(i64::MIN)).map(|message| message.created_at).min();
    answered.or(first.filter(|first| *first < at)).unwrap_or(at)
}

/// The session must be there when a conversation is sent to the AI: `ai_since` is what lets it speak after a rep.
async fn begin(talk: &mut Talk<'_>, scene: &mut Scene) -> Result<(), Stop> {
    if scene.session.is_none() {
        let key = SessionKey::Thread(talk.cx.settings.name.clone(), talk.thread_id.clone());
        let change = SessionChange { key, version: 0, patch: talk.patch.clone(), followups: Vec::new() };
        scene.session = Some(talk.cx.store.patch_session(change).await?);
    }
    if let Some(session) = &mut scene.session {
        talk.patch.apply(session);
    }
    Ok(())
}

/// Assigns the thread to the AI user, as a step; a remark when that is not possible. Twice is harmless, but a human who
/// took it after the action keeps it.
async fn take(talk: &mut Talk<'_>, scene: &mut Scene, at: Timestamp) -> Result<Option<String>, Stop> {
    let ai = talk.cx.settings.ai_user_id.clone();
    let gone = scene.thread.archived || scene.thread.spam;
    if gone || scene.mode == Mode::Assist || scene.thread.assigned_to.as_ref() == Some(&ai) {
        return Ok(None);
    }
    match talk.journal.get(step::TAKE).map(|record| (record.status, record.result.clone())) {
        Some((StepStatus::Failed, result)) => return Ok(journal::decode(result.as_deref())),
        Some((StepStatus::Done | StepStatus::Skipped, _)) => return Ok(None),
        Some((StepStatus::Intended | StepStatus::NotSent, _)) | None => {}
    }
    if claimed(talk, scene, at) {
        return Ok(Some("somebody took the conversation since; the AI stays silent".to_owned()));
    }
    let lasts = talk.cx.hubspot_timeout;
    talk.journal.intend(step::TAKE, lasts, None, None, &serde_json::json!({"v": 1})).await?;
    match talk.cx.hubspot.assign(&talk.thread_id, Some(&ai)).await {
        Ok(()) => {
            talk.journal.settle(step::TAKE, outcome(StepStatus::Done)).await?;
            scene.thread.assigned_to = Some(ai);
            Ok(None)
        }
        Err(error)
            if matches!(error.class, Class::Retry { .. } | Class::Hold { .. })
                && !(error.effect == Effect::Unclear && talk.cx.delivery.guarantee == Guarantee::AtMostOnce) =>
        {
            talk.journal.settle(step::TAKE, outcome(StepStatus::NotSent)).await?;
            Err(error.into())
        }
        Err(error) => {
            let remark = format!("the thread could not be assigned to the AI user: {error}");
            let result = Some(journal::encode(&remark)?);
            let failed = StepResult { status: StepStatus::Failed, result, text: None, posted: None };
            talk.journal.settle(step::TAKE, failed).await?;
            Ok(Some(remark))
        }
    }
}

/// Did a human take the conversation after the action?
fn claimed(talk: &Talk<'_>, scene: &Scene, at: Timestamp) -> bool {
    let ai = &talk.cx.settings.ai_user_id;
    let to_human = |item: &Message| matches!(&item.kind, MessageKind::Assignment { to: Some(to), .. } if to != ai);
    scene.recent.iter().any(|item| item.created_at > at && to_human(item))
        || scene.decide(talk.cx, ownership::human_since).is_some()
}

/// Opens what the customer wrote and nobody answered, when the AI was sent the conversation: no event need announce it,
/// and that it was skipped before does not count.
pub fn reopen(talk: &mut Talk<'_>, scene: &Scene) {
    if talk.requests.sent_at.is_none() {
        return;
    }
    let through = scene.session.as_ref().and_then(|session| session.answered_through.as_ref()).map(|t| t.at);
    let after = through.max(scene.answers().max()).unwrap_or(Timestamp(i64::MIN));
    let settings = &talk.cx.settings;
    // What an earlier run decided, or told an agent with a memory, was about these; later ones wait for their own turn.
    let planned = act::planned(talk);
    let told = ask::already_told(talk);
    let belongs = |message: &&Message| {
        planned.as_ref().is_none_or(|plan| plan.is_about(message))
            && told.as_ref().is_none_or(|told| told.contains(&message.id))
    };
    let found: Vec<Message> = scene
        .customers_after(after)
        .filter(belongs)
        .filter(|message| !talk.open.iter().any(|open| open.id == message.id))
        .filter(|message| place::refuses(&scene.thread, message, &settings.inboxes, &settings.channels).is_none())
        .cloned()
        .collect();
    talk.open.extend(found);
    talk.open.sort_by(|a, b| a.position().cmp(&b.position()));
}

/// Hands the conversation over, if somebody asked for it.
pub async fn hand_over(talk: &mut Talk<'_>, scene: &Scene) -> Result<(), Stop> {
    let asked = std::mem::take(&mut talk.requests.handoff);
    if asked.is_empty() {
        return Ok(());
    }
    let begun = act::planned(talk).filter(|plan| plan.action == Action::Handoff);
    let already = talk.patch.state == Some(SessionState::HandedOff) || human_has(talk, scene);
    let detail = if begun.is_none() && already {
        Some("it was handed off already".to_owned())
    } else {
        let why = talk.requests.why.take().unwrap_or_else(|| "somebody asked for it in HubSpot".to_owned());
        let wish = Decision::Handoff { words: None, reason: why };
        let handed = give(talk, scene, begun, Plan::of(&Answer::new(wish))).await?;
        if handed { talk.requests.handed_over.take() } else { Some("a human has it by now".to_owned()) }
    };
    let end = |event| Ending { detail: detail.clone(), ..Ending::done(event, Outcome::HandedOff) };
    talk.endings.extend(asked.into_iter().map(end));
    Ok(())
}

/// Hands over without the customer having asked: the plan an earlier run began, or this one. False: a human came first.
pub async fn give(talk: &mut Talk<'_>, scene: &Scene, begun: Option<Plan>, plan: Plan) -> Result<bool, Stop> {
    let plan = match begun {
        Some(plan) => plan,
        None => decide(talk, plan).await?,
    };
    session::begin(talk, scene);
    talk.answering = plan.answered_through();
    talk.requests.handing_over = true;
    let before = talk.patch.state.replace(SessionState::Ai);
    handoff::run(talk, scene, &plan).await?;
    talk.requests.handing_over = false;
    let handed = talk.patch.state == Some(SessionState::HandedOff);
    if !handed {
        talk.patch.state = before;
    }
    Ok(handed)
}
