//! A team's own agent: the contract of `docs/agents.md`, word for word, and what becomes of each answer.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use hubspot_bridge::agents::http::{Http, Settings};
use hubspot_bridge::agents::{Agent, Answer, Class, Contact, Decision, Effect, Error, Question, Recall, Said, Speaker};
use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::config::Secret;
use hubspot_bridge::domain::{Attachment, Channel, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha256;

use super::fake::{self, Fake, Reply, ok};
use super::question::{WRITTEN_AT, burst, crm, question};
use super::shapes;

const DOCUMENT: &str = include_str!("../../../docs/agents.md");
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TIMEOUT: Duration = Duration::from_secs(20);

fn settings() -> Settings {
    let base_url = "https://agent.example.com/turns".into();
    Settings { base_url, signing_secret: Secret::Value(SECRET.into()), timeout: TIMEOUT }
}

pub fn agent(fake: Arc<Fake>) -> Http {
    Http::new(settings(), fake, ManualClock::starting_at(WRITTEN_AT))
}

async fn heard(reply: Reply) -> Result<Answer, Error> {
    fake::heard(agent, reply).await
}

/// The document's example of this name.
pub fn example(name: &str) -> &'static str {
    DOCUMENT.split_once(&format!("\n```{name}\n")).unwrap().1.split_once("\n```").unwrap().0
}

/// The same without white space, in the order of the document, so that a signature can be checked by hand.
pub fn compact(name: &str) -> String {
    let compact: String = example(name).lines().map(str::trim).collect();
    let compact = compact.replace("\": ", "\":").replace("{ ", "{").replace(" }", "}").replace(", \"", ",\"");
    compact.replace("[ {", "[{").replace("} ]", "}]")
}

/// The headers of a request that sign it, as the document shows them.
pub fn headers(request: &Request<Bytes>) -> String {
    let line = |name: &str| format!("{name}: {}", request.headers()[name].to_str().unwrap());
    ["webhook-id", "webhook-timestamp", "webhook-signature"].map(line).join("\n")
}

/// The question of the document's example.
fn documented() -> Question {
    let said = |id: &str, by, at: &str, text: &str| Said {
        id: id.into(),
        by,
        text: text.into(),
        original: None,
        at: Timestamp::parse(at).unwrap(),
        attachments: vec![],
    };
    let mut broken = said("aa11", Speaker::Customer, "2026-11-18T11:06:21Z", "It arrived broken, see the photo.");
    broken.original = Some("It arrived broken, see the photo.\n\n> Your order is on its way.".into());
    broken.attachments = vec![Attachment {
        kind: "FILE".into(),
        name: Some("lamp.jpg".into()),
        url: Some("https://files.example.com/lamp.jpg".into()),
    }];
    Question {
        connection: "acme".into(),
        thread_id: "9043871".into(),
        agent_session_id: None,
        messages: vec![broken, said("aa12", Speaker::Customer, "2026-11-18T11:06:28Z", "Can I get a new one?")],
        history: vec![said("aa10", Speaker::Rep, "2026-11-17T09:00:00Z", "Your order is on its way.")],
        contact: Contact {
            id: Some("301".into()),
            name: Some("Anna Berg".into()),
            email: Some("anna@example.com".into()),
            ..Contact::default()
        },
        channel: Channel::Email,
        ticket_id: Some("55120".into()),
        custom_data: [("plan".to_owned(), "gold".to_owned())].into(),
        crm: Some(crm()),
    }
}

#[tokio::test(start_paused = true)]
async fn the_documented_request_is_the_one_that_is_sent() {
    let fake = Fake::answering([ok(&json!({"action": "nothing"}))]);
    let agent = agent(Arc::clone(&fake));
    assert!(!agent.keeps_state());
    assert_eq!(agent.open(&documented()).await, Ok(Some("acme:9043871".into())));
    assert_eq!(agent.ask(&documented()).await, Ok(Answer::new(Decision::Nothing)));
    assert_eq!(agent.recall(&documented(), WRITTEN_AT).await, Ok(Recall::NotSent));
    let request = fake.request();
    assert_eq!(
        (request.method().as_str(), request.uri().to_string().as_str()),
        ("POST", "https://agent.example.com/turns")
    );
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(fake.sent.lock().unwrap()[0].1, TIMEOUT);
    let expect: Value = serde_json::from_str(example("json request")).unwrap();
    assert_eq!(fake.body(), expect);
    assert_eq!(std::str::from_utf8(request.body()).unwrap(), compact("json request"));
    assert_eq!(headers(&request), example("text headers"));
}

#[tokio::test(start_paused = true)]
async fn the_signature_is_over_id_time_and_the_very_bytes() {
    for (secret, key) in [(SECRET, STANDARD.decode(&SECRET[6..]).unwrap()), ("plain words", b"plain words".to_vec())] {
        let fake = Fake::answering([ok(&json!({"action": "nothing"}))]);
        let settings = Settings { signing_secret: Secret::Value(secret.into()), ..settings() };
        let transport = Arc::<Fake>::clone(&fake);
        Http::new(settings, transport, ManualClock::starting_at(WRITTEN_AT)).ask(&question("Größe?")).await.unwrap();
        let request = fake.request();
        let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("webhook-id"), fake.body()["id"]);
        assert_eq!(header("webhook-timestamp"), (WRITTEN_AT.0 / 1_000).to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).as_bytes());
        mac.update(request.body());
        assert_eq!(header("webhook-signature"), format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
    }
}

async fn id(question: &Question) -> String {
    let fake = Fake::answering([ok(&json!({"action": "nothing"}))]);
    agent(Arc::clone(&fake)).ask(question).await.unwrap();
    fake.body()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_id_names_the_open_messages_and_nothing_else() {
    let mut two = burst(&["one", "two"]);
    two.messages[1].id = "m-2".into();
    let same = Question { history: two.messages.clone(), custom_data: <_>::default(), ..two.clone() };
    assert_eq!(id(&two).await, id(&same).await, "what else is known may change from attempt to attempt");
    let mut joined = two.clone();
    joined.messages[1].id = "m-3".into();
    let mut glued = two.clone();
    glued.messages.truncate(1);
    glued.messages[0].id = "m-1m-2".into();
    let elsewhere = Question { connection: "globex".into(), ..two.clone() };
    for other in [joined, glued, elsewhere] {
        assert_ne!(id(&two).await, id(&other).await);
    }
    let named = id(&two).await;
    let plain = named.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    assert!(plain, "a full stop would let parts of what is signed change places: {named}");
}

#[tokio::test(start_paused = true)]
async fn an_agents_own_session_id_is_given_back() {
    let fake = Fake::answering([ok(&json!({"action": "nothing"}))]);
    agent(Arc::clone(&fake)).ask(&question("Hi")).await.unwrap();
    assert_eq!(fake.body()["session_id"], "ses-1");
}

#[tokio::test(start_paused = true)]
async fn the_documented_answers_are_understood() {
    let text = |text: &str| text.to_owned();
    let expected = [
        (
            "reply",
            Answer {
                language: Some(text("en")),
                ..Answer::new(Decision::Reply { text: text("I am sorry! A **new lamp** leaves tomorrow.") })
            },
        ),
        (
            "draft",
            Answer::new(Decision::Draft {
                text: text("A replacement would be free of charge: the photo shows a broken foot."),
            }),
        ),
        (
            "handoff",
            Answer {
                summary: Some(text("Order 1042 arrived with a broken foot.")),
                sentiment: Some(text("angry")),
                language: Some(text("en")),
                custom_data: [(text("order"), text("1042")), (text("wants_refund"), text("false"))].into(),
                ..Answer::new(Decision::Handoff {
                    words: Some(text("I am passing you on to a colleague.")),
                    reason: text("the customer wants a replacement"),
                })
            },
        ),
        ("nothing", Answer::new(Decision::Nothing)),
    ];
    for (name, expect) in expected {
        let body: Value = serde_json::from_str(example(&format!("json {name}"))).unwrap();
        assert_eq!(heard(ok(&body)).await, Ok(expect), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn remarks_are_optional_and_a_handoff_needs_nothing_else() {
    let bare = Answer::new(Decision::Handoff { words: None, reason: "the agent gave no reason".into() });
    for body in [
        json!({"action": "handoff"}),
        json!({"action": "handoff", "text": " ", "reason": "", "summary": 7, "sentiment": null, "language": [], "more": 1}),
    ] {
        assert_eq!(heard(ok(&body)).await, Ok(bare.clone()), "{body}");
    }
    let long = json!({"action": "nothing", "summary": "é".repeat(9_000), "language": "x".repeat(99)});
    let answer = heard(ok(&long)).await.unwrap();
    assert_eq!((answer.summary.unwrap().chars().count(), answer.language.unwrap().len()), (4_000, 40));
}

#[tokio::test(start_paused = true)]
async fn an_answer_against_the_contract_is_asked_for_again() {
    for body in [
        json!({"action": "reply"}),
        json!({"action": "reply", "text": "  "}),
        json!({"action": "reply", "text": ["canary-text"]}),
        json!({"action": "draft"}),
        json!({"action": "canary-text", "text": "Hi"}),
        json!({"action": 1}),
        json!({"text": "canary-text"}),
        json!([]),
        json!("canary-text"),
        Value::Null,
    ] {
        let error = heard(ok(&body)).await.unwrap_err();
        assert_eq!((error.effect, error.class), (Effect::NotSent, Class::Retry { after: None }), "{body}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_failure_is_classed() {
    fake::every_failure_is_classed(agent).await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_used_is_named_and_nothing_is_sent() {
    let gone = Secret::File("/nonexistent/secret".into());
    for (signing_secret, word) in
        [(gone, "`agent.signing_secret_file`"), (Secret::Value("whsec_canary!".into()), "`agent.signing_secret`")]
    {
        let settings = Settings { signing_secret, ..settings() };
        let agent = Http::new(settings, Fake::answering([]), ManualClock::starting_at(WRITTEN_AT));
        let error = agent.ask(&question("Hi")).await.unwrap_err();
        assert_eq!((error.effect, error.class), (Effect::NotSent, Class::Permanent));
        assert!(error.detail.contains(word) && !error.detail.contains("canary"), "{error}");
    }
}

const WORDS: &[&str] =
    &["action", "reply", "draft", "handoff", "nothing", "text", "reason", "summary", "sentiment", "language", "Hi"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_breaks_the_reader(body in shapes::any_json(WORDS)) {
        match shapes::run(heard(ok(&body))).map(|answer| answer.decision) {
            Ok(Decision::Reply { text } | Decision::Draft { text }) => prop_assert!(!text.trim().is_empty(), "{}", body),
            Ok(Decision::Handoff { reason, .. }) => prop_assert!(!reason.is_empty(), "{}", body),
            Ok(Decision::Nothing) => prop_assert_eq!(&body["action"], "nothing"),
            Err(error) => prop_assert_eq!(error.class, Class::Retry { after: None }),
        }
    }
}
