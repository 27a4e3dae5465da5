//! Was a reply delivered? HubSpot accepts a message first and may say later that it failed: it is looked at again, and
//! what did not arrive goes to a human.

use super::actions::{give, human_has};
use super::plan::Plan;
use super::post::{self, Body, Posted};
use super::scene::Scene;
use super::talk::Talk;
use super::{act, words};
use crate::domain::{Channel, Ending, Event, EventKind, Message, MessageId, NewEvent, Outcome, Reason, Schedule};
use crate::handlers::journal::step;
use crate::handlers::{Context, LastResort, Stop, unreadable};
use crate::hubspot::{Class, Error};
use crate::limits;
use crate::store::request::{self, DeliveryCheck};

/// Of the reply that could not be delivered; HubSpot's own words may hold addresses and are not repeated.
const WORDS: &str = "HubSpot could not deliver the reply";

/// HubSpot says that it could not deliver the message.
pub fn failed(message: &Message) -> bool {
    message.status.as_deref() == Some("FAILED")
}

/// The first look at the reply just posted: at once, when HubSpot called it failed as it took it.
pub fn first_look(talk: &Talk<'_>) -> Option<NewEvent> {
    let (message, failed) = post::posted_by(talk, step::POST_REPLY)?;
    let later = Schedule::At(talk.cx.now().after(talk.cx.delivery.settle));
    let schedule = if failed { Schedule::Now } else { later };
    Some(again(talk, &DeliveryCheck::first(&message), schedule))
}

fn again(talk: &Talk<'_>, check: &DeliveryCheck, schedule: Schedule) -> NewEvent {
    request::delivery_check(talk.cx.settings.name.clone(), talk.thread_id.clone(), check, schedule)
}

/// A check that waited for long makes nobody's question old.
pub fn concerns_others(cx: &Context, last: &LastResort, events: &[Event]) -> bool {
    let old = |event: &Event| cx.now().since(event.received_at) > cx.delivery.max_event_age;
    let is_check = |event: &Event| event.kind == EventKind::DeliveryCheck;
    last.reason != Reason::Expired || events.iter().any(|event| old(event) && !is_check(event))
}

/// Looks at the messages of the turn's checks. Never stops the turn but for what stops every call: customers' messages
/// may be bound with them.
pub async fn look(talk: &mut Talk<'_>) -> Result<(), Stop> {
    let ended = |event: &Event| talk.endings.iter().any(|ending| ending.event == event.id);
    let due = |event: &&Event| event.kind == EventKind::DeliveryCheck && !ended(event);
    let events: Vec<Event> = talk.events.iter().filter(due).cloned().collect();
    for event in events {
        let Some(check) = request::decode::<DeliveryCheck>(event.data.as_deref()) else {
            talk.endings.push(unreadable(&event));
            continue;
        };
        if begun(talk).is_some() {
            talk.requests.undelivered.push(event.id);
            continue;
        }
        match talk.cx.hubspot.message(&talk.thread_id, &MessageId(check.message.clone())).await {
            Ok(message) if failed(&message) => talk.requests.undelivered.push(event.id),
            Ok(message) => {
                if check.look == 1 && message.channel() == Some(Channel::Email) {
                    let at = Schedule::At(talk.cx.now().after(limits::SECOND_DELIVERY_LOOK));
                    let second = again(talk, &DeliveryCheck { look: 2, failed: 0, ..check }, at);
                    talk.followups.push(second);
                }
                talk.endings.push(Ending::done(event.id, Outcome::StatusRecorded));
            }
            Err(error) => unseen(talk, &event, check, error)?,
        }
    }
    Ok(())
}

/// The message could not be read. Attempts are counted in the check itself: the mailbox's own count is that of the
/// customer's questions.
fn unseen(talk: &mut Talk<'_>, event: &Event, check: DeliveryCheck, error: Error) -> Result<(), Stop> {
    let why = error.to_string();
    let ending = match error.class {
        Class::Hold { .. } => return Err(error.into()),
        Class::NotFound => {
            Ending::done(event.id, Outcome::StatusRecorded).detail("HubSpot does not show the reply any more")
        }
        Class::Permanent { reason } => Ending::dead(event.id, reason).detail(why),
        Class::Conflict { .. } | Class::Unsupported => Ending::dead(event.id, Reason::RejectedByHubspot).detail(why),
        Class::Retry { .. } if check.failed + 1 >= talk.cx.delivery.max_attempts => {
            Ending::dead(event.id, Reason::AttemptsExhausted)
                .detail(format!("the delivery was not seen; last error: {why}"))
        }
        Class::Retry { .. } => {
            let pause = talk.cx.delivery.settle.saturating_mul(check.failed + 1).min(limits::DELIVERY_LOOK_PAUSE);
            let at = Schedule::At(talk.cx.now().after(pause));
            let later = again(talk, &DeliveryCheck { failed: check.failed + 1, ..check }, at);
            talk.followups.push(later);
            Ending::done(event.id, Outcome::StatusRecorded).detail(format!("{why}; looked at again later"))
        }
    };
    talk.endings.push(ending);
    Ok(())
}

/// An earlier run of this turn began to hand it over, or to remark it.
fn begun(talk: &Talk<'_>) -> Option<Plan> {
    act::planned(talk).filter(|plan| plan.forced_by() == Some(Reason::DeliveryFailed))
}

/// A reply was not delivered: a human gets the conversation, or is told when one has it. Nothing is said to the customer.
pub async fn undelivered(talk: &mut Talk<'_>, scene: &Scene) -> Result<(), Stop> {
    let found = std::mem::take(&mut talk.requests.undelivered);
    if found.is_empty() {
        return Ok(());
    }
    let begun = begun(talk);
    let to_human = (begun.is_some() || !human_has(talk, scene))
        && give(talk, scene, begun, Plan::forced_handoff(Reason::DeliveryFailed, WORDS)).await?;
    let detail = if to_human { talk.requests.handed_over.take() } else { remark(talk, scene).await? };
    let end = |event| Ending { detail: detail.clone(), ..Ending::done(event, Outcome::HandedOff) };
    talk.endings.extend(found.into_iter().map(|event| end(event).because(Reason::DeliveryFailed)));
    Ok(())
}

/// A comment for the human who has it.
async fn remark(talk: &mut Talk<'_>, scene: &Scene) -> Result<Option<String>, Stop> {
    let plan = Plan::forced_draft(Reason::DeliveryFailed, "Please reach the customer another way.");
    let comment = Body::Comment(words::draft_comment(&plan));
    Ok(match post::once(talk, scene, step::DELIVERY_REMARK, comment, false).await? {
        Posted::Sent => None,
        Posted::Unknown => Some("whether the comment was posted is not known".to_owned()),
        Posted::Withdrawn(_) => Some("the comment was not posted".to_owned()),
        Posted::Refused { detail, .. } => Some(format!("comment: {detail}")),
    })
}

/// Ends the checks of a thread that is deleted or in the trash.
pub fn gone(talk: &mut Talk<'_>) {
    let found = std::mem::take(&mut talk.requests.undelivered);
    let end = |event| Ending::done(event, Outcome::StatusRecorded).detail("not delivered, and the thread is gone");
    talk.endings.extend(found.into_iter().map(end));
}
