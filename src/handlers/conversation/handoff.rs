//! Giving a thread to a human: words to the customer, contact, ticket, a comment for the reps, the assignment. Each is a
//! step; one that fails does not forget the rest.

use super::plan::Plan;
use super::post::{self, Body, Posted};
use super::scene::Scene;
use super::talk::Talk;
use super::{assign, case, comment, session, too_late, words};
use crate::config::HandoffWords;
use crate::domain::{
    ContactId, DedupKey, EventKind, Mode, Object, Outcome, Reason, Schedule, SessionState, TicketId, Timestamp,
};
use crate::filters::{language, routing};
use crate::handlers::Stop;
use crate::handlers::handoff::{self, Case, Desk, Ended, contact, ticket};
use crate::handlers::journal::step;
use crate::hubspot::text;
use crate::store::StepStatus;
use crate::store::request::{self, TicketWrite};

/// Hands over and settles the open messages.
pub async fn run(talk: &mut Talk<'_>, scene: &Scene, plan: &Plan) -> Result<(), Stop> {
    let mut remarks: Vec<String> = Vec::new();
    let Some(fresh) = look(talk).await? else { return Ok(()) };
    let scene = fresh.as_ref().unwrap_or(scene);
    let withheld = match tell(talk, scene, plan, &mut remarks).await? {
        Told::Withdrawn => return Ok(()),
        Told::Said => None,
        Told::Withheld(text) => Some(text),
    };
    let records = records(talk, scene, plan).await?;
    remarks.extend(records.remarks.iter().cloned());
    let text = comment::handoff(talk, plan, &records, withheld.as_deref());
    let Some(refused) = commented(talk, scene, text, records.ticket.is_some(), &mut remarks).await? else {
        return Ok(());
    };
    let assigned = assign::step(talk, scene, plan, records.ticket.as_ref()).await?;
    remarks.extend(assigned.remark);
    let commented = talk.journal.status(step::HANDOFF_COMMENT) == Some(StepStatus::Done);
    if !commented && !assigned.human && records.ticket.is_none() {
        return Err(in_vain(talk, refused, &remarks.join("; ")));
    }
    write_later(talk, scene, &records, assigned.ticket_owner);
    talk.patch.state = Some(SessionState::HandedOff);
    talk.patch.handed_off_at = Some(Some(given_at(talk)));
    talk.patch.ticket_id = records.ticket.or(talk.patch.ticket_id.take());
    talk.patch.contact_id = records.contact.or(talk.patch.contact_id.take());
    if plan.forced_by().is_none() && !talk.requests.handing_over {
        remarks.insert(0, "the agent decided to hand off; its reason is in the comment".to_owned());
    }
    let detail = (!remarks.is_empty()).then(|| remarks.join("; "));
    talk.conclude(Outcome::HandedOff, plan.forced_by(), detail.as_deref());
    talk.requests.handed_over = detail;
    Ok(())
}

/// When it was given to a human. The turn may end much later, and what gave it back in between counts.
fn given_at(talk: &Talk<'_>) -> Timestamp {
    talk.journal.get(step::ASSIGN).map_or_else(|| talk.cx.now(), |record| record.intended_at)
}

/// Nobody could be told.
fn in_vain(talk: &Talk<'_>, refused: Reason, errors: &str) -> Stop {
    match &talk.last_resort {
        Some(last) if refused == Reason::RejectedByHubspot => {
            Stop::Refused { reason: last.reason, detail: format!("{}; last error: {errors}", last.detail) }
        }
        Some(_) | None => Stop::Refused { reason: refused, detail: errors.to_owned() },
    }
}

/// Before anything shows: is there no human in it by now? None: the open messages were ended. What was begun is carried
/// through.
async fn look(talk: &mut Talk<'_>) -> Result<Option<Option<Scene>>, Stop> {
    let shows = [step::POST_REPLY, step::CONTACT, step::TICKET, step::HANDOFF_COMMENT, step::ASSIGN];
    let begun = shows.into_iter().any(|name| talk.journal.status(name).is_some());
    if begun || talk.open.is_empty() || talk.replay {
        return Ok(Some(None));
    }
    let Some(fresh) = Scene::read(talk).await? else {
        return Err(Stop::Again { why: "the thread was deleted meanwhile".to_owned() });
    };
    match session::withdraws(talk, &fresh).await? {
        Some(reason) => {
            talk.skip_open(reason);
            Ok(None)
        }
        None => Ok(Some(Some(fresh))),
    }
}

/// What became of the words to the customer.
enum Told {
    /// Said, or there was nothing to say.
    Said,
    /// For the reps instead.
    Withheld(String),
    /// A human has the conversation; the open messages were ended.
    Withdrawn,
}

/// The agent's words and the settings', in one message.
async fn tell(talk: &mut Talk<'_>, scene: &Scene, plan: &Plan, remarks: &mut Vec<String>) -> Result<Told, Stop> {
    let Some(text) = customer_words(talk, plan) else { return Ok(Told::Said) };
    // Somebody asked for it in a conversation where the AI only assists: the customer is told by the reps.
    if scene.mode == Mode::Assist {
        return Ok(Told::Withheld(text));
    }
    match say(talk, scene, &text).await? {
        Some(Posted::Withdrawn(reason)) => {
            talk.skip_open(reason);
            Ok(Told::Withdrawn)
        }
        Some(Posted::Sent) => {
            talk.replied();
            Ok(Told::Said)
        }
        Some(Posted::Refused { detail, .. }) => {
            remarks.push(detail);
            Ok(Told::Withheld(text))
        }
        Some(Posted::Unknown) | None => Ok(Told::Withheld(text)),
    }
}

fn customer_words(talk: &Talk<'_>, plan: &Plan) -> Option<String> {
    // Where a late, doubled or undeliverable word is the trouble, none is added.
    let welcome = matches!(plan.forced_by(), None | Some(Reason::TopicEscalated | Reason::AgentFailed));
    // Without a message of the customer's there is nothing to answer, and nowhere to say it.
    let welcome = welcome && !talk.open.is_empty();
    let entries: &[HandoffWords] = if welcome { &talk.cx.settings.handoff_words } else { &[] };
    let spoken = spoken_language(talk, plan);
    let ours = routing::words(entries, spoken.as_deref(), talk.cx.now());
    let said: Vec<&str> = [plan.text.as_deref(), ours].into_iter().flatten().filter(|text| !text.is_empty()).collect();
    (!said.is_empty()).then(|| said.join("\n\n"))
}

/// The agent's word for the customer's language, or what the messages themselves show.
pub(super) fn spoken_language(talk: &Talk<'_>, plan: &Plan) -> Option<String> {
    let detected = || {
        let words: Vec<String> = talk.open.iter().map(|message| text::plain(&message.text)).collect();
        language::detect(&words.join("\n")).map(str::to_owned)
    };
    plan.language.clone().or_else(detected)
}

/// The words that come with a handoff are posted before it. None: there is nowhere to post them.
async fn say(talk: &mut Talk<'_>, scene: &Scene, text: &str) -> Result<Option<Posted>, Stop> {
    let latest = talk.open.last().cloned();
    let reply = latest.and_then(|latest| words::reply(&talk.cx.settings, scene, &latest, text));
    if too_late(talk, scene).is_some() {
        return post::earlier(talk, scene, step::POST_REPLY).await;
    }
    match reply {
        Some(reply) => post::once(talk, scene, step::POST_REPLY, Body::Reply(Box::new(reply)), true).await.map(Some),
        None => Ok(None),
    }
}

/// What the CRM has of it now.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// The customer's contact.
    pub contact: Option<ContactId>,
    /// The conversation's ticket.
    pub ticket: Option<TicketId>,
    /// It was there before.
    pub reused: bool,
    /// For people.
    pub remarks: Vec<String>,
}

/// Contact, ticket, transcript.
async fn records(talk: &mut Talk<'_>, scene: &Scene, plan: &Plan) -> Result<Records, Stop> {
    let case = case::of(talk, scene, plan).await?;
    let mut found = Records::default();
    let ended = contact::step(&mut desk(talk), &case).await?;
    found.contact = ended.id().map(ContactId::from);
    found.remarks.extend(ended.remark("contact"));
    let ended = ticket_of(talk, scene, &case, found.contact.as_ref(), &mut found.remarks).await?;
    found.ticket = ended.id().map(TicketId::from);
    found.reused = found.ticket.is_some() && !ended.is_new();
    // That ticketing is turned off is a setting, not news.
    if ended.reason() != Some(Reason::TicketingDisabled) {
        found.remarks.extend(ended.remark("ticket"));
    }
    if let (Some(ticket), true) = (&found.ticket, ended.is_new()) {
        talk.own_writes.extend(ticket::own_writes(&case, &talk.cx.settings.ticketing, ticket));
    }
    Ok(found)
}

async fn ticket_of(
    talk: &mut Talk<'_>,
    scene: &Scene,
    case: &Case<'_>,
    contact: Option<&ContactId>,
    remarks: &mut Vec<String>,
) -> Result<Ended, Stop> {
    let enabled = talk.cx.settings.ticketing.enabled;
    let begun = talk.journal.status(step::TICKET).is_some_and(|status| status != StepStatus::NotSent);
    if enabled && !begun {
        if let Some(ticket) = &scene.thread.ticket_id {
            return ticket::reuse(&mut desk(talk), ticket, contact).await;
        }
        if let Some(ended) = ticket::linked(&mut desk(talk), case, contact).await? {
            return Ok(ended);
        }
    }
    if let Some(ended) = desk(talk).ended(step::TICKET).filter(|ended| !ended.is_new()) {
        return Ok(ended);
    }
    let transcript = if enabled { case::transcript(talk, scene).await? } else { String::new() };
    let draft = ticket::Draft { contact, owner: None, transcript: &transcript };
    let ended = ticket::make(&mut desk(talk), case, &draft).await?;
    if let Some(ticket) = ended.id().filter(|_| ended.is_new()) {
        remarks.extend(ticket::transcript_notes(&mut desk(talk), case, &TicketId::from(ticket), &transcript).await?);
    }
    Ok(ended)
}

fn desk<'d, 'a>(talk: &'d mut Talk<'a>) -> Desk<'d, 'a> {
    let last = talk.last_resort.is_some();
    Desk { cx: talk.cx, journal: &mut talk.journal, last, attempts: talk.lease.attempts }
}

/// Posts the comment. None: a human came first, and the open messages were ended. Otherwise the reason to give if all
/// of the handoff failed.
async fn commented(
    talk: &mut Talk<'_>,
    scene: &Scene,
    text: String,
    has_ticket: bool,
    remarks: &mut Vec<String>,
) -> Result<Option<Reason>, Stop> {
    let guarded = talk.journal.status(step::POST_REPLY) != Some(StepStatus::Done) && !has_ticket;
    let guarded = guarded && !talk.open.is_empty();
    let refused = Reason::RejectedByHubspot;
    let posted = match post::once(talk, scene, step::HANDOFF_COMMENT, Body::Comment(text), guarded).await {
        // The last attempt still gives the thread to somebody, with or without a comment.
        Err(Stop::Retry { why, .. } | Stop::Wait { why, .. }) if talk.last_resort.is_some() => {
            Posted::Refused { reason: refused, detail: why }
        }
        other => other?,
    };
    match posted {
        Posted::Sent => Ok(Some(refused)),
        Posted::Withdrawn(reason) => {
            talk.skip_open(reason);
            Ok(None)
        }
        Posted::Unknown => {
            remarks.push("whether the comment was posted is not known".to_owned());
            Ok(Some(refused))
        }
        Posted::Refused { reason, detail } => {
            remarks.push(format!("comment: {detail}"));
            Ok(Some(reason))
        }
    }
}

/// What the ticket's own mailbox brings up to date: the tag and the data of a ticket that was there before, and its
/// owner where the thread could not be assigned.
fn write_later(talk: &mut Talk<'_>, scene: &Scene, records: &Records, owner: Option<String>) {
    let Some(ticket) = &records.ticket else { return };
    if !records.reused && owner.is_none() {
        return;
    }
    let session = scene.session.as_ref().filter(|_| records.reused);
    let mapped = &talk.cx.settings.ticketing.custom_data;
    let keys = session.map_or_else(Vec::new, |session| {
        session.custom_data.keys().filter(|key| mapped.contains_key(*key)).cloned().collect()
    });
    let session = session.map(|session| session.id.0);
    let write = TicketWrite { v: 1, session, keys, tag: records.reused, owner, ..TicketWrite::default() };
    let event = handoff::first_event(&talk.events).to_string();
    let connection = talk.cx.settings.name.clone();
    let dedup = DedupKey::of(&["handoff", connection.as_str(), &event, ticket.as_str()]);
    let object = Object::Ticket(ticket.clone());
    talk.followups.push(request::event(connection, object, EventKind::TicketWrite, &write, dedup, Schedule::Now));
}
