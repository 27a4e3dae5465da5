//! Whatever an agent answers, reading it neither panics nor makes a failed request into words for the customer.
#![no_main]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hubspot_bridge::agents::{http as own, openai, opencx};
use hubspot_bridge::agents::{Agent, Contact, Decision, Question, Said, Speaker};
use hubspot_bridge::clock::{Clock, SystemClock};
use hubspot_bridge::config::Secret;
use hubspot_bridge::domain::Channel;
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use libfuzzer_sys::fuzz_target;

const PATIENCE: Duration = Duration::from_secs(60);

/// Gives every call the same answer.
struct Peer {
    status: u16,
    body: Bytes,
}

#[async_trait]
impl Transport for Peer {
    async fn send(
        &self,
        _: http::Request<Bytes>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let mut response = http::Response::new(self.body.clone());
        *response.status_mut() = http::StatusCode::from_u16(self.status).expect("one of the list");
        Ok(response)
    }
}

fn question() -> Question {
    let said = Said {
        id: "m-1".into(),
        by: Speaker::Customer,
        text: "hello".into(),
        original: None,
        at: SystemClock.now(),
        attachments: vec![],
    };
    Question {
        connection: "acme".into(),
        thread_id: "501".into(),
        agent_session_id: Some("ses-1".into()),
        messages: vec![said],
        history: vec![],
        contact: Contact::default(),
        channel: Channel::Chat,
        ticket_id: None,
        custom_data: Default::default(),
        crm: None,
    }
}

fuzz_target!(|answer: (u8, Vec<u8>)| {
    const STATUSES: [u16; 8] = [200, 201, 204, 400, 401, 404, 429, 503];
    let status = STATUSES[usize::from(answer.0) % STATUSES.len()];
    let (base_url, secret) = ("https://api.example.com".to_owned(), Secret::Value("ocx_live_test".into()));
    let peer: Arc<dyn Transport> = Arc::new(Peer { status, body: answer.1.into() });
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let opencx = opencx::Settings { base_url: base_url.clone(), api_key: secret.clone(), timeout: PATIENCE };
    let openai = openai::Settings {
        base_url: base_url.clone(),
        api_key: secret.clone(),
        model: "small-1".into(),
        system_prompt: String::new(),
        timeout: PATIENCE,
    };
    let own = own::Settings { base_url, signing_secret: secret, timeout: PATIENCE };
    let agents: [Box<dyn Agent>; 3] = [
        Box::new(opencx::OpenCx::new(opencx, Arc::clone(&peer), Arc::clone(&clock))),
        Box::new(openai::OpenAi::new(openai, Arc::clone(&peer), Arc::clone(&clock))),
        Box::new(own::Http::new(own, peer, clock)),
    ];
    let question = question();
    // Paused: an answer that makes the client wait costs no time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        for agent in agents {
            let answer = agent.ask(&question).await;
            if let Ok(Decision::Reply { text }) = answer.map(|answer| answer.decision) {
                assert!(status < 300, "an error became words for the customer");
                assert!(!text.trim().is_empty(), "nothing to say was said");
            }
            let opened = agent.open(&question).await;
            assert!(!matches!(opened, Ok(Some(id)) if id.is_empty()), "a session without an id");
            let _ = agent.recall(&question, SystemClock.now()).await;
            let _ = agent.conversation("ses-1").await;
        }
    });
});
