//! What can be done to the thing a page shows.

use maud::{Markup, html};

use crate::domain::Event;

/// The buttons of one event.
pub(super) fn of_event(_event: &Event) -> Markup {
    html! {}
}
