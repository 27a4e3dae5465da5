//! The internal comment of a handoff: what a rep needs to go on with the conversation.

use super::handoff::{Records, spoken_language};
use super::plan::Plan;
use super::talk::Talk;
use crate::domain::TicketId;
use crate::filters::message::HANDOFF_MARKER;

/// Marker, reason, sentiment, language, summary, the ticket, what could not be done, the way to the whole story, and
/// the withheld answer if there is one.
pub(super) fn handoff(talk: &Talk<'_>, plan: &Plan, records: &Records, withheld: Option<&str>) -> String {
    let mut lines = vec![HANDOFF_MARKER.to_owned()];
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format!("{name}: {}", within(value)));
        }
    };
    let remarks = records.remarks.join("; ");
    let language = spoken_language(talk, plan);
    line("Reason", plan.why.as_deref());
    line("Topic", plan.topic.as_deref());
    line("Sentiment", plan.sentiment.as_deref());
    line("Language", language.as_deref());
    line("Summary", plan.summary.as_deref());
    line("Ticket", records.ticket.as_ref().map(TicketId::as_str));
    line("Not done", Some(&remarks));
    line("Session", Some(&link(talk)));
    line("Answer that was not sent again", withheld);
    lines.join("\n")
}

/// The further lines of a value are marked as such: nobody's words may pass for another field.
fn within(value: &str) -> String {
    value.trim_end().lines().collect::<Vec<_>>().join("\n> ")
}

/// The conversation in the console; the command that tells the same where the console has no address.
fn link(talk: &Talk<'_>) -> String {
    let (console, connection, thread) = (&talk.cx.console_url, &talk.cx.settings.name, &talk.thread_id);
    if console.is_empty() {
        format!("hubspot-bridge why {thread}")
    } else {
        format!("{console}/conversations/{connection}/{thread}")
    }
}
