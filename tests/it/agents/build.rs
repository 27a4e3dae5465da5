//! From a connection's settings to its agent.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::agents::{BuildError, Builder};
use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::config::{
    AgentKind, AgentSettings, Connection, Crm, OnAgentFailure, Plan, ReturnToAi, Secret, SignatureMode, Ticketing,
};
use hubspot_bridge::domain::{Mode, PortalId};

use super::peer::{KEY, Peer};
use super::question::{WRITTEN_AT, question};

fn connection(name: &str, kind: AgentKind) -> Connection {
    Connection {
        name: name.into(),
        portal_id: PortalId(1),
        access_token: Secret::Value("t".into()),
        client_secret: Secret::Value("s".into()),
        signature: SignatureMode::Auto,
        ai_user_id: "A-1".into(),
        default_user_id: None,
        mode: Mode::Autopilot,
        inboxes: vec![],
        channels: vec![],
        internal_domains: vec![],
        reply_when_unassigned: true,
        return_to_ai: ReturnToAi::OnClose,
        mirror_notes: false,
        on_agent_failure: OnAgentFailure::Handoff,
        plan: Plan::Auto,
        agent: AgentSettings {
            kind,
            base_url: "https://api.open.cx".into(),
            api_key: Some(Secret::Value(KEY.into())),
            timeout: Duration::from_secs(10),
            attempts: 3,
            model: "small".into(),
            system_prompt: String::new(),
            articles: Path::new(env!("CARGO_MANIFEST_DIR")).join("config/faq"),
            signing_secret: Some(Secret::Value("whsec_c2VjcmV0".into())),
            webhook_secret: None,
        },
        ticketing: Ticketing {
            enabled: true,
            pipeline: "0".into(),
            stage: "1".into(),
            update_interval: Duration::from_secs(15),
            sync_properties: vec![],
            sync_exclude: vec![],
            tag_property: String::new(),
            custom_data: <_>::default(),
        },
        crm: Crm { access_token: None, for_agent: false },
        signatures: Vec::new(),
        topics: Vec::new(),
        routing: Vec::new(),
        handoff_words: Vec::new(),
    }
}

fn builder() -> (Arc<Peer>, Builder) {
    let clock = ManualClock::starting_at(WRITTEN_AT);
    let peer = Peer::new(Arc::<ManualClock>::clone(&clock));
    peer.change("ses-1", |_| ());
    (Arc::clone(&peer), Builder::new(peer, clock))
}

fn refused(connection: &Connection) -> BuildError {
    let error = builder().1.build(connection).err().unwrap();
    assert!(error.to_string().contains("acme"), "{error}");
    error
}

#[tokio::test(start_paused = true)]
async fn every_kind_is_made() {
    let (peer, mut builder) = builder();
    let faq = builder.build(&connection("acme", AgentKind::Faq)).unwrap();
    assert!(faq.ask(&question("How do I reset my password?")).await.is_ok() && peer.requests().is_empty());
    let opencx = builder.build(&connection("acme", AgentKind::Opencx)).unwrap();
    assert!(opencx.ask(&question("How do I reset my password?")).await.is_ok() && peer.requests().len() == 1);
    // The peer speaks neither's language; that it was called at the right place is enough here.
    let mut at = |kind, url: &str| {
        let mut settings = connection("acme", kind);
        settings.agent.base_url = url.into();
        builder.build(&settings).unwrap()
    };
    let (openai, http) =
        (at(AgentKind::Openai, "https://llm.example/v1"), at(AgentKind::Http, "https://own.example/turns"));
    assert!(openai.ask(&question("Hi")).await.is_err() && http.ask(&question("Hi")).await.is_err());
    let paths: Vec<String> = peer.requests().into_iter().skip(1).map(|request| request.path).collect();
    assert_eq!(paths, ["/v1/chat/completions", "/turns"]);
    assert!(!openai.keeps_state() && !http.keeps_state());
}

#[tokio::test(start_paused = true)]
async fn connections_with_one_key_share_its_limit() {
    let (peer, mut builder) = builder();
    let one = builder.build(&connection("acme", AgentKind::Opencx)).unwrap();
    let two = builder.build(&connection("globex", AgentKind::Opencx)).unwrap();
    let mut other = connection("initech", AgentKind::Opencx);
    other.agent.base_url = "https://eu.open.cx".into();
    let other = builder.build(&other).unwrap();
    for _ in 0..100 {
        one.ask(&question("Hi")).await.unwrap();
    }
    assert!(two.ask(&question("Hi")).await.is_err(), "the minute is used up, and the deadline is 10 s");
    assert!(other.ask(&question("Hi")).await.is_ok());
    assert_eq!(peer.requests().len(), 101);
}

#[test]
fn what_cannot_be_made_says_why() {
    let missing = |change: fn(&mut AgentSettings), kind| {
        let mut incomplete = connection("acme", kind);
        change(&mut incomplete.agent);
        let error = refused(&incomplete);
        let BuildError::Missing { kind: named, setting, .. } = error else { panic!("{error}") };
        assert_eq!(named, kind.as_str());
        setting
    };
    for kind in [AgentKind::Opencx, AgentKind::Openai] {
        assert_eq!(missing(|agent| agent.api_key = None, kind), "api_key");
        assert_eq!(missing(|agent| agent.api_key = Some(Secret::Value(String::new())), kind), "api_key");
    }
    assert_eq!(missing(|agent| agent.model.clear(), AgentKind::Openai), "model");
    assert_eq!(missing(|agent| agent.base_url.clear(), AgentKind::Http), "base_url");
    assert_eq!(missing(|agent| agent.signing_secret = None, AgentKind::Http), "signing_secret");
    let mut keyless = connection("acme", AgentKind::Openai);
    keyless.agent.api_key = Some(Secret::File(PathBuf::from("/nonexistent/key")));
    assert!(matches!(refused(&keyless), BuildError::Secret { setting: "api_key", .. }));
    let mut bare = connection("acme", AgentKind::Faq);
    bare.agent.articles = PathBuf::from("/nonexistent/faq");
    assert!(refused(&bare).to_string().contains("/nonexistent/faq"));
}
