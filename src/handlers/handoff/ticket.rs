//! The ticket: the conversation's own when HubSpot made one already, else a new one with summary and transcript.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Case, Desk, Ended, REFERENCE, Record, transcript};
use crate::config::Ticketing;
use crate::domain::{ActorId, ContactId, Reason, TicketId, Timestamp};
use crate::handlers::Stop;
use crate::handlers::journal::{self, step::TICKET};
use crate::handlers::ticket::value_hash;
use crate::hubspot::{Class, Effect, Error, Kind};
use crate::store::StepStatus;

/// Added to the tag property of every ticket of a handed-off conversation.
pub const HANDED_OFF_TAG: &str = "opencx_handedoff";
/// What HubSpot demands of a ticket: these are never left out.
const DEMANDED: [&str; 3] = ["subject", "hs_pipeline", "hs_pipeline_stage"];

/// What the intent keeps, to look for the ticket by: what is asked again later may be answered differently.
#[derive(Debug, Serialize, Deserialize)]
struct Intent {
    v: u32,
    subject: String,
}

/// What is written with a new ticket.
#[derive(Debug)]
pub struct Draft<'a> {
    /// The customer's.
    pub contact: Option<&'a ContactId>,
    /// Who is to own it; none: nobody yet.
    pub owner: Option<String>,
    /// The conversation in words.
    pub transcript: &'a str,
}

/// Runs the step for a conversation that has no ticket of its own.
pub async fn make(desk: &mut Desk<'_, '_>, case: &Case<'_>, draft: &Draft<'_>) -> Result<Ended, Stop> {
    if let Some(ended) = desk.ended(TICKET) {
        return Ok(ended);
    }
    if !desk.cx.settings.ticketing.enabled {
        let record = Record {
            reason: Some(Reason::TicketingDisabled.as_str().to_owned()),
            ..Record::without("ticketing is turned off for this connection")
        };
        return desk.settle(TICKET, StepStatus::Skipped, record).await;
    }
    if desk.journal.status(TICKET) == Some(StepStatus::Intended) {
        match find(desk, case).await {
            Ok(Some((id, how))) => return desk.settle(TICKET, StepStatus::Done, Record::done(id.0, how)).await,
            Ok(None) => desk.wait_until_shown(TICKET)?,
            // The intent must stay open until the look succeeds.
            Err(error) if !desk.last && matches!(error.class, Class::Retry { .. } | Class::Hold { .. }) => {
                return Err(error.into());
            }
            // Without a look nothing is known: no second ticket.
            Err(error) => {
                tracing::warn!(error = %error, "the ticket of an interrupted handoff could not be looked for");
                return desk.unknown(TICKET, "a ticket").await;
            }
        }
    }
    create(desk, case, draft).await
}

/// Where the transcript is too long for the ticket: notes on it. What people should know, if one fails.
pub async fn transcript_notes(
    desk: &mut Desk<'_, '_>,
    case: &Case<'_>,
    ticket: &TicketId,
    transcript: &str,
) -> Result<Option<String>, Stop> {
    let promised = desk.ended(TICKET).is_some_and(|ended| ended.record.notes);
    let (_, fits) = transcript::content(&head(case), transcript, &case.reference(desk.cx));
    if fits && !promised { Ok(None) } else { transcript::notes(desk, case, ticket, transcript).await }
}

fn head(case: &Case<'_>) -> String {
    case.summary.clone().unwrap_or_else(|| "A conversation was handed over by the AI.".to_owned())
}

/// Takes the ticket an earlier handoff linked, if HubSpot still has it.
pub async fn linked(
    desk: &mut Desk<'_, '_>,
    case: &Case<'_>,
    contact: Option<&ContactId>,
) -> Result<Option<Ended>, Stop> {
    let Some(linked) = case.session.and_then(|session| session.ticket_id.as_ref()) else { return Ok(None) };
    match desk.cx.hubspot.ticket(linked, &[]).await {
        Ok(_) => reuse(desk, linked, contact).await.map(Some),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => desk.failed(TICKET, error).await.map(Some),
    }
}

/// Takes the ticket that is there. Its tag, data and owner are the ticket mailbox's to write.
pub async fn reuse(desk: &mut Desk<'_, '_>, ticket: &TicketId, contact: Option<&ContactId>) -> Result<Ended, Stop> {
    if let Some(ended) = desk.ended(TICKET) {
        return Ok(ended);
    }
    let mut failed = None;
    if let Some(contact) = contact {
        // Joining twice is harmless, so it needs no intent.
        let (ticket, contact) = ((Kind::Ticket, ticket.as_str()), (Kind::Contact, contact.as_str()));
        match desk.cx.hubspot.associate(ticket, contact).await {
            Err(error) if desk.worth_waiting(&error) => return Err(error.into()),
            ended => failed = ended.err(),
        }
    }
    let remark = failed.map(|error| format!("it could not be joined to the contact: {error}"));
    desk.settle(TICKET, StepStatus::Done, Record::done(ticket.as_str(), "reused").remark(remark)).await
}

async fn create(desk: &mut Desk<'_, '_>, case: &Case<'_>, draft: &Draft<'_>) -> Result<Ended, Stop> {
    let mut properties = properties(desk, case, draft);
    let (client, mut thread) = (desk.cx.hubspot.reserve(3).await?, case.thread_id());
    let mut remarks: Vec<String> = Vec::new();
    // At most three calls: as wished, without what HubSpot does not know, without the thread.
    let intent = Intent { v: 1, subject: case.subject.clone() };
    desk.journal.intend(TICKET, desk.cx.hubspot_timeout * 3, None, None, &intent).await?;
    for _ in 0..3 {
        let error = match client.create_ticket(&properties, draft.contact, thread).await {
            Ok(id) => {
                let remark = (!remarks.is_empty()).then(|| remarks.join("; "));
                let (_, fits) = transcript::content(&head(case), draft.transcript, &case.reference(desk.cx));
                let made = Record { notes: !fits, ..Record::done(id.0, "made").remark(remark) };
                return desk.settle(TICKET, StepStatus::Done, made).await;
            }
            Err(error) if error.effect == Effect::Unclear => return desk.unclear(TICKET, "a ticket", error).await,
            Err(error) => error,
        };
        match lighten(&mut properties, &mut thread, &error) {
            Some(remark) => remarks.push(remark),
            None => return desk.failed(TICKET, explained(error, &desk.cx.settings.ticketing)).await,
        }
    }
    let reason = Some(Reason::RejectedByHubspot.as_str().to_owned());
    let detail = format!("HubSpot refuses the ticket ({})", remarks.join("; "));
    desk.settle(TICKET, StepStatus::Failed, Record { reason, ..Record::without(detail) }).await
}

/// Leaves out what HubSpot refuses, if the rest can do without it: what was left out, for people.
fn lighten(
    properties: &mut BTreeMap<String, String>,
    thread: &mut Option<&crate::domain::ThreadId>,
    error: &Error,
) -> Option<String> {
    let bad = &error.bad_properties;
    if !bad.is_empty() && !bad.iter().any(|name| DEMANDED.contains(&name.as_str())) {
        let before = properties.len();
        properties.retain(|name, _| !bad.contains(name));
        return (properties.len() < before).then(|| format!("left out what HubSpot does not take: {}", bad.join(", ")));
    }
    let refused = matches!(error.class, Class::Permanent { reason: Reason::RejectedByHubspot } | Class::NotFound);
    (refused && bad.is_empty() && thread.take().is_some()).then(|| "not joined to the thread".to_owned())
}

/// Says which setting is wrong where HubSpot names its property.
fn explained(error: Error, ticketing: &Ticketing) -> Error {
    if !error.bad_properties.iter().any(|name| name.starts_with("hs_pipeline")) {
        return error;
    }
    let (pipeline, stage) = (&ticketing.pipeline, &ticketing.stage);
    let detail = format!(
        "{}; check `ticketing.pipeline` ({pipeline:?}) and `ticketing.stage` ({stage:?}): HubSpot wants internal ids",
        error.detail
    );
    Error { detail, ..error }
}

fn properties(desk: &Desk<'_, '_>, case: &Case<'_>, draft: &Draft<'_>) -> BTreeMap<String, String> {
    let ticketing = &desk.cx.settings.ticketing;
    let (content, _) = transcript::content(&head(case), draft.transcript, &case.reference(desk.cx));
    let mut properties = BTreeMap::from([
        ("subject".to_owned(), case.subject.clone()),
        ("content".to_owned(), content),
        ("hs_pipeline".to_owned(), ticketing.pipeline.clone()),
        ("hs_pipeline_stage".to_owned(), ticketing.stage.clone()),
    ]);
    if let Some(priority) = case.sentiment.as_deref().and_then(priority) {
        properties.insert("hs_ticket_priority".to_owned(), priority.to_owned());
    }
    if let Some(owner) = &draft.owner {
        properties.insert("hubspot_owner_id".to_owned(), owner.clone());
    }
    properties.extend(marks(case, ticketing));
    properties
}

/// Tag and mapped custom data of a new ticket.
fn marks(case: &Case<'_>, ticketing: &Ticketing) -> BTreeMap<String, String> {
    let mapped = ticketing.custom_data.iter();
    let mut marks: BTreeMap<String, String> = mapped
        .filter_map(|(key, property)| Some((property.clone(), case.custom_data.get(key)?.clone())))
        .filter(|(property, _)| !DEMANDED.contains(&property.as_str()))
        .collect();
    if !ticketing.tag_property.is_empty() {
        marks.insert(ticketing.tag_property.clone(), HANDED_OFF_TAG.to_owned());
    }
    marks
}

/// What a new ticket's echoes are recognised by: property and hash of the value.
#[must_use]
pub fn own_writes(case: &Case<'_>, ticketing: &Ticketing, ticket: &TicketId) -> Vec<(TicketId, String, String)> {
    let hashed = |(property, value): (String, String)| (ticket.clone(), property, value_hash(&value));
    marks(case, ticketing).into_iter().map(hashed).collect()
}

/// HubSpot's stock priorities; other words of the agent leave it open.
fn priority(sentiment: &str) -> Option<&'static str> {
    match sentiment.to_lowercase().as_str() {
        "angry" | "furious" | "frustrated" | "negative" | "upset" => Some("HIGH"),
        "neutral" => Some("MEDIUM"),
        "happy" | "positive" | "satisfied" => Some("LOW"),
        _ => None,
    }
}

/// Our own ticket after an unclear end: the thread shows it, else the search does. One that the thread got from somebody
/// else meanwhile is as good, but not ours.
async fn find(desk: &Desk<'_, '_>, case: &Case<'_>) -> Result<Option<(TicketId, &'static str)>, Error> {
    let client = &desk.cx.hubspot;
    let reference = case.reference(desk.cx);
    let shown = match case.thread_id() {
        Some(thread) => client.thread(thread).await?.ticket_id,
        None => None,
    };
    if let Some(ticket) = &shown {
        let content = client.ticket(ticket, &["content".to_owned()]).await?.remove("content").flatten();
        if content.is_some_and(|content| bears(&content, &reference)) {
            return Ok(Some((ticket.clone(), "found")));
        }
    }
    let record = desk.journal.get(TICKET);
    // HubSpot's clock and ours differ a little.
    let since = record.map_or(Timestamp(0), |record| record.intended_at).before(std::time::Duration::from_mins(10));
    let intent = record.and_then(|record| journal::decode::<Intent>(record.text.as_deref()));
    let subject = intent.map_or_else(|| case.subject.clone(), |intent| intent.subject);
    let found = client.find_tickets(&subject, since).await?;
    let ours = found.into_iter().find(|ticket| bears(&ticket.content, &reference)).map(|ticket| ticket.id);
    Ok(ours.map(|ticket| (ticket, "found")).or(shown.map(|ticket| (ticket, "reused"))))
}

/// The reference is the ticket's own. Another one before it is in the customer's words.
fn bears(content: &str, reference: &str) -> bool {
    let own = content.rfind(REFERENCE).and_then(|at| content.get(at..));
    own.is_some_and(|own| own.starts_with(reference))
}

/// The owner id behind a user; none when HubSpot does not tell.
#[must_use]
pub fn owner_of(owners: &[crate::hubspot::Owner], user: &ActorId) -> Option<String> {
    let number = user.as_str().strip_prefix("A-")?;
    owners.iter().find(|owner| owner.user_id.as_deref() == Some(number)).map(|owner| owner.id.clone())
}
