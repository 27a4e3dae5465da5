//! What the agent is told: the customer's open messages, what was said before, who asks.

use super::scene::Scene;
use crate::agents::{Question, Said, Speaker};
use crate::domain::{Contact, Message, MessageKind, Participant, Reason, Truncation};
use crate::filters::message::Verdict;
use crate::filters::place;
use crate::handlers::{Context, Stop};
use crate::hubspot::text;
use crate::limits;

/// Builds the question about `open` (oldest first, never empty).
pub async fn build(
    cx: &Context,
    scene: &Scene,
    open: &[Message],
    agent_session_id: Option<String>,
) -> Result<Option<Question>, Stop> {
    let Some(latest) = open.last() else { return Ok(None) };
    let mut messages = Vec::with_capacity(open.len());
    for message in open {
        messages.push(with_original(cx, scene, message).await?);
    }
    let contact = contact(cx, scene, latest).await;
    let crm = match &contact.email {
        Some(email) if cx.settings.crm.for_agent => Some(cx.panel.context(email).await),
        Some(_) | None => None,
    };
    Ok(Some(Question {
        connection: cx.settings.name.clone(),
        thread_id: scene.thread.id.clone(),
        agent_session_id,
        messages,
        history: history(scene, open),
        contact,
        channel: place::channel_of(&scene.thread, latest),
        ticket_id: scene.thread.ticket_id.clone(),
        custom_data: scene.session.as_ref().map(|session| session.custom_data.clone()).unwrap_or_default(),
        crm,
    }))
}

/// HubSpot cuts mail: cut text is replaced by the whole, a mail's newest part keeps the whole as context.
async fn with_original(cx: &Context, scene: &Scene, message: &Message) -> Result<Said, Stop> {
    let mut said = said(message, Speaker::Customer);
    if message.truncation == Truncation::NotTruncated {
        return Ok(said);
    }
    match cx.hubspot.original_content(&scene.thread.id, &message.id).await {
        Ok(content) => {
            let whole = text::plain(&content.text);
            match message.truncation {
                Truncation::Truncated => said.text = whole,
                Truncation::ToMostRecentReply | Truncation::NotTruncated => said.original = Some(whole),
            }
            Ok(said)
        }
        // The part we have is better than no answer; what is only a passing fault is tried again.
        Err(error) => match error.class {
            crate::hubspot::Class::Retry { .. } | crate::hubspot::Class::Hold { .. } => Err(error.into()),
            crate::hubspot::Class::NotFound
            | crate::hubspot::Class::Conflict { .. }
            | crate::hubspot::Class::Permanent { .. }
            | crate::hubspot::Class::Unsupported => Ok(said),
        },
    }
}

fn history(scene: &Scene, open: &[Message]) -> Vec<Said> {
    let items = scene.recent.iter().zip(&scene.verdicts);
    let spoken = items.filter_map(|(message, verdict)| {
        let by = match verdict {
            Verdict::Customer => Speaker::Customer,
            Verdict::Rep(_) => Speaker::Rep,
            Verdict::Skip(Reason::OwnMessage | Reason::AiMarker) if message.kind == MessageKind::Message => Speaker::Ai,
            Verdict::Skip(_) => return None,
        };
        let is_open = open.iter().any(|question| question.id == message.id);
        (!is_open).then(|| said(message, by))
    });
    let mut all: Vec<Said> = spoken.collect();
    let surplus = all.len().saturating_sub(limits::HISTORY_MESSAGES);
    all.drain(..surplus);
    all
}

fn said(message: &Message, by: Speaker) -> Said {
    Said {
        id: message.id.clone(),
        by,
        text: text::plain(&message.text),
        original: None,
        at: message.created_at,
        attachments: message.attachments.clone(),
    }
}

/// Name and address from the message itself; for chats, which carry neither, from HubSpot's actor when the agent has
/// use for them: it begins a session of its own, or is told what the CRM knows. Without either the answer goes on.
async fn contact(cx: &Context, scene: &Scene, latest: &Message) -> Contact {
    let mut contact = Contact {
        id: scene.thread.contact_id.clone(),
        name: latest.senders.iter().find_map(|sender| sender.name.clone()),
        email: latest.senders.iter().find_map(Participant::email),
        ..Contact::default()
    };
    let begins = cx.agent.keeps_state() && scene.session.as_ref().is_none_or(|s| s.agent_session_id.is_none());
    let wanted = contact.email.is_none() && (begins || cx.settings.crm.for_agent);
    let actor = latest.senders.iter().find_map(|sender| sender.actor.clone());
    if let (true, Some(actor)) = (wanted, actor)
        && let Ok(found) = cx.hubspot.actor(&actor).await
    {
        contact.name = contact.name.or(found.name);
        contact.email = found.email.map(|email| email.to_lowercase());
    }
    contact
}
