//! Tells open pages that something changed: server-sent events, at most one in two seconds.
//!
//! However many pages are open, the store is asked at most once a second: whoever looks first looks for all.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract;
use axum::http::{HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use super::Shared;
use crate::admin::State;
use crate::admin::error::ApiError;
use crate::limits::{CONSOLE_STREAMS, RETRY_AFTER};

/// How often an open page is looked after.
const LOOK: Duration = Duration::from_secs(2);
/// How long a look counts for the other pages.
const FRESH: Duration = Duration::from_secs(1);
/// When a browser is to come back after the stream broke.
const RECONNECT: Duration = Duration::from_secs(3);

/// The open streams of this process.
#[derive(Clone, Debug)]
pub(super) struct Live {
    places: Arc<Semaphore>,
    pulse: Pulse,
}

impl Default for Live {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(CONSOLE_STREAMS)), pulse: Pulse::default() }
    }
}

/// The store's revision as somebody saw it last.
#[derive(Clone, Debug, Default)]
struct Pulse(Arc<Mutex<Option<(Instant, i64)>>>);

impl Pulse {
    /// The revision; none when the store does not tell. `ask` is asked only when nobody did within [`FRESH`].
    async fn look(&self, ask: impl Future<Output = Option<i64>>) -> Option<i64> {
        let mut last = self.0.lock().await;
        if let Some((at, revision)) = *last
            && at.elapsed() < FRESH
        {
            return Some(revision);
        }
        let revision = ask.await?;
        *last = Some((Instant::now(), revision));
        Some(revision)
    }
}

/// `change` when the store changed since the last look.
pub(super) async fn stream(
    extract::State(admin): extract::State<State>,
    Extension(shared): Extension<Shared>,
) -> Response {
    let Live { places, pulse } = shared.live;
    let Ok(place) = places.try_acquire_owned() else { return full() };
    let seen = pulse.look(revision(&admin)).await;
    let closing = admin.closing.clone();
    let changes = stream::unfold((admin, pulse, seen, place), |(admin, pulse, mut seen, place)| async move {
        loop {
            tokio::select! {
                biased;
                () = admin.closing.cancelled() => return None,
                () = tokio::time::sleep(LOOK) => {}
            }
            // A store that does not answer has not changed: the pages show what they know.
            let now = pulse.look(revision(&admin)).await.or(seen);
            if now != seen {
                seen = now;
                // Browsers drop an event without data.
                return Some((Event::default().event("change").data("1"), (admin, pulse, seen, place)));
            }
        }
    });
    let first = stream::iter([Event::default().retry(RECONNECT)]);
    // The keep-alive would hold a closing stream open.
    let events = first.chain(changes).take_until(closing.cancelled_owned()).map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

async fn revision(admin: &State) -> Option<i64> {
    admin.ledger.revision().await.ok()
}

fn full() -> Response {
    let fix = "close some of them; the pages work without it, reloaded by hand";
    let mut response = ApiError::unavailable("too many pages are watching already", fix).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER.as_secs()));
    response
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_pages_ask_the_store_once() {
        let (pulse, asked) = (Pulse::default(), AtomicI64::new(0));
        let look = || pulse.look(async { Some(asked.fetch_add(1, Ordering::SeqCst)) });
        for _ in 0..50 {
            assert_eq!(look().await, Some(0));
        }
        tokio::time::advance(FRESH).await;
        for _ in 0..50 {
            assert_eq!(look().await, Some(1));
        }
        tokio::time::advance(FRESH).await;
        assert_eq!(pulse.look(async { None }).await, None, "what was known is not told as new");
        assert_eq!(look().await, Some(2));
    }
}
