//! A look at an agent: a wrong key, an address where nobody is, and a slow one are told apart, and no question is asked.

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::agents::faq::Faq;
use hubspot_bridge::agents::openai::{self, OpenAi};
use hubspot_bridge::agents::opencx::{self, OpenCx};
use hubspot_bridge::agents::{Agent, Class, Error};
use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::config::Secret;
use hubspot_bridge::hubspot::transport::TransportError;
use serde_json::{Value, json};

use super::fake::{Fake, Reply, ok, status};
use super::http::{agent as http, compact, example, headers};
use super::question::WRITTEN_AT;

const LIMIT: Duration = Duration::from_secs(5);
/// The agents take longer than a look.
const TIMEOUT: Duration = Duration::from_secs(45);

fn openai(fake: Arc<Fake>) -> OpenAi {
    let settings = openai::Settings {
        base_url: "https://llm.example/v1/".into(),
        api_key: Secret::Value("canary-key".into()),
        model: "small-1".into(),
        system_prompt: String::new(),
        timeout: TIMEOUT,
    };
    OpenAi::new(settings, fake, ManualClock::starting_at(WRITTEN_AT))
}

fn opencx(fake: Arc<Fake>) -> OpenCx {
    let base_url = "https://api.open.cx".into();
    let settings = opencx::Settings { base_url, api_key: Secret::Value("canary-key".into()), timeout: TIMEOUT };
    OpenCx::new(settings, fake, ManualClock::starting_at(WRITTEN_AT))
}

fn agents(fake: &Arc<Fake>) -> [Box<dyn Agent>; 3] {
    let own = || Arc::clone(fake);
    [Box::new(openai(own())), Box::new(opencx(own())), Box::new(http(own()))]
}

/// What each kind says to the same reply of its peer.
async fn all_say(reply: impl Fn() -> Reply) -> Vec<Result<String, Error>> {
    let mut said = Vec::new();
    for kind in 0..3 {
        let fake = Fake::answering([reply()]);
        said.push(agents(&fake)[kind].look(LIMIT).await);
        assert!(fake.sent.lock().unwrap().iter().all(|(_, timeout)| *timeout <= LIMIT), "a look is bounded");
    }
    said
}

/// What each call was: method and path.
fn calls(fake: &Fake) -> Vec<String> {
    let sent = fake.sent.lock().unwrap();
    sent.iter().map(|(request, _)| format!("{} {}", request.method(), request.uri().path())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_silence_and_a_slow_answer_are_told_apart() {
    for (code, class) in [(401, Class::Permanent), (403, Class::Permanent), (503, Class::Retry { after: None })] {
        for error in all_say(|| status(code, None, &json!({"error": "canary"}))).await {
            let error = error.unwrap_err();
            assert_eq!((error.operation, error.class), ("look", class), "{error}");
            assert!(error.detail.contains(&code.to_string()) && !error.detail.contains("canary"), "{error}");
        }
    }
    for error in all_say(|| Err(TransportError::Connect("refused".into()))).await {
        assert!(error.unwrap_err().detail.contains("could not connect"));
    }
    for error in all_say(|| Err(TransportError::Timeout(LIMIT))).await {
        assert!(error.unwrap_err().detail.contains("no answer within"));
    }
}

#[tokio::test(start_paused = true)]
async fn opencx_is_read_and_another_address_is_named() {
    let fake = Fake::answering([ok(&json!({"items": [], "next": null}))]);
    assert_eq!(opencx(Arc::clone(&fake)).look(LIMIT).await.unwrap(), "answers and takes the key");
    assert_eq!(calls(&fake), ["GET /chat/sessions"]);
    let lost = opencx(Fake::answering([status(404, None, &Value::Null)])).look(LIMIT).await.unwrap_err();
    assert!(lost.detail.contains("`agent.base_url`") && lost.class == Class::Permanent, "{lost}");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_listed_is_not_asked() {
    let fake = Fake::answering([ok(&json!({"object": "list", "data": [{"id": "other"}, {"id": "small-1"}]}))]);
    assert!(openai(Arc::clone(&fake)).look(LIMIT).await.unwrap().contains("\"small-1\""));
    assert_eq!(calls(&fake), ["GET /v1/models"]);
    assert_eq!(fake.request().headers()["authorization"], "Bearer canary-key");
}

#[tokio::test(start_paused = true)]
async fn without_a_list_one_token_is_asked_for() {
    for list in [status(404, None, &Value::Null), status(405, None, &Value::Null), ok(&json!({"data": []}))] {
        let fake = Fake::answering([list, ok(&json!({"choices": []}))]);
        assert!(openai(Arc::clone(&fake)).look(LIMIT).await.is_ok());
        assert_eq!(calls(&fake), ["GET /v1/models", "POST /v1/chat/completions"]);
        let body: Value = serde_json::from_slice(fake.sent.lock().unwrap()[1].0.body()).unwrap();
        assert_eq!((&body["model"], &body["max_tokens"]), (&json!("small-1"), &json!(1)));
    }
    let unknown = [ok(&json!({"data": []})), status(404, None, &json!({"error": {"code": "model_not_found"}}))];
    let error = openai(Fake::answering(unknown)).look(LIMIT).await.unwrap_err();
    assert!(error.detail.contains("`agent.model`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_documented_ping_is_the_one_that_is_sent() {
    let fake = Fake::answering([ok(&Value::Null)]);
    assert_eq!(http(Arc::clone(&fake)).look(LIMIT).await.unwrap(), "answers and takes the signature");
    let request = fake.request();
    assert_eq!(std::str::from_utf8(request.body()).unwrap(), compact("json ping"));
    assert_eq!(headers(&request), example("text ping-headers"));
}

#[tokio::test]
async fn articles_are_counted_and_a_broken_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.md"), "# Delivery\n\nTwo days.\n").unwrap();
    let faq = Faq::open(folder.path()).unwrap();
    assert_eq!(faq.look(LIMIT).await.unwrap(), "answers from 1 article");
    std::fs::write(folder.path().join("b.md"), "# Returns\n\nFree.\n").unwrap();
    assert_eq!(faq.look(LIMIT).await.unwrap(), "answers from 2 articles");
    std::fs::write(folder.path().join("b.md"), [0xff, 0xfe]).unwrap();
    assert!(faq.look(LIMIT).await.unwrap_err().detail.contains("b.md"));
}
