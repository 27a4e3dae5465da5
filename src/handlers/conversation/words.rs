//! The words the bridge itself writes into a thread: comments for the reps, and the form of a reply.

use super::plan::Plan;
use super::scene::Scene;
use crate::config::Connection;
use crate::domain::{Channel, Message, Participant, Reason};
use crate::filters::place;
use crate::hubspot::{OutgoingMessage, text};

/// A draft for the reps.
#[must_use]
pub fn draft_comment(plan: &Plan) -> String {
    let head = match (plan.forced_by(), &plan.topic) {
        (None, _) => "Draft by the AI, not sent to the customer:".to_owned(),
        (Some(Reason::TopicEscalated), Some(rule)) => {
            format!("Draft by the AI, not sent to the customer (topic rule \"{rule}\"):")
        }
        (Some(reason), _) => reason.sentence().to_owned(),
    };
    format!("{head}\n\n{}", plan.text.as_deref().unwrap_or_default())
}

/// The reply as HubSpot wants it: channel, account and recipients from the customer's latest message.
#[must_use]
pub fn reply(settings: &Connection, scene: &Scene, latest: &Message, words: &str) -> Option<OutgoingMessage> {
    let channel_id = latest.channel_id.clone().or_else(|| scene.thread.channel_id.clone())?;
    let channel_account_id = latest.channel_account_id.clone()?;
    let mail = place::channel_of(&scene.thread, latest) == Channel::Email;
    let to = latest.senders.iter().filter(|sender| sender.identifier.is_some() || sender.actor.is_some());
    let mut recipients: Vec<Participant> =
        to.map(|sender| Participant { field: Some("TO".to_owned()), ..sender.clone() }).collect();
    if mail {
        // Others in copy stay in copy; the mailbox that received it does not write to itself.
        recipients.extend(latest.recipients.iter().filter(|r| r.field.as_deref() == Some("CC")).cloned());
    }
    Some(OutgoingMessage {
        text: words.to_owned(),
        rich_text: Some(text::rich_from_ai(words)),
        subject: if mail { latest.subject.as_deref().map(reply_subject) } else { None },
        sender: settings.ai_user_id.clone(),
        channel_id,
        channel_account_id,
        recipients,
    })
}

fn reply_subject(subject: &str) -> String {
    if subject.trim_start().to_lowercase().starts_with("re:") { subject.to_owned() } else { format!("Re: {subject}") }
}
