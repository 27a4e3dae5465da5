//! From bound events to what each of them is: every announced message is read by its id and judged.

use std::time::Duration;

use super::plan::Plan;
use super::scene::Scene;
use super::talk::Talk;
use super::{act, ask};
use crate::domain::{Ending, Event, Message, MessageId, Outcome, Reason, Timestamp};
use crate::filters::message::{Verdict, is_reps_comment};
use crate::filters::{pace, place};
use crate::handlers::Stop;
use crate::hubspot::Class;

/// What the events showed besides messages to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// One of the messages is a rep's.
    pub by_rep: bool,
}

/// Ends the echoes of our own posts: the journal knows their ids, so HubSpot need not be asked.
pub async fn own(talk: &mut Talk<'_>) -> Result<(), Stop> {
    let ids: Vec<MessageId> = talk.events.iter().filter_map(|event| event.message_id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let posted = talk.cx.store.posted(&talk.cx.settings.name, &ids).await?;
    let echoes = talk.events.iter().filter(|event| event.message_id.as_ref().is_some_and(|id| posted.contains(id)));
    let endings: Vec<Ending> = echoes.map(|event| Ending::skipped(event.id, Reason::OwnMessage)).collect();
    talk.endings.extend(endings);
    Ok(())
}

/// Sorts events into `talk.open` and `talk.endings`.
pub async fn events(talk: &mut Talk<'_>, scene: &mut Scene, events: &[Event]) -> Result<Seen, Stop> {
    let mut seen = Seen::default();
    for event in events {
        if !event.kind.announces_message() || talk.endings.iter().any(|ending| ending.event == event.id) {
            continue;
        }
        let Some(id) = event.message_id.clone() else {
            talk.endings.push(Ending::dead(event.id, Reason::PayloadUnreadable).detail("the event names no message"));
            continue;
        };
        if talk.open.iter().any(|message| message.id == id) {
            talk.announced.entry(id).or_default().push(event.id);
            continue;
        }
        let Some(message) = read(talk, scene, event, &id).await? else { continue };
        let verdict = scene.judge(talk.cx, &message).await?;
        settle(talk, scene, event, message, verdict, &mut seen);
    }
    talk.open.sort_by(|a, b| a.position().cmp(&b.position()));
    Ok(seen)
}

fn settle(talk: &mut Talk<'_>, scene: &Scene, event: &Event, message: Message, verdict: Verdict, seen: &mut Seen) {
    match verdict {
        Verdict::Skip(Reason::InternalComment) if is_reps_comment(&message, &scene.us) => {
            talk.relays.comment(event.id, message);
        }
        Verdict::Skip(reason) => talk.endings.push(Ending::skipped(event.id, reason)),
        Verdict::Rep(reason) => {
            seen.by_rep = true;
            talk.relays.reply(event.id, message, reason);
        }
        Verdict::Customer => {
            let answered = scene.session.as_ref().and_then(|session| session.answered_through.as_ref());
            let settled = answered.is_some_and(|through| (through.at, &through.message) >= message.position());
            let settings = &talk.cx.settings;
            let refused = place::refuses(&scene.thread, &message, &settings.inboxes, &settings.channels);
            if settled && !talk.replay {
                talk.endings.push(Ending::skipped(event.id, Reason::AlreadyAnswered));
            } else if let Some(reason) = refused {
                talk.endings.push(Ending::skipped(event.id, reason));
            } else {
                talk.announced.entry(message.id.clone()).or_default().push(event.id);
                talk.open.push(message);
            }
        }
    }
}

/// Reads one announced message. HubSpot may not show a message it just announced: that is waited for, a little. One that
/// it refuses to show by its id is taken from the thread's newest page. If it is not there either, a human gets what else
/// there is to answer: nobody knows what it said.
async fn read(talk: &mut Talk<'_>, scene: &Scene, event: &Event, id: &MessageId) -> Result<Option<Message>, Stop> {
    match talk.cx.hubspot.message(&talk.thread_id, id).await {
        Ok(message) => Ok(Some(message)),
        Err(error) if is_refused(&error.class) => {
            let listed = scene.recent.iter().find(|message| message.id == *id).cloned();
            if listed.is_none() {
                talk.unread = true;
                let refused = Ending::dead(event.id, Reason::RejectedByHubspot);
                talk.endings.push(refused.detail(error.to_string()));
            }
            Ok(listed)
        }
        Err(error) if matches!(error.class, Class::NotFound) => {
            let waited = talk.cx.now().since(event.received_at);
            // Also when no further attempt follows: what is young did not fail, it is not there yet.
            if waited < talk.cx.delivery.settle {
                let until = talk.cx.now().after(pause_after(waited));
                let why = "HubSpot does not show the message yet".to_owned();
                return Err(Stop::Defer { until, why, counts: false });
            }
            talk.endings.push(Ending::dead(event.id, Reason::MessageNotFound));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// HubSpot answers, and would answer the same again.
fn is_refused(class: &Class) -> bool {
    let rejected = Class::Permanent { reason: Reason::RejectedByHubspot };
    *class == rejected || matches!(class, Class::Conflict { .. } | Class::Unsupported)
}

/// 0.5 s, then twice as long each time.
pub fn pause_after(waited: Duration) -> Duration {
    waited.clamp(Duration::from_millis(500), Duration::from_secs(8))
}

/// Ends ownership and status events: they are hints, the thread itself was read.
pub fn thread_properties(talk: &mut Talk<'_>) {
    let hints = talk.events.iter().filter(|event| event.kind == crate::domain::EventKind::ThreadProperty);
    let endings = hints.map(|event| {
        let ownership = event.property.as_deref() == Some("assignedTo");
        Ending::done(event.id, if ownership { Outcome::OwnershipRecorded } else { Outcome::StatusRecorded })
    });
    talk.endings.extend(endings.collect::<Vec<_>>());
}

/// Ends what somebody else answered since, before the conversation came (back) to the AI: a replay or a late webhook
/// brings it, and it is not answered late. What an operator sends to the AI is.
pub fn leave_settled(talk: &mut Talk<'_>, scene: &Scene) {
    let (Some(answered_at), None) = (scene.settled_at(), talk.requests.sent_at) else { return };
    let settled = |message: &Message| message.created_at < answered_at;
    // What an earlier run decided, or told an agent with a memory, is about all of them together.
    let together = act::planned(talk).is_some() || ask::already_told(talk).is_some();
    if together && !talk.open.iter().all(settled) {
        return;
    }
    let (over, open) = std::mem::take(&mut talk.open).into_iter().partition(settled);
    talk.open = open;
    let over: Vec<Message> = over;
    for message in over {
        talk.end_message(&message.id, |event| Ending::skipped(event, Reason::AlreadyAnswered));
    }
}

/// Adds customer messages that only the newest page shows (their webhook is late, lost or overtaken), so that an answer
/// never skips one. Messages whose event ended already were judged then, and stay out.
pub async fn overlooked(talk: &mut Talk<'_>, scene: &Scene) -> Result<(), Stop> {
    let through = scene.session.as_ref().and_then(|session| session.answered_through.as_ref()).map(|t| t.at);
    let ai_since = scene.session.as_ref().and_then(|session| session.ai_since);
    // Before the conversation was ours, or before somebody answered, nothing was overlooked.
    let after = [through, ai_since.map(before), scene.last_answer_at()].into_iter().flatten().max();
    let after = after.unwrap_or_default();
    let now = talk.cx.now();
    let fresh: Vec<Message> = scene
        .customers_after(after)
        .filter(|message| !talk.open.iter().any(|open| open.id == message.id))
        .filter(|message| {
            let channel = place::channel_of(&scene.thread, message);
            !pace::is_stale(&talk.cx.delivery, channel, message.created_at, now)
        })
        .cloned()
        .collect();
    let judged: Vec<MessageId> = ended_before(talk, &fresh).await?;
    talk.open.extend(fresh.into_iter().filter(|message| !judged.contains(&message.id)));
    talk.open.sort_by(|a, b| a.position().cmp(&b.position()));
    Ok(())
}

/// Puts the open messages back to those an earlier attempt told the agent; the bound ones always belong to them.
pub fn restore(talk: &mut Talk<'_>, scene: &Scene, told: &[MessageId]) {
    let missing = told.iter().filter(|id| !talk.open.iter().any(|open| open.id == **id));
    let found = missing.filter_map(|id| scene.recent.iter().find(|message| message.id == *id)).cloned();
    talk.open.extend(found.collect::<Vec<_>>());
    talk.open.sort_by(|a, b| a.position().cmp(&b.position()));
}

/// Keeps to the messages that an earlier run's plan is about. HubSpot may show further ones by now: the answer does not
/// know them, so they wait for the next turn.
pub fn narrow(talk: &mut Talk<'_>, scene: &Scene, plan: &Plan) {
    let about: Vec<MessageId> = plan.about.iter().cloned().map(MessageId).collect();
    restore(talk, scene, &about);
    let others: Vec<Message> = talk.open.extract_if(.., |message| !plan.is_about(message)).collect();
    for message in others {
        let events = talk.announced.remove(&message.id).unwrap_or_default();
        talk.returned.extend(events);
    }
}

fn before(at: Timestamp) -> Timestamp {
    at.before(Duration::from_millis(1))
}

async fn ended_before(talk: &Talk<'_>, messages: &[Message]) -> Result<Vec<MessageId>, Stop> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> =
        messages.iter().map(|m| crate::domain::DedupKey::of_message(talk.cx.settings.portal_id, &m.id)).collect();
    let known = talk.cx.store.known(&keys).await?;
    // What waits for a draft was judged: a public answer does not take it along.
    let mut waiting = talk.cx.store.waiting(talk.lease).await?;
    waiting.retain(|event| !super::is_replay(event));
    let judged = messages.iter().zip(known).filter(|(message, known)| {
        *known && !waiting.iter().any(|event| event.message_id.as_ref() == Some(&message.id))
    });
    Ok(judged.map(|(message, _)| message.id.clone()).collect())
}
