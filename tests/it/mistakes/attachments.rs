//! Files that customers send.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hubspot_bridge::agents::{Answer, Builder, Decision, Error, Question};
use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::config::{AgentKind, Config, Secret};
use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::hubspot::transport::{Transport, TransportError};

use crate::conversation::house::{House, acme};

const NAME: &str = "invoice-4711.pdf";
const LINK: &str = "https://files.example/1";

/// Remembers what it was asked to send, and answers nothing useful.
#[derive(Default)]
struct Ear(Mutex<Vec<String>>);

#[async_trait]
impl Transport for Ear {
    async fn send(&self, request: http::Request<Bytes>, _: Duration) -> Result<http::Response<Bytes>, TransportError> {
        self.0.lock().unwrap().push(String::from_utf8_lossy(request.body()).into_owned());
        Ok(http::Response::new(Bytes::from_static(b"{}")))
    }
}

/// What this kind of agent makes of the question, and what left for its peer.
async fn asked(config: &Config, kind: AgentKind, question: &Question) -> (Result<Answer, Error>, String) {
    let mut config = config.clone();
    let acme = acme(&mut config);
    acme.agent.kind = kind;
    "https://agent.example".clone_into(&mut acme.agent.base_url);
    acme.agent.api_key = Some(Secret::Value("key".to_owned()));
    "small".clone_into(&mut acme.agent.model);
    acme.agent.signing_secret = Some(Secret::Value("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()));
    acme.agent.articles = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/faq");
    let ear = Arc::new(Ear::default());
    let transport: Arc<dyn Transport> = Arc::<Ear>::clone(&ear);
    let agent = Builder::new(transport, ManualClock::starting_at(Timestamp(1_795_000_000_000))).build(acme).unwrap();
    let question = Question { agent_session_id: Some("ses-1".to_owned()), ..question.clone() };
    let answer = agent.ask(&question).await;
    let sent = ear.0.lock().unwrap().join("\n");
    (answer, sent)
}

/// Elsewhere: the file is dropped on the way, the model is asked "can you check this?" and makes up what it never saw. Here:
/// nothing is fetched, but every agent is told that there is a file, its name and where it is; the model is told that it
/// cannot see inside; and the built-in agent says that it did not look, or hands over.
#[tokio::test(start_paused = true)]
async fn a_file_is_never_dropped_without_a_word() {
    for text in ["Can you check this?", ""] {
        let mut house = House::new().await;
        let said = house.chat(text);
        house.portal.attach(&said, NAME, LINK).unwrap();
        house.until_quiet().await;
        let question = house.agent.last_question();
        assert_eq!(question.messages[0].attachments[0].name.as_deref(), Some(NAME));

        for kind in [AgentKind::Opencx, AgentKind::Openai, AgentKind::Http] {
            let (_, sent) = asked(&house.config, kind, &question).await;
            assert!(sent.contains(NAME) && sent.contains(LINK), "{kind:?} is not told of it: {sent}");
            let warned = sent.contains("names and links of attachments, not what is in them");
            assert!(warned || kind != AgentKind::Openai, "{sent}");
        }
        let (answer, _) = asked(&house.config, AgentKind::Faq, &question).await;
        let decision = answer.unwrap().decision;
        match decision {
            Decision::Handoff { .. } => {}
            Decision::Reply { text } => assert!(text.contains("I cannot open files"), "{text}"),
            Decision::Draft { .. } | Decision::Nothing => panic!("a file that nobody hears of: {decision:?}"),
        }
    }
}
