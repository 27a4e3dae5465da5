//! Pieces that several pages share.

use maud::{Markup, html};

use super::layout;
use crate::doctor;
use crate::domain::{Event, EventKind, Object, Outcome, State};

/// A table that scrolls in its own box where the page is narrow; with the keyboard too, so the box can be focused. `id`
/// lets the script keep how far it was scrolled.
pub(super) fn scroll(id: &str, label: &str, table: &Markup) -> Markup {
    html! { div.scroll id=(id) role="region" aria-label=(label) tabindex="0" { (table) } }
}

/// A path of ours with parameters, each percent-encoded; empty ones are left out.
pub(super) fn link(path: &str, params: &[(&str, &str)]) -> String {
    let given = params.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The story of an id.
pub(super) fn why(id: &str) -> String {
    link("/why", &[("id", id)])
}

/// What kind of event it is, in a word or two.
pub(super) fn kind(event: &Event) -> String {
    let words = match event.kind {
        EventKind::NewMessage if event.message_type.as_deref() == Some("COMMENT") => "Internal comment",
        EventKind::NewMessage => "Message",
        EventKind::ThreadProperty => match event.property.as_deref() {
            Some("assignedTo") => "Assignment",
            Some("status") => "Opened or closed",
            Some("isArchived") => "Restored",
            _ => "Conversation changed",
        },
        EventKind::TicketProperty => {
            return format!("Ticket property {}", event.property.as_deref().unwrap_or("changed"));
        }
        EventKind::NoteCreated => "Internal note",
        EventKind::Swept => "Message found by the sweep",
        EventKind::TicketWrite => "Write to the ticket",
        EventKind::HandoffRequest => "Request for a human",
        EventKind::Action => "Request to the AI",
        EventKind::DeliveryCheck => "Look at the delivery",
        EventKind::Unreadable => "Unreadable",
    };
    words.to_owned()
}

/// A stable name in words: `handed_off` is "handed off".
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// How the event ended, or where it is.
pub(super) fn pill(event: &Event) -> Markup {
    let name = event.outcome.map_or_else(|| event.state.as_str(), Outcome::as_str);
    html! { span.pill.(tone(event.state)) { (words(name)) } }
}

fn tone(state: State) -> &'static str {
    match state {
        State::Done => "good",
        State::Skipped => "calm",
        State::Dead => "bad",
        State::Pending | State::Running => "busy",
    }
}

/// What it is about, as a link to everything known about that.
pub(super) fn object(event: &Event) -> Markup {
    let Some(object) = &event.object else { return html! { span.quiet { "nothing that could be read" } } };
    let label = match object {
        Object::Outside(_) => "outside HubSpot",
        Object::Thread(_) | Object::Ticket(_) | Object::Note(_) => object.kind(),
    };
    html! { (label) " " a href=(why(object.id())) { code { (object.id()) } } }
}

/// Prose in which `evt_1`, `ses_1` and what the bridge calls `code` are recognised.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for (position, part) in text.split('`').enumerate() {
            @if position % 2 == 1 { code { (part) } }
            @else { (linked(part)) }
        }
    }
}

fn linked(text: &str) -> Markup {
    let is_id = |c: char| c.is_ascii_alphanumeric() || c == '_';
    html! {
        @for word in text.split_inclusive(|c| !is_id(c)) {
            @let id = word.trim_end_matches(|c| !is_id(c));
            @let rest = word.get(id.len()..).unwrap_or_default();
            @if is_ours(id, "evt_") { a href=(format!("/events/{id}")) { (id) } (rest) }
            @else if is_ours(id, "ses_") { a href=(why(id)) { (id) } (rest) }
            @else { (word) }
        }
    }
}

fn is_ours(word: &str, prefix: &str) -> bool {
    word.strip_prefix(prefix).is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// One thing that happened, in a list of such: time, words, and what belongs to it.
pub(super) fn moment(at: crate::domain::Timestamp, words: &Markup) -> Markup {
    html! { li { (layout::time(at)) div { (words) } } }
}

/// One line of a checklist: its state in a word and a sign, not by colour alone.
pub(super) fn check(line: &doctor::Line) -> Markup {
    let (sign, word, class) = match line.status {
        doctor::Status::Ok => ("✓", "ok", "good"),
        doctor::Status::Warning => ("!", "warning", "warn"),
        doctor::Status::Failed => ("✗", "failed", "bad"),
    };
    html! {
        li {
            span.pill.(class) { span aria-hidden="true" { (sign) } " " (word) }
            div {
                strong { (line.check) } p { (prose(&line.seen)) }
                @if let Some(fix) = &line.fix { p.fix { "To do: " (prose(fix)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_links_our_own_ids_and_nothing_else() {
        let shown = prose("A <b> of evt_12 (ses_3). `x<y` evt_ evt_1x xevt_1").into_string();
        let links = "A &lt;b&gt; of <a href=\"/events/evt_12\">evt_12</a> (<a href=\"/why?id=ses_3\">ses_3</a>). ";
        assert_eq!(shown, format!("{links}<code>x&lt;y</code> evt_ evt_1x xevt_1"));
    }
}
