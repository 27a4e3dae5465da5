//! Tells open pages that something changed: server-sent events, at most a few a second.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream;

use super::Site;

/// Changes closer together than this are one.
const SETTLE: Duration = Duration::from_millis(80);
/// The bridge's own work changes nothing in the portal at first: look at it this often.
const TICK: Duration = Duration::from_millis(1_500);

/// `change` when the portal changed, `tick` every now and then.
pub async fn stream(State(site): State<Site>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = site.portal.changes();
    let events = stream::unfold((changes, site.stop), |(mut changes, stop)| async move {
        let name = tokio::select! {
            () = stop.cancelled() => return None,
            alive = changes.changed() => {
                alive.ok()?;
                tokio::time::sleep(SETTLE).await;
                changes.borrow_and_update();
                "change"
            }
            () = tokio::time::sleep(TICK) => "tick",
        };
        // Browsers drop an event without data.
        Some((Ok(Event::default().event(name).data("1")), (changes, stop)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
