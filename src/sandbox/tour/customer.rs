//! Customers: a question, a burst, an e-mail, a message that HubSpot announces twice.

use std::time::Duration;

use tokio::time::sleep;

use super::stage::{Missed, Stage, quoted};
use crate::sandbox::portal::people::Email;
use crate::sandbox::portal::{DeliveryFaults, Speaker};

/// Between two messages of a burst: HubSpot stamps them in different milliseconds, and the quiet period is longer.
const TYPING: Duration = Duration::from_millis(50);

pub async fn question(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let asked = "How long does shipping take?";
    let posted = stage.asks("Ada Lindgren", asked)?;
    stage.until("its event to end as replied", |ledger| ledger.ended_as(&posted.message, "replied").map(drop)).await?;
    let answer = stage.one_answer(&posted.thread).await?;
    if !answer.contains("2 to 3 working") {
        return Err(Missed::new("the article about delivery times", quoted(&answer)));
    }
    Ok(format!("Ada: {}\nAI:  {}", quoted(asked), quoted(&answer)))
}

pub async fn burst(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let first = stage.asks("Ben Okafor", "Hi!")?;
    sleep(TYPING).await;
    let second = stage.asks_again(&first.thread, "I ordered a lamp.")?;
    sleep(TYPING).await;
    let third = stage.asks_again(&first.thread, "How do I return something I ordered?")?;
    stage
        .until("two events to end as merged and the last as replied", |ledger| {
            ledger.ended_as(&first.message, "merged")?;
            ledger.ended_as(&second.message, "merged")?;
            ledger.ended_as(&third.message, "replied").map(drop)
        })
        .await?;
    let answer = stage.one_answer(&first.thread).await?;
    Ok(format!("Ben wrote three times; the events ended merged, merged, replied.\nAI:  {}", quoted(&answer)))
}

pub async fn email(stage: &mut Stage<'_>) -> Result<String, Missed> {
    const DELAY: Duration = Duration::from_secs(1);
    let text = "Hello, which payment methods do you accept?";
    let mail = Email {
        from: "chloe@example.com".to_owned(),
        name: Some("Chloé Marchand".to_owned()),
        subject: "Paying".to_owned(),
        text: text.to_owned(),
        quoted: None,
        account: None,
        thread: None,
    };
    let posted = stage.portal.customer_emails(&mail)?;
    stage.until("its event to end as replied", |ledger| ledger.ended_as(&posted.message, "replied").map(drop)).await?;
    let answer = stage.one_answer(&posted.thread).await?;
    let view = stage.portal.thread_view(&posted.thread);
    let at = |speaker| view.as_ref()?.lines.iter().find(|line| line.speaker == speaker).map(|line| line.at);
    let waited = at(Speaker::Ai).zip(at(Speaker::Customer)).map(|(ai, customer)| ai.since(customer));
    match waited {
        Some(waited) if waited >= DELAY => Ok(format!(
            "Chloé's mail was answered {:.1} s after it came.\nAI:  {}",
            waited.as_secs_f64(),
            quoted(&answer)
        )),
        waited => Err(Missed::new(format!("an answer no sooner than {DELAY:?} after the mail"), format!("{waited:?}"))),
    }
}

pub async fn duplicate(stage: &mut Stage<'_>) -> Result<String, Missed> {
    stage.portal.set_delivery_faults(DeliveryFaults { duplicate: 1.0, ..DeliveryFaults::default() });
    let posted = stage.asks("Dora Weiss", "Do you offer gift wrapping?")?;
    let (id, seen) = stage
        .until("one event, seen twice, to end as replied", |ledger| {
            let event = ledger.ended_as(&posted.message, "replied")?;
            if event.seen < 2 {
                return Err(format!("{} was seen {} time", event.id, event.seen));
            }
            Ok((event.id.clone(), event.seen))
        })
        .await?;
    stage.one_answer(&posted.thread).await?;
    Ok(format!("{id} was delivered {seen} times; Dora has one answer."))
}
