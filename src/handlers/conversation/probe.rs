//! After a crash or an unclear end: did our post reach the thread?
//!
//! A message of ours with the same words after the anchor says yes, whenever it is seen. That there is none is only
//! believed after `act_deadline + settle`, and when the thread could be read back to the anchor.

use super::scene::Scene;
use super::talk::Talk;
use crate::domain::{Message, MessageId, MessageKind};
use crate::filters::message::speaks_as;
use crate::handlers::journal::step;
use crate::handlers::{Context, Stop};
use crate::hubspot::{Class, text};
use crate::limits;
use crate::store::StepRecord;

/// What the probe saw.
#[derive(Debug)]
pub enum Probe {
    /// This is our post.
    Found(Box<Message>),
    /// Nothing of ours is there, and it would be.
    NotThere,
    /// Neither is certain.
    Unknown,
}

/// Looks for the post a step intended.
pub async fn run(talk: &Talk<'_>, scene: &Scene, record: &StepRecord) -> Result<Probe, Stop> {
    let cx = talk.cx;
    let recent = cx.hubspot.recent_messages(&talk.thread_id, None, limits::PROBE_MESSAGES).await?;
    let anchored = record.anchor.as_ref().and_then(|anchor| recent.messages.iter().position(|m| m.id == *anchor));
    let after = anchored.map_or(0, |position| position + 1);
    let mut unsure = record.anchor.is_some() && anchored.is_none() && !recent.complete;
    let ids: Vec<MessageId> = recent.messages.iter().map(|message| message.id.clone()).collect();
    let posted = cx.store.posted(&cx.settings.name, &ids).await?;
    for message in recent.messages.into_iter().skip(after) {
        match resembles(cx, scene, record, &message) {
            _ if posted.contains(&message.id) => {}
            Some(true) => return Ok(Probe::Found(Box::new(message))),
            // Ours, after the anchor, not journalled, with other words: HubSpot may have rewritten it.
            Some(false) => unsure = true,
            None => {}
        }
    }
    // The webhook echo of our post may be here before the list shows it.
    for id in echoes(talk).await? {
        match cx.hubspot.message(&talk.thread_id, &id).await {
            Ok(message) if !posted.contains(&id) && resembles(cx, scene, record, &message) == Some(true) => {
                return Ok(Probe::Found(Box::new(message)));
            }
            Ok(_) => {}
            Err(error) if matches!(error.class, Class::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let certain_at = record.act_deadline.after(cx.delivery.settle);
    if cx.now() < certain_at {
        let why = "looking whether an earlier attempt was posted".to_owned();
        return Err(Stop::Defer { until: certain_at, why, counts: false });
    }
    Ok(if unsure { Probe::Unknown } else { Probe::NotThere })
}

/// Messages announced to us that the journal does not know: our own post may be among them.
async fn echoes(talk: &Talk<'_>) -> Result<Vec<MessageId>, Stop> {
    let waiting = talk.cx.store.waiting(talk.lease).await?;
    let bound = talk.events.iter();
    let ids = bound.chain(&waiting).filter(|event| event.kind.announces_message());
    let ids = ids.filter_map(|event| event.message_id.clone());
    Ok(ids.filter(|id| !talk.open.iter().any(|message| message.id == *id)).collect())
}

/// `Some(true)`: ours, with these words. `Some(false)`: ours, with other words. None: not ours.
fn resembles(cx: &Context, scene: &Scene, record: &StepRecord, message: &Message) -> Option<bool> {
    let by_app = message.app_id.is_some_and(|app| scene.us.apps.contains(&app));
    let app_unknown = scene.us.apps.is_empty();
    let comment = message.kind == MessageKind::Comment;
    let by_ai = comment || speaks_as(message, &cx.settings.ai_user_id);
    if !(by_ai && (by_app || app_unknown)) {
        return None;
    }
    let same = record.text_hash.as_deref() == Some(text::text_hash(&message.text).as_str());
    // Another step's comment is not a rewritten reply, nor the other way round.
    let wants_comment = record.name != step::POST_REPLY;
    if same { Some(true) } else { (comment == wants_comment && !comment).then_some(false) }
}
