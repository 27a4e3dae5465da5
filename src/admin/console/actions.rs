//! What can be done to the thing a page shows: its buttons, the page that asks once more, and what is said afterwards.
//!
//! A button leads to a page that says what will happen; the form there posts; the answer leads back. Who may not is
//! answered with a page, see [`super::refusal`].

pub(super) mod conversation;
pub(super) mod event;

use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::form::Form;
use super::layout;
use crate::admin::operator::Operator;
use crate::domain::{Event, EventKind, Outcome, Reason, State};

/// What a page says after something was done: the word in the address, and the words for people.
const DONE: [(&str, &str); 7] = [
    ("replay", "It waits again, and is worked on when its turn comes."),
    ("draft", "It waits again; what comes of it is a draft for the reps, not an answer to the customer."),
    ("skip", "It was taken out of its queue."),
    ("pause", "The AI was asked to fall silent; this page shows it as soon as it is so."),
    ("resume", "The AI was asked to go on; this page shows it as soon as it is so."),
    ("handoff", "A human was asked for; this page shows it as soon as it is so."),
    ("already", "It is so already; nothing was changed."),
];

/// The words for `?done=…`; of other words nothing is shown.
pub(super) fn notice(uri: &Uri) -> Markup {
    let form = Form::of(uri);
    let words = DONE.iter().find(|(word, _)| *word == form.get("done")).map(|(_, words)| *words);
    html! { @if let Some(words) = words { p.notice.done role="status" { (words) } } }
}

/// The buttons of one event.
pub(super) fn of_event(event: &Event) -> Markup {
    let (replay, skip) = (can_replay(event), event.state == State::Pending);
    html! {
        @if replay || skip {
            p.deeds {
                @if replay { a.button.plain href=(format!("/events/{}/replay", event.id)) { "Replay …" } }
                @if skip { a.button.plain href=(format!("/events/{}/skip", event.id)) { "Skip …" } }
            }
        }
    }
}

/// May a replay come to something, as far as the event alone says? The store has the last word.
pub(super) fn can_replay(event: &Event) -> bool {
    let told = matches!(event.outcome, Some(Outcome::Relayed | Outcome::NoteMirrored));
    let request = matches!(
        event.kind,
        EventKind::Action | EventKind::HandoffRequest | EventKind::DeliveryCheck | EventKind::TicketWrite
    );
    let done = request && event.state == State::Done;
    let foreign = event.reason == Some(Reason::UnknownPortal);
    event.state.is_final()
        && event.object.is_some()
        && event.kind != EventKind::Unreadable
        && !told
        && !done
        && !foreign
}

/// Something somebody is about to do.
pub(super) struct Deed<'a> {
    /// What, as the page's title.
    pub(super) title: &'a str,
    /// What will happen, to what.
    pub(super) words: Markup,
    /// Where the form goes.
    pub(super) to: &'a str,
    /// What goes with it.
    pub(super) fields: Markup,
    /// What the button says.
    pub(super) button: &'a str,
    /// Where one goes who does not want it.
    pub(super) back: &'a str,
}

/// The page that asks once more. `here` is the navigation's entry.
pub(super) fn confirm(who: &Operator, here: &str, deed: &Deed<'_>) -> Response {
    let main = html! {
        main.narrow.confirm {
            h1 { (deed.title) }
            (deed.words)
            form.stack method="post" action=(deed.to) {
                (deed.fields)
                p.quiet { "It is noted in the audit under the name " strong { (who.0) } "." }
                div.deeds {
                    button { (deed.button) }
                    a.button.plain href=(deed.back) { "Leave it as it is" }
                }
            }
        }
    };
    layout::page(who, here, deed.title, &main)
}
