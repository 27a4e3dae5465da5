//! People beside the AI: bots, reps who comment, claim and give back, and a ticket that changes.

use std::time::Duration;

use super::ledger::Ledger;
use super::stage::{MESSAGE, Missed, Stage, quoted};
use crate::domain::{MessageId, ThreadId};
use crate::sandbox::portal::people::Email;
use crate::sandbox::portal::seed::HELP_DESK_ACCOUNT;

const MARKER: &str = "🔄 AI decided to handoff";

pub async fn bystanders(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let asked = stage.asks("Emil Sørensen", "What are your opening hours?")?;
    stage.until("its event to end as replied", |ledger| ledger.ended_as(&asked.message, "replied").map(drop)).await?;
    let rep = stage.rep();
    let bot = stage.portal.bot_says(&asked.thread, "How did we do today?")?;
    let note =
        stage.portal.rep_comments(&asked.thread, &rep, "He asked the same last week. How long does shipping take?")?;
    let (bot, note) = stage
        .until("both to end as skipped, each for its reason", |ledger| {
            let bot = ledger.ended_as(&bot.message, "sender_is_bot")?;
            let note = ledger.ended_as(&note.message, "internal_comment")?;
            Ok((bot.ending().to_owned(), note.ending().to_owned()))
        })
        .await?;
    stage.one_answer(&asked.thread).await?;
    Ok(format!("the bot's message: {bot}; {}'s comment: {note}. No further answer.", stage.rep_name()))
}

/// HubSpot shows the message late, so that the bridge has the question in hand when the rep claims the conversation.
pub async fn takeover(stage: &mut Stage<'_>) -> Result<String, Missed> {
    stage.slow_down("GET", MESSAGE, Duration::from_secs(1));
    let asked = stage.asks("Fatima Zahra", "How much is shipping?")?;
    let reading = format!("/conversations/v3/conversations/threads/{}/messages/{}", asked.thread, asked.message);
    stage.called("GET", &reading, 0).await?;
    let rep = stage.rep();
    stage.portal.assign(&asked.thread, Some(&rep), &rep)?;
    let ended = stage
        .until("its event to end as taken_over", |ledger| {
            Ok(ledger.ended_as(&asked.message, "taken_over")?.ending().to_owned())
        })
        .await?;
    stage.settle_down().await?;
    let answers = stage.answers(&asked.thread);
    if let Some(answer) = answers.first() {
        return Err(Missed::new("nothing from the AI in the thread", quoted(answer)));
    }
    let name = stage.rep_name();
    Ok(format!("{name} claimed it while the bridge was at it: {ended}. The answer was withdrawn, nothing was posted."))
}

pub async fn handoff(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let (asked, _) = handed_off(stage, "Gus Ferreira").await?;
    let note = stage.notes(&asked).into_iter().find(|note| note.starts_with(MARKER));
    let Some(note) = note else {
        return Err(Missed::new(
            format!("an internal comment that begins with {MARKER}"),
            format!("{:?}", stage.notes(&asked)),
        ));
    };
    let owner = stage.portal.thread_view(&asked).and_then(|view| view.owner);
    let rep = stage.rep();
    match owner {
        Some((actor, name)) if actor == rep.0 => {
            Ok(format!("The conversation is {name}'s now. Comment: {}", quoted(&note)))
        }
        owner => Err(Missed::new(format!("the conversation assigned to {rep}"), format!("{owner:?}"))),
    }
}

pub async fn resume(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let (thread, _) = handed_off(stage, "Hana Kimura").await?;
    let before = stage.answers(&thread).len();
    let silent = stage.asks_again(&thread, "Do you ship abroad?")?;
    let reason = stage
        .until("its event to be skipped because a human has the conversation", |ledger| {
            let event = ledger.ended(&silent.message)?;
            let expected = ["not_ai_owned", "session_handed_off"].contains(&event.ending());
            if expected { Ok(event.ending().to_owned()) } else { Err(format!("{} ended {}", event.id, event.ending())) }
        })
        .await?;
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

pub async fn ticket(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let mail = Email {
        from: "ida@example.com".to_owned(),
        name: Some("Ida Nowak".to_owned()),
        subject: "Broken vase".to_owned(),
        text: "My order arrived broken. What do I do?".to_owned(),
        quoted: None,
        account: Some(HELP_DESK_ACCOUNT.to_owned()),
        thread: None,
    };
    let posted = stage.portal.customer_emails(&mail)?;
    stage.until("the mail to end as replied", |ledger| ledger.ended_as(&posted.message, "replied").map(drop)).await?;
    let ticket = stage.portal.thread_view(&posted.thread).and_then(|view| view.ticket);
    let Some(ticket) = ticket else {
        return Err(Missed::new("a ticket that the help desk made for the mail", "none"));
    };
    let ticket = crate::domain::TicketId(ticket.id);
    let rep = stage.rep();
    stage.portal.change_ticket(&ticket, "hs_ticket_priority", "URGENT", &rep)?;
    stage
        .until("the session's custom data to say hs_ticket_priority = URGENT", |ledger| {
            let session = ledger.session(&posted.thread)?;
            let synced = |event: &&super::ledger::Event| {
                event.kind == "ticket.propertyChange"
                    && event.object_id.as_deref() == Some(ticket.as_str())
                    && event.ending() == "property_synced"
            };
            match session.custom_data.get("hs_ticket_priority").map(String::as_str) {
                Some("URGENT") if ledger.events.iter().any(|event| synced(&event)) => Ok(()),
                value => Err(format!("it says {value:?}")),
            }
        })
        .await?;
    let name = stage.rep_name();
    Ok(format!("{name} set the priority of ticket {ticket} to URGENT; the session knows it."))
}

/// A conversation whose customer asked for a person, and the message that did it.
async fn handed_off(stage: &mut Stage<'_>, name: &str) -> Result<(ThreadId, MessageId), Missed> {
    let asked = stage.asks(name, "I would like to talk to a human, please.")?;
    stage
        .until("its event to end as handed_off, and its session too", |ledger| {
            ledger.ended_as(&asked.message, "handed_off")?;
            state(ledger, &asked.thread, "handed_off")
        })
        .await?;
    stage.settle_down().await?;
    Ok((asked.thread, asked.message))
}

fn state(ledger: &Ledger, thread: &ThreadId, expected: &str) -> Result<(), String> {
    let session = ledger.session(thread)?;
    if session.state == expected { Ok(()) } else { Err(format!("the session is {}", session.state)) }
}
