//! A human gets a conversation, works in it, and gives it back.

use super::ledger::Ledger;
use super::stage::{MESSAGES, Missed, Stage, quoted};
use crate::domain::{MessageId, ThreadId, TicketId};
use crate::sandbox::agent::What;
use crate::sandbox::portal::people::{Enrolled, WorkflowRun};
use crate::sandbox::portal::{Effect, Fault, ThreadView, TicketView};

const MARKER: &str = "🔄 AI decided to handoff";
const ASKED: &str = "I would like to talk to a human, please. It is about my order 1042.";

/// Adds what should be so and is not.
fn lacks(missing: &mut Vec<String>, is_so: bool, what: impl FnOnce() -> String) {
    if !is_so {
        missing.push(what());
    }
}

/// Contact, ticket, comment and assignment, each as HubSpot has it.
pub async fn handoff(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let (thread, ticket) = handed_off(stage, "Gus Ferreira").await?;
    let (view, rep) = (view(stage, &thread)?, stage.rep());
    let linked = view.ticket.clone().ok_or_else(|| Missed::new("a ticket in the thread", "none"))?;
    let contact = view.contact.as_ref().map(|(id, _)| id.clone()).unwrap_or_default();
    let note = stage.notes(&thread).into_iter().find(|note| note.starts_with(MARKER)).unwrap_or_default();
    let owner = view.owner.as_ref().map(|(actor, _)| actor.as_str());
    let mut missing = as_handed_off(&linked, &contact, &thread);
    // The built-in agent gives no data of its own.
    let order = linked.others.iter().any(|(label, value)| label == "Order number" && value == "1042");
    lacks(&mut missing, order || stage.assistant.is_none(), || "the order the agent found, 1042".to_owned());
    lacks(&mut missing, linked.id == ticket.0, || format!("the session's ticket {ticket}, not {}", linked.id));
    lacks(&mut missing, !note.is_empty(), || format!("an internal comment that begins with {MARKER}"));
    lacks(&mut missing, note.contains(ticket.as_str()), || "the ticket's id in the comment".to_owned());
    lacks(&mut missing, owner == Some(rep.as_str()), || format!("the conversation assigned to {rep}, not {owner:?}"));
    if !missing.is_empty() {
        return Err(Missed::new(missing.join("; "), format!("{linked:?}")));
    }
    Ok(format!(
        "Ticket {ticket}, priority {}, tagged {}, with the transcript,\n\
         joined to {} and the conversation, which is {}'s now.\nComment: {}",
        linked.priority.unwrap_or_default(),
        linked.tags.join(", "),
        view.customer,
        view.owner.map(|(_, name)| name).unwrap_or_default(),
        quoted(&note),
    ))
}

fn as_handed_off(ticket: &TicketView, contact: &str, thread: &ThreadId) -> Vec<String> {
    let mut missing = Vec::new();
    let joined = ticket.contacts.iter().any(|(id, _)| id == contact);
    lacks(&mut missing, ticket.content.contains(ASKED), || "the transcript on the ticket".to_owned());
    lacks(&mut missing, ticket.tags.iter().any(|tag| tag == "opencx_handedoff"), || {
        "the tag opencx_handedoff".to_owned()
    });
    lacks(&mut missing, ticket.priority.as_deref() == Some("MEDIUM"), || {
        "priority MEDIUM: the customer is calm".to_owned()
    });
    lacks(&mut missing, ticket.status == "New", || "the stage of the settings".to_owned());
    lacks(&mut missing, joined, || format!("the ticket joined to contact {contact}"));
    lacks(&mut missing, ticket.threads.contains(thread), || format!("the ticket joined to thread {thread}"));
    missing
}

/// The rep answers, twice; the customer answers back.
pub async fn reply(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let (thread, _) = handed_off(stage, "Hana Kimura").await?;
    let (rep, before) = (stage.rep(), stage.answers(&thread).len());
    let words = "Hello, this is Rita. Your order leaves our house this afternoon.";
    let said = stage.portal.rep_replies(&thread, &rep, words)?;
    let expected = if stage.assistant.is_some() { "relayed" } else { "sender_is_agent" };
    stage
        .until(&format!("the rep's reply to end as {expected}"), |ledger| {
            ledger.ended_as(&said.message, expected).map(drop)
        })
        .await?;
    let silent = stage.asks_again(&thread, "How long does shipping take?")?;
    let reason = skipped_for_a_human(stage, &silent.message).await?;
    stage.settle_down().await?;
    silence(stage, &thread, before)?;
    let relayed = relayed(stage, &thread);
    match relayed {
        Some(told) if told != [(false, words.to_owned())] => {
            Err(Missed::new("the rep's words on the agent's side, once", format!("{told:?}")))
        }
        told => Ok(format!(
            "{}: {}\nIts event: {expected}; {}. The customer's next question: {reason}.",
            stage.rep_name(),
            quoted(words),
            if told.is_some() { "the agent was told once" } else { "the built-in agent takes no replies" },
        )),
    }
}

/// A comment in the thread and a note on the ticket.
pub async fn notes(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let (thread, ticket) = handed_off(stage, "Ines Costa").await?;
    let (rep, before) = (stage.rep(), stage.answers(&thread).len());
    let comment = stage.portal.rep_comments(&thread, &rep, "How long does shipping take for her, do you know?")?;
    let note = stage.portal.rep_notes_ticket(&ticket, &rep, "<p>She called twice. Do you ship abroad?</p>")?;
    stage
        .until("comment and note to end as internal_comment", |ledger| {
            ledger.ended_as(&comment.message, "internal_comment")?;
            ledger.ended_of("object.creation", note.as_str(), "internal_comment").map(drop)
        })
        .await?;
    stage.settle_down().await?;
    silence(stage, &thread, before)?;
    if let Some(told) = relayed(stage, &thread).filter(|told| !told.is_empty()) {
        return Err(Missed::new("nothing of it on the agent's side", format!("{told:?}")));
    }
    Ok("A comment in the conversation and a note on its ticket, both with a question in them: internal_comment.\n\
        Nobody answered them, and the agent was not told."
        .to_owned())
}

pub async fn resume(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let (thread, _) = handed_off(stage, "Jun Tanaka").await?;
    let before = stage.answers(&thread).len();
    let silent = stage.asks_again(&thread, "Do you ship abroad?")?;
    let reason = skipped_for_a_human(stage, &silent.message).await?;
    let (ai, rep) = (stage.portal.seed().ai.actor(), stage.rep());
    stage.portal.assign(&thread, Some(&ai), &rep)?;
    let again = stage.asks_again(&thread, "Can I exchange it for another size?")?;
    stage
        .until("the next message to be answered by the AI", |ledger| {
            ledger.ended_as(&again.message, "replied")?;
            state(ledger, &thread, "ai")
        })
        .await?;
    stage.settle_down().await?;
    let answer = stage.answer_at(&thread, before + 1)?;
    Ok(format!(
        "While a rep had it: {reason}. Given back to the AI, it answered the next message.\nAI:  {}",
        quoted(&answer)
    ))
}

/// Two actions of a HubSpot workflow, posted and signed as HubSpot does.
pub async fn workflow(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let asked = stage.asks("Kofi Mensah", "How do I return something I ordered?")?;
    stage.until("its event to end as replied", |ledger| ledger.ended_as(&asked.message, "replied").map(drop)).await?;
    run(stage, &asked.thread, "pause-ai", "paused", "paused").await?;
    let silent = stage.asks_again(&asked.thread, "Do you ship abroad?")?;
    stage
        .until("the next message to be skipped as session_paused", |ledger| {
            ledger.ended_as(&silent.message, "session_paused").map(drop)
        })
        .await?;
    run(stage, &asked.thread, "resume-ai", "resumed", "ai").await?;
    let again = stage.asks_again(&asked.thread, "Can I exchange it for another size?")?;
    stage
        .until("the message after that to be answered", |ledger| ledger.ended_as(&again.message, "replied").map(drop))
        .await?;
    stage.settle_down().await?;
    let answer = stage.answer_at(&asked.thread, 2)?;
    Ok(format!("pause-ai: the next message was session_paused. resume-ai: answered again.\nAI:  {}", quoted(&answer)))
}

async fn run(stage: &Stage<'_>, thread: &ThreadId, name: &str, outcome: &str, after: &str) -> Result<(), Missed> {
    let object = Enrolled::Conversation { id: thread.0.clone() };
    let action = WorkflowRun { name: name.to_owned(), object, inputs: serde_json::Map::new(), signing: None };
    stage.portal.workflow_runs(&action)?;
    stage
        .until(&format!("{name} to end as {outcome}, and the session to be {after}"), |ledger| {
            ledger.ended_of("action", thread.as_str(), outcome)?;
            state(ledger, thread, after)
        })
        .await
}

/// HubSpot takes the reply and says later that it could not deliver it. Seen by the look that the bridge takes at each
/// reply `delivery.settle` after it: a second in the tour's settings, half a minute by default.
pub async fn undelivered(stage: &mut Stage<'_>) -> Result<String, Missed> {
    stage.portal.add_fault(Fault::times(1, "POST", MESSAGES, Effect::FailsLater { ms: 300 }));
    let asked = stage.asks("Lea Fischer", "Which payment methods do you accept?")?;
    stage.until("its event to end as replied", |ledger| ledger.ended_as(&asked.message, "replied").map(drop)).await?;
    stage
        .until("the look at its delivery to hand it off, because of delivery_failed", |ledger| {
            let check = ledger.ended_of("delivery_check", asked.thread.as_str(), "handed_off")?;
            match check.reason.as_deref() {
                Some("delivery_failed") => state(ledger, &asked.thread, "handed_off"),
                reason => Err(format!("the reason is {reason:?}")),
            }
        })
        .await?;
    stage.settle_down().await?;
    let (view, rep) = (view(stage, &asked.thread)?, stage.rep());
    match (view.owner, view.ticket) {
        (Some((actor, name)), Some(ticket)) if actor == rep.0 => {
            stage.answer_at(&asked.thread, 1)?;
            Ok(format!("HubSpot took the answer, then said FAILED. {name} has it now, with ticket {}.", ticket.id))
        }
        (owner, ticket) => Err(Missed::new(
            format!("the conversation with {rep}, and a ticket"),
            format!("{owner:?}, ticket {:?}", ticket.map(|ticket| ticket.id)),
        )),
    }
}

/// A conversation whose customer asked for a person, and its ticket.
pub async fn handed_off(stage: &mut Stage<'_>, name: &str) -> Result<(ThreadId, TicketId), Missed> {
    let asked = stage.asks(name, ASKED)?;
    let ticket = stage
        .until("its event to end as handed_off, its session too, with contact and ticket", |ledger| {
            ledger.ended_as(&asked.message, "handed_off")?;
            state(ledger, &asked.thread, "handed_off")?;
            let session = ledger.session(&asked.thread)?;
            session.contact_id.as_ref().ok_or("no contact")?;
            Ok(TicketId(session.ticket_id.clone().ok_or("no ticket")?))
        })
        .await?;
    stage.settle_down().await?;
    Ok((asked.thread, ticket))
}

async fn skipped_for_a_human(stage: &Stage<'_>, message: &MessageId) -> Result<String, Missed> {
    stage
        .until("the customer's next message to be skipped because a human has the conversation", |ledger| {
            let event = ledger.ended(message)?;
            let expected = ["not_ai_owned", "session_handed_off"].contains(&event.ending());
            if expected { Ok(event.ending().to_owned()) } else { Err(format!("{} ended {}", event.id, event.ending())) }
        })
        .await
}

/// The AI has said no more than it had before.
fn silence(stage: &Stage<'_>, thread: &ThreadId, before: usize) -> Result<(), Missed> {
    match stage.answers(thread).get(before) {
        Some(answer) => Err(Missed::new("silence of the AI", quoted(answer))),
        None => Ok(()),
    }
}

/// What the agent was told of reps' words in a thread, and whether each was a note; none: it takes none.
fn relayed(stage: &Stage<'_>, thread: &ThreadId) -> Option<Vec<(bool, String)>> {
    let heard = stage.assistant.as_ref()?.heard().into_iter().filter(|heard| heard.thread.as_ref() == Some(thread));
    let told = heard.filter_map(|heard| match heard.what {
        What::Relay { note, .. } => Some((note, heard.text)),
        What::Turn { .. } => None,
    });
    Some(told.collect())
}

fn view(stage: &Stage<'_>, thread: &ThreadId) -> Result<ThreadView, Missed> {
    stage.portal.thread_view(thread).ok_or_else(|| Missed::new(format!("thread {thread}"), "it is gone"))
}

fn state(ledger: &Ledger, thread: &ThreadId, expected: &str) -> Result<(), String> {
    let session = ledger.session(thread)?;
    if session.state == expected { Ok(()) } else { Err(format!("the session is {}", session.state)) }
}
