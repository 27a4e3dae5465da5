//! The customer's contact and the conversation's ticket, as the CRM has them.

use super::{ASK_AGAIN, PATIENCE, sentence};
use crate::doctor::Line;
use crate::domain::{ContactId, Session, SessionState, TicketId};
use crate::handlers::Context;
use crate::handlers::handoff::ticket::HANDED_OFF_TAG;
use crate::hubspot::Class;

const STAGE: &str = "hs_pipeline_stage";
const PIPELINE: &str = "hs_pipeline";

/// Is the customer a contact with an address? The address itself is never shown.
pub(super) async fn contact(cx: &Context, id: Option<&ContactId>) -> Line {
    let fix = "Ask the customer for an e-mail address, or join the conversation to a contact in HubSpot.";
    let Some(id) = id else { return Line::warning("contact", "No contact is known for it.", fix) };
    match cx.reader.within(PATIENCE).contact(id).await {
        Ok(Some(contact)) if contact.email.is_some() => {
            Line::ok("contact", format!("Contact {id} is known and has an e-mail address."))
        }
        Ok(Some(_)) => Line::warning("contact", format!("Contact {id} is known, without an e-mail address."), fix),
        Ok(None) => Line::warning("contact", format!("{id} is a visitor of the chat, not a contact."), fix),
        Err(error) => Line::failed("contact", sentence("The contact could not be read", &error), ASK_AGAIN),
    }
}

/// The ticket, and whether it is tagged as handed off.
pub(super) async fn ticket(cx: &Context, id: Option<&TicketId>, session: Option<&Session>) -> Vec<Line> {
    let ticketing = &cx.settings.ticketing;
    let Some(id) = id else { return vec![Line::ok("ticket", "No ticket is linked to it.")] };
    let tag = &ticketing.tag_property;
    let wanted: Vec<String> =
        [PIPELINE, STAGE, tag].iter().filter(|name| !name.is_empty()).map(ToString::to_string).collect();
    let client = cx.hubspot.within(PATIENCE);
    let values = match client.ticket(id, &wanted).await {
        Ok(values) => values,
        Err(error) if error.class == Class::NotFound => {
            let fix = "It was probably deleted; the next handoff makes another.";
            return vec![Line::failed("ticket", format!("HubSpot has no ticket {id}."), fix)];
        }
        Err(error) => {
            return vec![Line::failed("ticket", sentence("The ticket could not be read", &error), ASK_AGAIN)];
        }
    };
    let value = |name: &str| values.get(name).cloned().flatten();
    let stage = value(STAGE).unwrap_or_default();
    let pipelines = client.ticket_pipelines().await.unwrap_or_default();
    let of_pipeline = pipelines.iter().filter(|pipeline| value(PIPELINE).is_none_or(|id| id == pipeline.id));
    let label = of_pipeline.flat_map(|pipeline| &pipeline.stages).find(|(id, _)| *id == stage);
    let status = label.map_or(stage.clone(), |(_, label)| label.clone());
    let mut lines = vec![Line::ok("ticket", format!("Ticket {id} exists, in the stage `{status}`."))];
    let handed_off = session.is_some_and(|session| session.state == SessionState::HandedOff);
    lines.push(match values.get(tag.as_str()) {
        _ if !ticketing.enabled || tag.is_empty() => Line::ok("tag", "The settings tag no tickets."),
        None => Line::failed(
            "tag",
            format!("HubSpot has no ticket property `{tag}`."),
            "`hubspot-bridge doctor --fix` makes it, or name another in `ticketing.tag_property`.",
        ),
        Some(value) if value.as_deref().is_some_and(is_tagged) => {
            Line::ok("tag", format!("The ticket is tagged: `{tag}` has `{HANDED_OFF_TAG}`."))
        }
        Some(_) if handed_off => Line::warning(
            "tag",
            format!("The conversation was handed off, but `{tag}` of the ticket lacks `{HANDED_OFF_TAG}`."),
            "Add the tag by hand; the story says whether writing it failed.",
        ),
        Some(_) => {
            Line::ok("tag", format!("The ticket is not tagged with `{HANDED_OFF_TAG}`; nothing was handed off."))
        }
    });
    lines
}

fn is_tagged(value: &str) -> bool {
    value.split(';').any(|tag| tag.trim() == HANDED_OFF_TAG)
}
