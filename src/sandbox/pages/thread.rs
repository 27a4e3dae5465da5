//! The lines of a thread, as customers and reps see them.

use maud::{Markup, html};

use super::layout::time;
use crate::sandbox::portal::{Line, Speaker, ThreadView};

/// Everything, for reps.
pub fn all(view: &ThreadView) -> Markup {
    lines(view.lines.iter(), "Nothing was said yet.")
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
    lines(shown, "Nothing was said yet.")
}

fn lines<'a>(lines: impl Iterator<Item = &'a Line>, empty: &str) -> Markup {
    let lines: Vec<_> = lines.collect();
    html! {
        @if lines.is_empty() { p.quiet { (empty) } }
        @for one in lines { (line(one)) }
    }
}

fn line(line: &Line) -> Markup {
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
        }
    }
}
