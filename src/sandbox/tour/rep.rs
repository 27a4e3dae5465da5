//! People beside the AI: bots, reps who comment, and one who claims the conversation.

use std::time::Duration;

use super::stage::{MESSAGE, Missed, Stage, quoted};

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
