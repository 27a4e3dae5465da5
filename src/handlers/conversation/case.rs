//! What of a thread is handed over: who asks, under which subject, and what was said.

use std::collections::BTreeMap;

use super::plan::Plan;
use super::scene::Scene;
use super::talk::Talk;
use crate::agents::{Said, Speaker};
use crate::domain::{Channel, Contact, Message, MessageId, MessageKind, Participant, Reason};
use crate::filters::message::{self, Us, Verdict};
use crate::filters::place;
use crate::handlers::Stop;
use crate::handlers::handoff::{Case, PATIENCE, first_event, transcript as words};
use crate::hubspot::{Class, text};
use crate::limits;

/// The case of this thread.
pub(super) async fn of<'s>(talk: &Talk<'_>, scene: &'s Scene, plan: &Plan) -> Result<Case<'s>, Stop> {
    let customer = customer(talk, scene).await?;
    Ok(Case {
        subject: subject(scene, &customer),
        customer,
        thread: Some(&scene.thread),
        session: scene.session.as_ref(),
        summary: plan.summary.clone().or_else(|| plan.why.clone()),
        sentiment: plan.sentiment.clone(),
        custom_data: custom_data(talk, scene),
        event: first_event(&talk.events),
    })
}

/// The session's data, with what came along with the answer.
pub(super) fn custom_data(talk: &Talk<'_>, scene: &Scene) -> BTreeMap<String, String> {
    let mut data = scene.session.as_ref().map(|session| session.custom_data.clone()).unwrap_or_default();
    data.extend(talk.patch.custom_data.clone());
    data
}

fn newest(scene: &Scene) -> Option<&Message> {
    let items = scene.recent.iter().zip(&scene.verdicts).rev();
    items.filter(|(_, verdict)| **verdict == Verdict::Customer).map(|(message, _)| message).next()
}

/// Name and address from the newest message; for chats, which carry neither, from HubSpot's actor.
async fn customer(talk: &Talk<'_>, scene: &Scene) -> Result<Contact, Stop> {
    let senders = newest(scene).map(|message| message.senders.as_slice()).unwrap_or_default();
    let mut customer = Contact {
        id: scene.thread.contact_id.clone(),
        name: senders.iter().find_map(|sender| sender.name.clone()),
        email: senders.iter().find_map(Participant::email),
        ..Contact::default()
    };
    let actor = senders.iter().find_map(|sender| sender.actor.clone());
    let Some(actor) = actor.filter(|_| customer.email.is_none()) else { return Ok(customer) };
    match talk.cx.hubspot.actor(&actor).await {
        Ok(found) => {
            customer.name = customer.name.or(found.name);
            customer.email = found.email.map(|email| email.trim().to_lowercase()).filter(|email| email.contains('@'));
        }
        Err(error) => match error.class {
            // Not known yet is not unknown; but a customer does not wait for it for ever.
            Class::Retry { .. } | Class::Hold { .. }
                if talk.last_resort.is_none() && talk.lease.attempts < PATIENCE =>
            {
                return Err(error.into());
            }
            Class::Retry { .. }
            | Class::Hold { .. }
            | Class::NotFound
            | Class::Conflict { .. }
            | Class::Permanent { .. }
            | Class::Unsupported => {}
        },
    }
    Ok(customer)
}

/// A mail's own subject; else who it is with, the same on every run.
fn subject(scene: &Scene, customer: &Contact) -> String {
    let mail = scene.recent.iter().find_map(|message| message.subject.clone()).filter(|text| !text.trim().is_empty());
    mail.unwrap_or_else(|| {
        let channel = newest(scene).map_or(Channel::Other, |message| place::channel_of(&scene.thread, message));
        let who = customer.name.as_deref().unwrap_or("a visitor");
        format!("Conversation with {who} ({}, thread {})", channel.as_str(), scene.thread.id)
    })
}

/// The public messages of the whole thread, as far as it is read back.
pub(super) async fn transcript(talk: &Talk<'_>, scene: &Scene) -> Result<String, Stop> {
    let more = scene.recent.len() >= limits::RECENT_MESSAGES;
    let all = if more { older(talk, scene).await? } else { None };
    let customer = newest(scene).and_then(|message| message.senders.iter().find_map(|sender| sender.name.clone()));
    let said = all.unwrap_or_else(|| said(&scene.recent, &scene.verdicts));
    Ok(words::render(&said, customer.as_deref()))
}

/// The thread read further back. What is at hand is better than no ticket: a lasting failure leaves it at that.
async fn older(talk: &Talk<'_>, scene: &Scene) -> Result<Option<Vec<Said>>, Stop> {
    let read = talk.cx.hubspot.recent_messages(&talk.thread_id, None, limits::TRANSCRIPT_MESSAGES).await;
    let messages = match read.map_err(Stop::from) {
        Ok(recent) => recent.messages,
        Err(Stop::Refused { .. }) => return Ok(None),
        Err(_) if talk.last_resort.is_some() => return Ok(None),
        Err(stop) => return Err(stop),
    };
    let ids: Vec<MessageId> = messages.iter().map(|message| message.id.clone()).collect();
    let posted = talk.cx.store.posted(&talk.cx.settings.name, &ids).await?.into_iter().collect();
    let us = Us { posted, ..scene.us.clone() };
    let verdicts: Vec<Verdict> = messages.iter().map(|item| message::judge(item, &us, &scene.team)).collect();
    Ok(Some(said(&messages, &verdicts)))
}

fn said(messages: &[Message], verdicts: &[Verdict]) -> Vec<Said> {
    let items = messages.iter().zip(verdicts).filter(|(message, _)| message.kind == MessageKind::Message);
    let spoken = items.map(|(message, verdict)| {
        let by = match verdict {
            Verdict::Customer | Verdict::Skip(Reason::AutoReply) => Speaker::Customer,
            Verdict::Skip(Reason::OwnMessage | Reason::AiMarker | Reason::SenderIsBot) => Speaker::Ai,
            Verdict::Rep(_) | Verdict::Skip(_) => Speaker::Rep,
        };
        Said {
            id: message.id.clone(),
            by,
            text: text::plain(&message.text),
            original: None,
            at: message.created_at,
            attachments: message.attachments.clone(),
        }
    });
    spoken.collect()
}
