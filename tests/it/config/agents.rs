//! The kinds of agent: what each needs, and that the examples of `docs/agents.md` are accepted.

use hubspot_bridge::config::{AgentKind, AgentSettings, Loaded, Problems};
use hubspot_bridge::domain::ConnectionName;

use super::desk::{Desk, LEAST};

const DOCUMENT: &str = include_str!("../../../docs/agents.md");

/// The least connection with this for its agent; the secrets' files are there.
fn load(agent: &str) -> Result<Loaded, Problems> {
    let (before, _) = LEAST.split_once("[connections.acme.agent]").unwrap();
    let desk = Desk::new(&format!("{before}{}", agent.replace("secrets/", "FOLDER/")));
    for name in ["opencx-key", "openai-key", "agent-signing"] {
        std::fs::write(desk.folder.path().join(name), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
    }
    desk.load(&[])
}

fn settings(loaded: &Loaded) -> &AgentSettings {
    &loaded.config.connections[&ConnectionName::from("acme")].agent
}

fn problems(agent: &str) -> Vec<String> {
    let found = load(&format!("[connections.acme.agent]\n{agent}")).unwrap_err();
    found.0.iter().map(|problem| problem.to_string().replace("connections.acme.agent.", "")).collect()
}

#[test]
fn the_examples_of_the_document_are_accepted() {
    let examples: Vec<&str> = DOCUMENT.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let loaded: Vec<Loaded> = examples.iter().map(|example| load(example).unwrap()).collect();
    let kinds: Vec<AgentKind> = loaded.iter().map(|loaded| settings(loaded).kind).collect();
    assert_eq!(kinds, [AgentKind::Opencx, AgentKind::Openai, AgentKind::Http, AgentKind::Faq]);
    assert!(loaded.iter().all(|loaded| loaded.warnings.is_empty()));
    let openai = settings(&loaded[1]);
    assert_eq!((openai.model.as_str(), openai.base_url.as_str()), ("gpt-4.1-mini", "https://api.openai.com/v1"));
    assert!(openai.system_prompt.starts_with("You are Ada, "));
    assert_eq!(settings(&loaded[2]).base_url, "https://agent.example.com/turns");
}

#[test]
fn openai_has_an_address_of_its_own_and_needs_a_key_and_a_model() {
    let loaded = load("[connections.acme.agent]\nkind = \"openai\"\napi_key = \"sk-x\"\nmodel = \"m\"").unwrap();
    assert_eq!(settings(&loaded).base_url, "https://api.openai.com/v1");
    let warned: Vec<&str> = loaded.warnings.iter().map(|warning| warning.path.as_str()).collect();
    assert_eq!(warned, ["connections.acme.agent.system_prompt"], "a model that is told nothing knows nothing");
    assert_eq!(
        problems("kind = \"openai\""),
        [
            "api_key: is required for openai; set it or `api_key_file`; for a server that asks for none, any word will do",
            "model: is required for openai; name a chat model of the endpoint that can call tools",
        ]
    );
}

#[test]
fn http_needs_an_address_and_a_secret() {
    assert_eq!(
        problems("kind = \"http\"\ntimeout = \"0s\""),
        [
            "base_url: is required for http; give the address that turns are posted to, e.g. \"https://agent.example.com/turns\"",
            "signing_secret: is required for http; set it or `signing_secret_file` to \"whsec_\" and 32 random bytes in base64",
            "timeout: \"0s\" is out of bounds; give from 100ms to 5m",
        ]
    );
    let at = "kind = \"http\"\nbase_url = \"https://agent.example.com/\"\nsigning_secret = ";
    assert_eq!(
        problems(&format!("{at}\"whsec_not-base64\"")),
        [
            "signing_secret: is not base64 after `whsec_`; copy the secret again, or write one without `whsec_`, whose characters are then the key"
        ]
    );
    for (secret, warned) in [("whsec_c2VjcmV0", true), ("short", true), ("twenty-four-characters-24", false)] {
        let loaded = load(&format!("[connections.acme.agent]\n{at}\"{secret}\"")).unwrap();
        let paths: Vec<&str> = loaded.warnings.iter().map(|warning| warning.path.as_str()).collect();
        let expect: &[&str] = if warned { &["connections.acme.agent.signing_secret"] } else { &[] };
        assert_eq!(paths, expect, "{secret}");
    }
}
