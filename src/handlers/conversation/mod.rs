//! The AI turn over one conversation.
//!
//! Look at the conversation, sort the events, settle what the session learns from it, decide what to do about the open
//! messages (journalled), do it (journalled), end every event.

mod act;
mod actions;
mod ask;
mod assign;
mod case;
mod comment;
mod delivery;
mod handoff;
pub mod look;
mod plan;
mod post;
mod probe;
mod question;
mod relay;
mod scene;
mod session;
mod sort;
mod talk;
mod topic;
mod words;

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::OnceCell;

use self::plan::Plan;
use self::scene::Scene;
use self::talk::Talk;
use super::journal::{Journal, encode, outcome, step};
use super::{Context, Run, Stop, interrupted};
use crate::config::OnAgentFailure;
use crate::domain::{Ending, Event, EventKind, Mode, Reason, SessionPatch, SessionState, ThreadId};
use crate::filters::{ownership, pace, place};
use crate::store::{Finish, SessionKey, StepStatus};

pub use act::maybe_answered;
pub(super) use sort::pause_after;

/// Runs the turn.
pub async fn run(cx: &Context, run: Run<'_>, thread_id: ThreadId) -> Result<Finish, Stop> {
    let mut talk = begin(cx, run, thread_id);
    sort::own(&mut talk).await?;
    delivery::look(&mut talk).await?;
    if nothing_to_look_at(&talk).await? {
        sort::thread_properties(&mut talk);
        return unseen(talk, Reason::NotAMessage).await;
    }
    let Some(mut scene) = Scene::read(&talk).await? else {
        wait_for_thread(&talk)?;
        delivery::gone(&mut talk);
        return unseen(talk, Reason::ThreadDeleted).await;
    };
    sort::thread_properties(&mut talk);
    actions::perform(&mut talk, &mut scene).await?;
    if scene.thread.archived || scene.thread.spam {
        delivery::gone(&mut talk);
        return Ok(talk.finish(Some(&scene), Reason::ThreadArchived));
    }
    if talk.replay {
        scene.mode = Mode::Assist;
    }
    let events = talk.events.clone();
    sort::events(&mut talk, &mut scene, &events).await?;
    session::follow(&mut talk, &scene);
    // In the order it was said: what a rep wrote reaches the agent before it is asked about what the customer wrote then.
    relay::replies(&mut talk, &scene).await?;
    actions::reopen(&mut talk, &scene);
    delivery::undelivered(&mut talk, &scene).await?;
    actions::hand_over(&mut talk, &scene).await?;
    if !talk.open.is_empty() {
        answer(&mut talk, &scene).await?;
    }
    // Comments, and what joined while the agent was thinking.
    relay::rest(&mut talk, &scene).await?;
    if let Some(stop) = talk.relays.later() {
        return Err(stop);
    }
    session::write_through(&mut talk, &scene);
    Ok(talk.finish(Some(&scene), Reason::NotAMessage))
}

fn begin<'a>(cx: &'a Context, mut run: Run<'a>, thread_id: ThreadId) -> Talk<'a> {
    // A draft about something old must not make a draft of the answer to something new: it waits for a turn of its own.
    let alone = run.turn.events.iter().all(|event| is_replay(event) || event.kind == EventKind::ThreadProperty);
    let later: Vec<Event> = if alone { Vec::new() } else { run.turn.events.extract_if(.., |e| is_replay(e)).collect() };
    let journal = Journal::new(cx.store.as_ref(), run.lease, run.watch, cx.clock.as_ref(), run.turn.steps);
    let endings = run.turn.events.iter().filter_map(super::unknown_kind).collect();
    Talk {
        cx,
        lease: run.lease,
        watch: run.watch,
        thread_id,
        journal,
        replay: run.turn.events.iter().any(is_replay),
        last_resort: run.last_resort.filter(|last| delivery::concerns_others(cx, last, &run.turn.events)),
        events: run.turn.events,
        extended: run.turn.extended,
        open: Vec::new(),
        announced: HashMap::new(),
        endings,
        returned: later.into_iter().map(|event| event.id).collect(),
        patch: SessionPatch::default(),
        followups: Vec::new(),
        own_writes: Vec::new(),
        answering: None,
        known: OnceCell::new(),
        relays: relay::Relays::default(),
        requests: actions::Requests::default(),
        unread: false,
    }
}

/// Ends a turn that saw nothing of its conversation.
async fn unseen(talk: Talk<'_>, rest: Reason) -> Result<Finish, Stop> {
    let answered = interrupted::answered(talk.cx, talk.lease, &talk.events, talk.journal.steps()).await?;
    let mut finish = talk.finish(None, rest);
    finish.sessions.extend(answered);
    Ok(finish)
}

/// HubSpot may not show a thread it just announced: that is waited for, a little.
fn wait_for_thread(talk: &Talk<'_>) -> Result<(), Stop> {
    let youngest = talk.events.iter().map(|event| event.received_at).max();
    let waited = youngest.map_or(Duration::MAX, |received_at| talk.cx.now().since(received_at));
    if waited >= talk.cx.delivery.settle || talk.last_resort.is_some() {
        return Ok(());
    }
    let until = talk.cx.now().after(sort::pause_after(waited));
    Err(Stop::Defer { until, why: "HubSpot does not show the thread yet".to_owned(), counts: false })
}

/// Echoes of our own posts, and hints about conversations the AI has no part in, need no call to HubSpot.
async fn nothing_to_look_at(talk: &Talk<'_>) -> Result<bool, Stop> {
    let ended = |event: &Event| talk.endings.iter().any(|ending| ending.event == event.id);
    if talk.events.iter().any(|event| event.kind != EventKind::ThreadProperty && !ended(event)) {
        return Ok(false);
    }
    if talk.events.iter().all(ended) {
        return Ok(true);
    }
    let key = SessionKey::Thread(talk.cx.settings.name.clone(), talk.thread_id.clone());
    Ok(talk.cx.store.session(&key).await?.is_none())
}

/// Does an operator want a draft about a message that was answered?
fn is_replay(event: &Event) -> bool {
    event.kind.announces_message() && event.data.as_deref().is_some_and(|data| data.contains("\"replay\":\"draft\""))
}

/// Decides and acts about the open messages.
async fn answer(talk: &mut Talk<'_>, scene: &Scene) -> Result<(), Stop> {
    if talk.patch.state == Some(SessionState::Paused) {
        talk.skip_open(Reason::SessionPaused);
        return Ok(());
    }
    let began = acted(talk);
    if !began
        && !talk.replay
        && let Some(reason) = scene.decide(talk.cx, ownership::silences)
    {
        // A human came while an earlier run was at it.
        let asked = talk.journal.status(step::ASK_AGENT).is_some();
        let reason = if asked { session::withdrawal(reason) } else { reason };
        talk.skip_open(reason);
        return Ok(());
    }
    if !began && !talk.replay {
        sort::leave_settled(talk, scene);
        if talk.open.is_empty() {
            return Ok(());
        }
    }
    if let Some(plan) = act::planned(talk) {
        session::begin(talk, scene);
        sort::narrow(talk, scene, &plan);
        return if talk.open.is_empty() { Ok(()) } else { act::act(talk, scene, plan).await };
    }
    wait_for_mail(talk, scene)?;
    match ask::already_told(talk) {
        // What an agent with a memory may have heard is asked about again, no more and no less.
        Some(told) => sort::restore(talk, scene, &told),
        None if talk.replay => {}
        None => sort::overlooked(talk, scene).await?,
    }
    let subject = topic::of(talk, scene);
    let plan = match forced(talk, scene) {
        Some(plan) => Some(subject.known_by(plan)),
        None if subject.is_ignored() => {
            subject.ignore(talk);
            return Ok(());
        }
        None => subject.escalation(),
    };
    session::begin(talk, scene);
    if let Some(plan) = plan {
        let plan = decide(talk, plan).await?;
        return act::act(talk, scene, plan).await;
    }
    match ask::once(talk, scene).await? {
        ask::Asked::Plan(plan) => act::act(talk, scene, *plan).await,
        ask::Asked::Withdrawn(reason) => {
            talk.skip_open(reason);
            Ok(())
        }
        ask::Asked::Failed(detail) => match talk.cx.settings.on_agent_failure {
            OnAgentFailure::Silent => {
                give_up(talk, &detail);
                Ok(())
            }
            OnAgentFailure::Handoff => {
                let plan = subject.known_by(Plan::forced_handoff(Reason::AgentFailed, "the AI could not answer"));
                let plan = decide(talk, plan).await?;
                act::act(talk, scene, plan).await
            }
            OnAgentFailure::Draft => {
                let plan = Plan::forced_draft(Reason::AgentFailed, "Please answer this conversation.");
                let plan = decide(talk, plan).await?;
                act::act(talk, scene, plan).await
            }
        },
    }
}

/// Only the ledger says that the agent failed.
fn give_up(talk: &mut Talk<'_>, detail: &str) {
    for message in std::mem::take(&mut talk.open) {
        talk.end_message(&message.id, |event| Ending::dead(event, Reason::AgentFailed).detail(detail));
    }
}

/// Did an earlier run already show itself in the thread, or may it have?
fn acted(talk: &Talk<'_>) -> bool {
    let shows = [step::POST_REPLY, step::POST_DRAFT, step::HANDOFF_COMMENT, step::ASSIGN];
    let maybe = [Some(StepStatus::Done), Some(StepStatus::Intended), Some(StepStatus::Skipped)];
    shows.into_iter().any(|name| maybe.contains(&talk.journal.status(name)))
}

/// E-mail waits a little, so that other tools finish with it; intake could not know the channel.
fn wait_for_mail(talk: &Talk<'_>, scene: &Scene) -> Result<(), Stop> {
    let Some(latest) = talk.open.last() else { return Ok(()) };
    let received = talk.events.iter().filter(|event| event.message_id.as_ref() == Some(&latest.id));
    let Some(received_at) = received.map(|event| event.received_at).max() else { return Ok(()) };
    let channel = place::channel_of(&scene.thread, latest);
    match pace::waits_until(&talk.cx.delivery, channel, received_at, talk.cx.now()) {
        Some(until) => Err(Stop::Defer { until, why: "e-mail waits `delivery.email_delay`".to_owned(), counts: false }),
        None => Ok(()),
    }
}

/// A human gets it without the agent being asked.
fn forced(talk: &Talk<'_>, scene: &Scene) -> Option<Plan> {
    if let Some((reason, why)) = too_late(talk, scene) {
        return Some(Plan::forced_handoff(reason, why));
    }
    if talk.unread {
        return Some(unread());
    }
    let channel = place::channel_of(&scene.thread, talk.open.last()?);
    if !place::can_send(channel) {
        return Some(Plan::forced_handoff(Reason::ChannelCannotSend, Reason::ChannelCannotSend.sentence()));
    }
    let limit = talk.cx.delivery.max_replies_per_thread;
    if scene.mode == Mode::Autopilot && pace::is_loop(scene.session.as_ref(), limit, talk.cx.now()) {
        return Some(Plan::forced_handoff(Reason::ReplyLimit, Reason::ReplyLimit.sentence()));
    }
    None
}

/// Without one of the messages the others cannot be answered.
fn unread() -> Plan {
    Plan::forced_handoff(Reason::RejectedByHubspot, "HubSpot refuses to show one of the conversation's messages")
}

/// Why nothing new may be said to the customer any more, with words for the reps: no attempt is left, or the question
/// is too old.
fn too_late(talk: &Talk<'_>, scene: &Scene) -> Option<(Reason, String)> {
    if let Some(last) = &talk.last_resort {
        let reason = if last.reason == Reason::Expired { Reason::Stale } else { spent(&talk.journal) };
        return Some((reason, format!("the AI could not answer: {}", last.detail)));
    }
    let latest = talk.open.last()?;
    let channel = place::channel_of(&scene.thread, latest);
    // Who sends a conversation to the AI wants its old questions answered.
    let asked_at = talk.requests.sent_at.max(Some(latest.created_at)).unwrap_or(latest.created_at);
    pace::is_stale(&talk.cx.delivery, channel, asked_at, talk.cx.now())
        .then(|| (Reason::Stale, Reason::Stale.sentence().to_owned()))
}

/// What used the attempts up: an agent that never answered, or a HubSpot that nothing is known to have reached. Nobody
/// refused anything.
fn spent(journal: &Journal<'_>) -> Reason {
    match journal.status(step::ASK_AGENT) {
        Some(StepStatus::Intended | StepStatus::NotSent) => Reason::AgentFailed,
        Some(StepStatus::Done | StepStatus::Skipped | StepStatus::Failed) | None => Reason::OutcomeUnknown,
    }
}

/// Journals a decision that was not the agent's.
async fn decide(talk: &mut Talk<'_>, plan: Plan) -> Result<Plan, Stop> {
    let plan = plan.answering(&talk.open);
    talk.journal.intend(step::DECIDE, std::time::Duration::ZERO, None, None, &plan).await?;
    let mut done = outcome(StepStatus::Done);
    done.result = Some(encode(&plan.gist())?);
    done.text = Some(encode(&plan)?);
    talk.journal.settle(step::DECIDE, done).await?;
    Ok(plan)
}
