//! `openai` and `http` over loopback sockets: the peers are written as their documents tell a team to write them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hubspot_bridge::agents::{Agent, Answer, Class, Decision, Effect, RelayKind, http, openai};
use hubspot_bridge::clock::{Clock, SystemClock};
use hubspot_bridge::config::Secret;
use hubspot_bridge::hubspot::http::Http as Network;
use hubspot_bridge::hubspot::transport::Transport;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

use super::question::{question, written_by_rep};

/// Far beyond what any of these needs, so that a slow machine changes nothing.
const AMPLE: Duration = Duration::from_secs(30);

/// Serves the routes while the future runs.
async fn served<T>(router: Router, test: impl AsyncFnOnce(String) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::select! {
        ended = axum::serve(listener, router).into_future() => panic!("the server ended: {ended:?}"),
        result = test(url) => result,
    }
}

fn network() -> Arc<dyn Transport> {
    Arc::new(Network::new().unwrap())
}

fn own(url: &str, signing_secret: Secret, timeout: Duration) -> http::Http {
    let settings = http::Settings { base_url: format!("{url}/turns"), signing_secret, timeout };
    http::Http::new(settings, network(), Arc::new(SystemClock))
}

/// A team's agent, as `docs/agents.md` describes one: checks the signature and its age over the raw body, then answers.
async fn team_agent(headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let sent_at: i64 = header("webhook-timestamp").parse().unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"the second secret of this team").unwrap();
    mac.update(format!("{}.{sent_at}.", header("webhook-id")).as_bytes());
    mac.update(&body);
    let given = header("webhook-signature").strip_prefix("v1,").and_then(|given| STANDARD.decode(given).ok()).unwrap();
    let fresh = (SystemClock.now().0 / 1_000).abs_diff(sent_at) < 300;
    if !fresh || mac.verify_slice(&given).is_err() {
        return (StatusCode::UNAUTHORIZED, Json(Value::Null));
    }
    let turn: Value = serde_json::from_slice(&body).unwrap();
    (
        StatusCode::OK,
        Json(
            json!({"action": "reply", "text": format!("You said: {}", turn["messages"][0]["text"].as_str().unwrap())}),
        ),
    )
}

#[tokio::test]
async fn a_teams_agent_believes_the_signature_and_a_rotated_secret_is_picked_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "the first secret of this team\n").unwrap();
    served(Router::new().route("/turns", post(team_agent)), async |url| {
        let agent = own(&url, Secret::File(file.clone()), AMPLE);
        let error = agent.ask(&question("Größe 42?")).await.unwrap_err();
        assert_eq!((error.effect, error.class), (Effect::NotSent, Class::Permanent));
        assert!(error.detail.contains("refused the signature"), "{error}");
        std::fs::write(&file, "the second secret of this team\n").unwrap();
        let reply = Answer::new(Decision::Reply { text: "You said: Größe 42?".into() });
        assert_eq!(agent.ask(&question("Größe 42?")).await, Ok(reply));
    })
    .await;
}

/// A receiver of what reps write: keeps each item once by its `webhook-id`, and loses its first answer on the way.
async fn keep(State(kept): State<Arc<Kept>>, headers: HeaderMap, Json(body): Json<Value>) -> StatusCode {
    assert_eq!(
        (&body["type"], &body["id"]),
        (&json!("conversation.relay"), &json!(headers["webhook-id"].to_str().unwrap()))
    );
    let known = kept.lock().unwrap().insert(body["id"].to_string(), body["text"].to_string()).is_some();
    if known { StatusCode::NO_CONTENT } else { StatusCode::BAD_GATEWAY }
}

type Kept = Mutex<BTreeMap<String, String>>;

#[tokio::test]
async fn a_receiver_that_drops_repeats_has_each_relay_once() {
    let kept: Arc<Kept> = Arc::default();
    let router = Router::new().route("/turns", post(keep)).with_state(Arc::clone(&kept));
    served(router, async |url| {
        let agent = own(&url, Secret::Value("x".into()), AMPLE);
        let relay = written_by_rep(RelayKind::Note, "Größe 42");
        assert_eq!(agent.relay(&relay).await.unwrap_err().effect, Effect::Unclear);
        assert_eq!(agent.was_relayed(&relay, SystemClock.now()).await, Ok(false));
        assert_eq!(agent.relay(&relay).await, Ok(()), "an empty 204 will do");
    })
    .await;
    assert_eq!(kept.lock().unwrap().values().collect::<Vec<_>>(), ["\"Größe 42\""]);
}

#[tokio::test]
async fn an_agent_that_never_answers_is_left_in_time() {
    let silent = || async { std::future::pending::<StatusCode>().await };
    served(Router::new().route("/turns", post(silent)), async |url| {
        let agent = own(&url, Secret::Value("x".into()), Duration::from_millis(50));
        let error = agent.ask(&question("Hi")).await.unwrap_err();
        assert_eq!((error.effect, error.class), (Effect::Unclear, Class::Retry { after: None }));
    })
    .await;
}

#[tokio::test]
async fn a_chat_completions_endpoint_is_asked_and_its_tool_call_is_a_handoff() {
    let endpoint = |headers: HeaderMap, Json(body): Json<Value>| async move {
        assert_eq!(headers["authorization"], "Bearer sk-1");
        let last = body["messages"].as_array().unwrap().last().unwrap().clone();
        let arguments = json!({"reason": last["content"], "sentiment": "neutral"}).to_string();
        let call = json!({"id": "1", "type": "function", "function": {"name": "hand_off", "arguments": arguments}});
        let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
        Json(json!({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}))
    };
    served(Router::new().route("/v1/chat/completions", post(endpoint)), async |url| {
        let settings = openai::Settings {
            base_url: format!("{url}/v1"),
            api_key: Secret::Value("sk-1".into()),
            model: "small-1".into(),
            system_prompt: String::new(),
            timeout: AMPLE,
        };
        let agent = openai::OpenAi::new(settings, network(), Arc::new(SystemClock));
        let answer = agent.ask(&question("A person, please")).await.unwrap();
        assert_eq!(answer.decision, Decision::Handoff { words: None, reason: "A person, please".into() });
        assert_eq!(answer.sentiment.as_deref(), Some("neutral"));
    })
    .await;
}
