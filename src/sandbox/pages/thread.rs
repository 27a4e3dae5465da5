//! The lines of a thread, as customers and reps see them.

use maud::{Markup, html};

use super::layout::time;
use crate::sandbox::portal::{Line, Speaker, ThreadView};

const EMPTY: &str = "Nothing was said yet.";

/// Everything, for reps, who can make the newest message to the customer undeliverable (by a post to `undelivered`).
pub fn all(view: &ThreadView, undelivered: &str) -> Markup {
    let sent = |line: &Line| matches!(line.speaker, Speaker::Rep | Speaker::Ai | Speaker::Bot);
    let last = view.lines.iter().rposition(sent);
    html! {
        @if view.lines.is_empty() { p.quiet { (EMPTY) } }
        @for (place, one) in view.lines.iter().enumerate() {
            @let bounces = (last == Some(place) && !one.failed).then_some(undelivered);
            (line(one, bounces))
        }
    }
}

/// What a customer sees: no notes, nothing internal, nothing undelivered.
pub fn public(view: &ThreadView) -> Markup {
    let shown = view.lines.iter().filter(|line| {
        let said = match line.speaker {
            Speaker::Customer | Speaker::Rep | Speaker::Ai | Speaker::Bot => true,
            Speaker::Note | Speaker::System => false,
        };
        said && !line.failed
    });
    let shown: Vec<_> = shown.collect();
    html! {
        @if shown.is_empty() { p.quiet { (EMPTY) } }
        @for one in shown { (line(one, None)) }
    }
}

fn line(line: &Line, bounces: Option<&str>) -> Markup {
    let (class, label) = match line.speaker {
        Speaker::Customer => ("customer", None),
        Speaker::Rep => ("rep", None),
        Speaker::Ai => ("ai", Some("AI")),
        Speaker::Bot => ("bot", Some("bot")),
        Speaker::Note => ("note", Some("internal comment")),
        Speaker::System => {
            return html! { p.line.system { (line.name) " " (line.text) " · " (time(line.at)) } };
        }
    };
    html! {
        article.line.(class) {
            header { strong { (line.name) } @if let Some(label) = label { span.tag { (label) } } (time(line.at)) }
            p { (line.text) }
            @if line.failed { p.failed { "Not delivered" } }
            @if let Some(action) = bounces {
                form.bounce method="post" action=(action) data-quiet { button.plain { "Let it bounce" } }
            }
        }
    }
}
