//! OpenCX's bodies, any of them: an agent whose peer answers every POST with one body and every GET with another.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use hubspot_bridge::agents::opencx::OpenCx;
use hubspot_bridge::agents::{Agent, Answer, Decision, Error, Recall, RelayKind, Said};
use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::opencx::settings;
use super::question::{WRITTEN_AT, question, written_by_rep};

struct Fixed {
    post: Value,
    get: Value,
}

#[async_trait]
impl Transport for Fixed {
    async fn send(&self, request: Request<Bytes>, _timeout: Duration) -> Result<Response<Bytes>, TransportError> {
        let body = if request.method() == Method::POST { &self.post } else { &self.get };
        Ok(Response::new(Bytes::from(body.to_string())))
    }
}

/// An agent that hears `post` to whatever it posts and `get` to whatever it looks up.
pub fn agent(post: Value, get: Value) -> OpenCx {
    OpenCx::new(settings("key"), Arc::new(Fixed { post, get }), ManualClock::starting_at(WRITTEN_AT))
}

/// What becomes of a question when `send` answers `post` and the session is `get`.
pub async fn answer_to(post: Value, get: Value) -> Result<Answer, Error> {
    agent(post, get).ask(&question("Hi")).await
}

/// JSON that uses the words OpenCX uses, in places where it does and does not.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("data"),
        Just("success"),
        Just("code"),
        Just("autopilotResponse"),
        Just("uiResponse"),
        Just("ai_response"),
        Just("value"),
        Just("content"),
        Just("error"),
        Just("text"),
        Just("sessionIsHandedOff"),
        Just("handoff"),
        Just("ai_closure_type"),
        Just("resolveArgs"),
        Just("summary"),
        Just("session"),
        Just("items"),
        Just("next"),
        Just("event"),
        Just("type"),
        Just("sender"),
        Just("created_at"),
        Just("contact"),
        Just("channel"),
        Just("custom_data"),
        Just("attachments"),
        Just("url"),
        Just("name"),
        Just("id"),
        Just("x"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop_oneof![
            Just("Hi"),
            Just("contact"),
            Just("ai"),
            Just("human_agent"),
            Just("agent_message"),
            Just("message"),
            Just("handoff"),
            Just("handed_off"),
            Just("session_assigned_to_human_agent"),
            Just("response_cancelled"),
            Just("duplicate_message_ignored"),
            Just("2026-11-18T11:06:45.000Z"),
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        let object = prop::collection::vec((key.clone().prop_map(str::to_owned), inner.clone()), 0..6);
        prop_oneof![
            3 => object.prop_map(|pairs| Value::Object(Map::from_iter(pairs))),
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// Puts the AI's answer, marked as an error, into the body where OpenCX puts it.
fn spoil(body: Value, wrapped: bool, content: &str) -> Value {
    let failed = json!({"type": "text", "value": {"error": true, "content": content}});
    let mut body = match body {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    if wrapped {
        let mut data = body.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
        data.insert("autopilotResponse".into(), failed);
        body.insert("data".into(), data.into());
    } else {
        body.insert("autopilotResponse".into(), failed);
    }
    body.into()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_breaks_the_reader(post in any_json(), get in any_json()) {
        let agent = agent(post, get);
        run(async {
            let _ = agent.open(&question("Hi")).await;
            let _ = agent.recall(&question("Hi"), WRITTEN_AT).await;
            let relay = written_by_rep(RelayKind::Reply, "Hi");
            let _ = agent.relay(&relay).await;
            let _ = agent.was_relayed(&relay, WRITTEN_AT).await;
            if let Ok(Some(told)) = agent.conversation("ses-1").await {
                let says = |said: &Said| !said.text.is_empty() || !said.attachments.is_empty();
                assert!(told.transcript.iter().all(says), "an empty message: {told:?}");
            }
            if let Ok(Answer { decision: Decision::Reply { text }, .. }) = agent.ask(&question("Hi")).await {
                assert!(!text.trim().is_empty(), "an empty reply");
            }
        });
    }

    #[test]
    fn an_answer_marked_as_an_error_is_never_a_reply(body in any_json(), get in any_json(), wrapped in any::<bool>()) {
        let body = spoil(body, wrapped, "never say this");
        let answer = run(answer_to(body.clone(), get));
        let said = matches!(&answer, Ok(Answer { decision: Decision::Reply { .. }, .. }));
        prop_assert!(!said, "{body}: {answer:?}");
    }

    #[test]
    fn a_history_without_our_message_is_not_sent(get in any_json(), text in "[a-z]{20}") {
        let recalled = run(async { agent(Value::Null, json!({"items": [get], "next": null})).recall(&question(&text), WRITTEN_AT).await });
        prop_assert_eq!(recalled, Ok(Recall::NotSent));
    }
}
