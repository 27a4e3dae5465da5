//! A ticket and the AI's session follow each other, both ways.

use super::handoff::handed_off;
use super::ledger::{Event, set_custom_data};
use super::stage::{Missed, Stage};
use crate::domain::TicketId;
use crate::sandbox::portal::people::Email;
use crate::sandbox::portal::seed::HELP_DESK_ACCOUNT;

const CHANGES: u32 = 10;

pub async fn to_session(stage: &mut Stage<'_>) -> Result<String, Missed> {
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
    let ticket = TicketId(ticket.id);
    let rep = stage.rep();
    stage.portal.change_ticket(&ticket, "hs_ticket_priority", "URGENT", &rep)?;
    stage
        .until("the session's custom data to say hs_ticket_priority = URGENT", |ledger| {
            let session = ledger.session(&posted.thread)?;
            let synced = |event: &Event| {
                event.kind == "ticket.propertyChange"
                    && event.object_id.as_deref() == Some(ticket.as_str())
                    && event.ending() == "property_synced"
            };
            match session.custom_data.get("hs_ticket_priority").map(String::as_str) {
                Some("URGENT") if ledger.events.iter().any(synced) => Ok(()),
                value => Err(format!("it says {value:?}")),
            }
        })
        .await?;
    let name = stage.rep_name();
    Ok(format!("{name} set the priority of ticket {ticket} to URGENT; the session knows it."))
}

/// Ten changes of the session's data, one right after the other.
pub async fn from_session(stage: &mut Stage<'_>) -> Result<String, Missed> {
    let (thread, ticket) = handed_off(stage, "Mira Novak").await?;
    let path = format!("/crm/v3/objects/tickets/{ticket}");
    let before = stage.calls("PATCH", &path);
    let session = stage.until("a session", |ledger| ledger.session(&thread).map(|found| found.id.clone())).await?;
    for number in 1..=CHANGES {
        let order = format!("10{number:02}");
        set_custom_data(stage.bridge, &session, "order", &order)
            .await
            .map_err(|seen| Missed::new("the session's data to be set", seen))?;
    }
    stage.settle_down().await?;
    let last = format!("10{CHANGES:02}");
    let found = stage.portal.thread_view(&thread).and_then(|view| view.ticket);
    let others = found.map(|ticket| ticket.others).unwrap_or_default();
    let order = others.into_iter().find(|(label, _)| label == "Order number").map(|(_, value)| value);
    let writes = stage.calls("PATCH", &path) - before;
    if order.as_deref() != Some(last.as_str()) || !(1..=2).contains(&writes) {
        let seen = format!("{order:?} after {writes} writes");
        return Err(Missed::new(format!("order number {last} on ticket {ticket} after one or two writes"), seen));
    }
    let times = if writes == 1 { "one write" } else { "two writes" };
    Ok(format!(
        "{CHANGES} changes of \"order\" in the session, {times} to ticket {ticket}: its order number is {last}."
    ))
}
