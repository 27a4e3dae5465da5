//! What a rep wrote, told to a team's own agent: the contract of `docs/agents.md`, word for word.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use hubspot_bridge::agents::{Agent, Class, Effect, Relay, RelayKind};
use hubspot_bridge::domain::{Attachment, SessionId, Timestamp};
use hubspot_bridge::hubspot::transport::TransportError;
use serde_json::{Value, json};

use super::fake::{Fake, Reply, ok, status};
use super::http::{agent, compact, example, headers};
use super::question::{WRITTEN_AT, question, written_by_rep};

/// The relay of the document's example.
fn documented() -> Relay {
    Relay {
        kind: RelayKind::Reply,
        connection: "acme".into(),
        session: SessionId(12),
        agent_session_id: Some("acme:9043871".into()),
        thread_id: Some("9043871".into()),
        ticket_id: Some("55120".into()),
        id: "aa20".into(),
        author: Some("Tom Rep".into()),
        text: "It leaves today, see the label.".into(),
        attachments: vec![Attachment {
            kind: "FILE".into(),
            name: Some("label.pdf".into()),
            url: Some("https://files.example.com/label.pdf".into()),
        }],
        at: Timestamp::parse("2026-11-18T12:30:00Z").unwrap(),
    }
}

async fn told(relay: &Relay) -> Value {
    let fake = Fake::answering([ok(&Value::Null)]);
    agent(Arc::clone(&fake)).relay(relay).await.unwrap();
    fake.body()
}

async fn relayed(reply: Reply) -> Result<(), hubspot_bridge::agents::Error> {
    agent(Fake::answering([reply])).relay(&written_by_rep(RelayKind::Reply, "canary-text")).await
}

#[tokio::test(start_paused = true)]
async fn the_documented_relay_is_the_one_that_is_sent() {
    let fake = Fake::answering([ok(&Value::Null)]);
    let agent = agent(Arc::clone(&fake));
    assert!(agent.takes(RelayKind::Reply) && agent.takes(RelayKind::Note));
    assert_eq!(agent.relay(&documented()).await, Ok(()));
    let request = fake.request();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/turns"));
    assert_eq!(std::str::from_utf8(request.body()).unwrap(), compact("json relay"));
    assert_eq!(headers(&request), example("text relay-headers"));
    assert_eq!(fake.body()["id"], request.headers()["webhook-id"].to_str().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_note_on_a_ticket_has_no_thread_and_still_belongs_to_the_conversation() {
    let note = Relay { kind: RelayKind::Note, thread_id: None, author: None, ..documented() };
    let body = told(&note).await;
    assert_eq!((&body["kind"], &body["thread_id"], &body["author"]), (&json!("note"), &Value::Null, &Value::Null));
    assert_eq!(body["session_id"], "acme:9043871");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_has_one_id_in_turns_and_relays() {
    let fake = Fake::answering([ok(&json!({"action": "nothing"}))]);
    let agent = agent(Arc::clone(&fake));
    let mut asked = question("Hi");
    asked.agent_session_id = None;
    let opened = agent.open(&asked).await.unwrap();
    agent.ask(&asked).await.unwrap();
    assert_eq!(fake.body()["session_id"], json!(opened), "the same before and after it is kept");
    // A rep answers in another thread of the ticket.
    let elsewhere = Relay { agent_session_id: opened, thread_id: Some("502".into()), ..documented() };
    assert_eq!(told(&elsewhere).await["session_id"], fake.body()["session_id"]);
    // The agent was never asked.
    let unknown = Relay { agent_session_id: None, ..documented() };
    assert_eq!(told(&unknown).await["session_id"], "acme:9043871");
    assert_eq!(told(&Relay { thread_id: None, ..unknown }).await["session_id"], "acme:ses_12");
}

#[tokio::test(start_paused = true)]
async fn the_id_names_the_item_in_its_session_and_nothing_else() {
    let id = async |relay: Relay| told(&relay).await["id"].as_str().unwrap().to_owned();
    let ours = id(documented()).await;
    let same = Relay { agent_session_id: None, ticket_id: None, author: None, text: "x".into(), ..documented() };
    assert_eq!(id(same).await, ours, "what else is known may change from attempt to attempt");
    assert!(ours.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{ours}");
    for other in [
        Relay { id: "aa21".into(), ..documented() },
        Relay { session: SessionId(13), ..documented() },
        Relay { connection: "globex".into(), ..documented() },
        Relay { kind: RelayKind::Note, ..documented() },
    ] {
        assert_ne!(id(other).await, ours);
    }
}

#[tokio::test(start_paused = true)]
async fn any_2xx_is_success_whatever_it_says() {
    let bodies = [Bytes::new(), Bytes::from_static(b"ok"), Bytes::from_static(b"{\"action\": 7}")];
    for (code, body) in [200, 202, 204].into_iter().zip(bodies) {
        let response = Response::builder().status(code).body(body).unwrap();
        assert_eq!(relayed(Ok(response)).await, Ok(()), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_failed_relay_is_classed() {
    let retry = Class::Retry { after: None };
    let echo = || json!({"error": "canary-text"});
    let mut cases = vec![
        (Err(TransportError::Connect("refused".into())), Effect::NotSent, retry),
        (Err(TransportError::Timeout(Duration::from_secs(20))), Effect::Unclear, retry),
        (Err(TransportError::Cut("reset".into())), Effect::Unclear, retry),
        (status(429, Some("7"), &echo()), Effect::NotSent, Class::Busy { after: Duration::from_secs(7) }),
    ];
    cases.extend([408, 500, 503].map(|code| (status(code, None, &echo()), Effect::Unclear, retry)));
    cases
        .extend([301, 400, 401, 404, 410].map(|code| (status(code, None, &echo()), Effect::NotSent, Class::Permanent)));
    for (reply, effect, class) in cases {
        let shown = format!("{reply:?}");
        let error = relayed(reply).await.unwrap_err();
        assert_eq!((error.operation, error.effect, error.class), ("relay", effect, class), "{shown}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_an_unclear_end_it_is_told_again_under_the_same_id() {
    let fake = Fake::answering([Err(TransportError::Cut("reset".into())), ok(&Value::Null)]);
    let agent = agent(Arc::clone(&fake));
    assert_eq!(agent.relay(&documented()).await.unwrap_err().effect, Effect::Unclear);
    assert_eq!(agent.was_relayed(&documented(), WRITTEN_AT).await, Ok(false), "sending again is safe");
    assert_eq!(agent.relay(&documented()).await, Ok(()));
    let sent = fake.sent.lock().unwrap();
    let ids: Vec<_> = sent.iter().map(|(request, _)| request.headers()["webhook-id"].clone()).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
}
