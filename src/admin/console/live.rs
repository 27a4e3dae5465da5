//! Tells open pages that something changed: server-sent events, at most one in two seconds.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};

use crate::admin::State;

const LOOK: Duration = Duration::from_secs(2);

/// `change` when the store changed since the last look.
pub(in crate::admin) async fn stream(
    extract::State(admin): extract::State<State>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let seen = admin.ledger.revision().await.ok();
    let events = stream::unfold((admin, seen), |(admin, mut seen)| async move {
        loop {
            tokio::select! {
                biased;
                () = admin.closing.cancelled() => return None,
                () = tokio::time::sleep(LOOK) => {}
            }
            let now = admin.ledger.revision().await.ok();
            if now != seen {
                seen = now;
                // Browsers drop an event without data.
                return Some((Ok(Event::default().event("change").data("1")), (admin, seen)));
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
