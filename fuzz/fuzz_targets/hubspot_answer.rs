//! Whatever HubSpot answers to whichever call, reading it neither panics nor walks for ever, and no error quotes it.
#![no_main]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::config::hubspot::Hubspot;
use hubspot_bridge::config::{Plan, Secret};
use hubspot_bridge::domain::{ActorId, ConnectionName, MessageId, ThreadId, TicketId, Timestamp};
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use hubspot_bridge::hubspot::{Client, Kind, Settings};
use hubspot_bridge::telemetry::Metrics;
use libfuzzer_sys::fuzz_target;

/// More pages than any list of one call may have.
const CALLS_MAX: usize = 1_000;

/// Gives every call the same answer.
struct Peer {
    status: u16,
    body: Bytes,
    calls: AtomicUsize,
}

#[async_trait]
impl Transport for Peer {
    async fn send(&self, _: http::Request<Bytes>, _: Duration) -> Result<http::Response<Bytes>, TransportError> {
        assert!(self.calls.fetch_add(1, Ordering::Relaxed) < CALLS_MAX, "a list without an end");
        let mut response = http::Response::new(self.body.clone());
        *response.status_mut() = http::StatusCode::from_u16(self.status).expect("one of the list");
        Ok(response)
    }
}

fuzz_target!(|answer: (u8, Vec<u8>)| {
    const STATUSES: [u16; 16] =
        [200, 201, 204, 207, 400, 401, 403, 404, 409, 414, 423, 429, 477, 500, 502, 503];
    let status = STATUSES[usize::from(answer.0) % STATUSES.len()];
    let hubspot = Hubspot {
        api_url: "https://api.example.com".into(),
        conversations_path: "/conversations/v3/conversations".into(),
        crm_path: "/crm/v3".into(),
        timeout: Duration::from_secs(10),
    };
    let access_token = Secret::Value("pat-na1-fuzzed".into());
    let settings = Settings { connection: ConnectionName::from("acme"), access_token, hubspot, plan: Plan::Auto };
    let peer = Arc::new(Peer { status, body: answer.1.into(), calls: AtomicUsize::new(0) });
    let client = Client::new(settings, peer, Arc::new(SystemClock), Metrics::default());
    let (thread, message, ticket) = (ThreadId::from("7"), MessageId::from("m"), TicketId::from("9"));
    // Paused: waiting for the budget costs no time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let _ = client.thread(&thread).await;
        let _ = client.message(&thread, &message).await;
        let _ = client.original_content(&thread, &message).await;
        let _ = client.recent_messages(&thread, Some(Timestamp(0)), 50).await;
        let _ = client.actor(&ActorId::from("A-1")).await;
        let _ = client.post_comment(&thread, "words", None).await;
        let _ = client.assign(&thread, None).await;
        let _ = client.ticket(&ticket, &["subject".to_owned()]).await;
        let _ = client.find_tickets("subject", Timestamp(0)).await;
        let _ = client.contact_by_email("ann@example.com").await;
        let _ = client.associated(Kind::Ticket, "9", Kind::Note).await;
        let _ = client.token_info().await;
    });
});
