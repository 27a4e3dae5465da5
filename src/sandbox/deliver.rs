//! Carries the portal's webhooks over real sockets. Run as a task by the `sandbox` command and by tests.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use super::portal::{Attempt, Portal, RESPONSE_DEADLINE, Received};

/// Nothing due: look again after this, should a change have been missed.
const IDLE: Duration = Duration::from_mins(1);

/// The HTTP client of the sandbox, for deliveries and for reading the bridge's admin API.
pub fn client() -> reqwest::Result<reqwest::Client> {
    // Whoever installed a provider first is fine too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(RESPONSE_DEADLINE).redirect(reqwest::redirect::Policy::none()).build()
}

/// Posts what is due and reports what became of it, until `stop`.
pub async fn run(portal: Portal, client: reqwest::Client, stop: CancellationToken) {
    let mut changes = portal.changes();
    let mut in_flight = FuturesUnordered::new();
    loop {
        changes.borrow_and_update();
        for attempt in portal.due_deliveries(portal.now()) {
            in_flight.push(post(&client, attempt));
        }
        let wait = portal.next_delivery_at().map_or(IDLE, |at| at.since(portal.now()));
        tokio::select! {
            () = stop.cancelled() => return,
            Some((id, received)) = in_flight.next() => portal.delivered(id, received),
            Ok(()) = changes.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn post(client: &reqwest::Client, attempt: Attempt) -> (u64, Received) {
    let Attempt { id, url, headers, body, .. } = attempt;
    let received = match client.post(url).headers(headers).body(body).send().await {
        Ok(response) => Received::Status(response.status().as_u16()),
        Err(error) if error.is_timeout() => Received::Timeout,
        Err(_) => Received::Failed,
    };
    (id, received)
}
