//! Every option, set to something else than its default, arrives.

use std::path::PathBuf;
use std::time::Duration;

use hubspot_bridge::config::store::Location;
use hubspot_bridge::config::telemetry::LogFormat;
use hubspot_bridge::config::{
    AgentKind, Guarantee, Matcher, OnAgentFailure, OnUnknown, Plan, ReplyLimit, ReturnToAi, Secret, Signature,
    SignatureMode, TopicAction, load,
};
use hubspot_bridge::domain::{ActorId, Channel, ConnectionName, Mode, PortalId};

use super::desk::{Desk, variables};

const OMNIBUS: &str = include_str!("omnibus.toml");

#[test]
fn every_section_of_the_house_arrives() {
    let loaded = Desk::new(OMNIBUS).load(&[]).unwrap();
    let config = &loaded.config;
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:9080");
    assert_eq!(config.admin.public_url, "https://console.example.com");
    assert_eq!(config.server.public_url, "https://bridge.example.com/hooks");
    assert_eq!((config.server.body_limit, config.server.drain_grace), (2 << 20, Duration::from_secs(9)));
    assert_eq!(config.admin.listen.to_string(), "0.0.0.0:9081");
    assert_eq!(config.admin.token.as_ref().unwrap().reveal().unwrap(), "admin-token");
    assert!(config.admin.metrics_public && config.admin.show_messages);
    assert_eq!(config.store.location, Location::File(PathBuf::from("/data/other.db")));
    assert_eq!(config.store.retention, Duration::from_hours(20 * 24));
    assert_eq!(config.store.lock_wait, Duration::from_secs(31));
    assert_eq!(config.hubspot.api_url, "http://127.0.0.1:4000");
    assert_eq!(config.hubspot.conversations_path, "/conversations/conversations/2026-09");
    assert_eq!(config.hubspot.crm_path, "/crm/v4");
    assert_eq!(config.hubspot.timeout, Duration::from_secs(11));
    let revealed = |secret: &Option<Secret>| secret.as_ref().unwrap().reveal().unwrap();
    let alerts = &config.alerts;
    assert_eq!(revealed(&alerts.webhook_url), "https://alerts.example.com/hooks?key=1");
    assert_eq!(revealed(&alerts.webhook_secret), "whsec_bmFyd2hhbC1jYW5hcnktb2YtdGhpcy10ZWFtLTAxMjM=");
    assert_eq!(alerts.command, ["page-me", "--loud"]);
    assert_eq!((alerts.every, alerts.hold_after), (Duration::from_mins(6), Duration::from_mins(3)));
    assert_eq!(config.telemetry.log_format, LogFormat::Json);
    assert_eq!(config.telemetry.log_level, "warn,hubspot_bridge::worker=debug");
}

#[test]
fn every_setting_of_delivery_arrives() {
    let delivery = Desk::new(OMNIBUS).load(&[]).unwrap().config.delivery;
    assert_eq!(delivery.guarantee, Guarantee::AtMostOnce);
    assert_eq!((delivery.max_attempts, delivery.max_turns_in_flight), (13, 65));
    assert_eq!(delivery.max_event_age, Duration::from_hours(73));
    assert_eq!(delivery.quiet_period, Duration::from_millis(1_600));
    assert_eq!(delivery.quiet_period_max, Duration::from_secs(11));
    assert_eq!(delivery.email_delay, Duration::from_secs(6));
    assert_eq!(delivery.settle, Duration::from_secs(32));
    assert_eq!(delivery.on_unknown, OnUnknown::Repost);
    assert_eq!(delivery.sweep_interval, Duration::ZERO);
    assert_eq!(delivery.sweep_grace, Duration::from_secs(33));
    assert_eq!(delivery.hold_probe, Duration::from_secs(34));
    assert_eq!(delivery.max_replies_per_thread, ReplyLimit { count: 11, window: Duration::from_mins(12) });
    assert_eq!(delivery.max_reply_age_chat, Duration::from_mins(16));
    assert_eq!(delivery.max_reply_age_email, Duration::from_hours(13));
}

#[test]
fn every_setting_of_a_connection_arrives() {
    let desk = Desk::new(OMNIBUS);
    let config = desk.load(&[]).unwrap().config;
    let acme = &config.connections[&ConnectionName::from("acme")];
    assert_eq!(acme.portal_id, PortalId(1_234_567));
    assert_eq!(acme.access_token.reveal().unwrap(), "pat-na1-x");
    assert_eq!(acme.client_secret.reveal().unwrap(), "11111111-2222");
    assert_eq!(acme.signature, SignatureMode::V3);
    assert_eq!(acme.ai_user_id, ActorId::from("A-100"));
    assert_eq!(acme.default_user_id, Some(ActorId::from("A-200")));
    assert_eq!(acme.mode, Mode::Assist);
    assert_eq!(acme.inboxes, ["55", "56"]);
    assert_eq!(acme.channels, [Channel::Chat, Channel::Email]);
    assert_eq!(acme.internal_domains, ["example.com"]);
    assert!(!acme.reply_when_unassigned && acme.mirror_notes);
    assert_eq!(acme.return_to_ai, ReturnToAi::Never);
    assert_eq!(acme.on_agent_failure, OnAgentFailure::Draft);
    assert_eq!(acme.plan, Plan::Pro);
    let agent = &acme.agent;
    assert_eq!((agent.kind, agent.base_url.as_str()), (AgentKind::Opencx, "https://opencx.example.com"));
    assert_eq!(agent.api_key.as_ref().unwrap().reveal().unwrap(), "ocx_live_x");
    assert_eq!((agent.timeout, agent.attempts), (Duration::from_secs(61), 4));
    assert_eq!((agent.model.as_str(), agent.system_prompt.as_str()), ("some-model", "Be kind."));
    assert_eq!(agent.articles, desk.folder.path().join("faq"));
    assert_eq!(agent.signing_secret.as_ref().unwrap().reveal().unwrap(), "whsec_1");
    assert_eq!(agent.webhook_secret.as_ref().unwrap().reveal().unwrap(), "whsec_2");
    let ticketing = &acme.ticketing;
    assert!(!ticketing.enabled);
    assert_eq!((ticketing.pipeline.as_str(), ticketing.stage.as_str()), ("7", "8"));
    assert_eq!(ticketing.update_interval, Duration::from_secs(16));
    assert_eq!(
        (ticketing.syncs("priority"), ticketing.syncs("secret"), ticketing.syncs("other")),
        (true, false, false)
    );
    assert_eq!(ticketing.tag_property, "tags");
    assert_eq!(ticketing.custom_data["Order No."], "order_number");
    assert_eq!(acme.crm.access_token.as_ref().unwrap().reveal().unwrap(), "pat-na1-panel");
    assert!(acme.crm.for_agent);
}

#[test]
fn every_rule_of_a_connection_arrives() {
    let config = Desk::new(OMNIBUS).load(&[]).unwrap().config;
    let acme = &config.connections[&ConnectionName::from("acme")];
    let [refunds, rest] = acme.topics.as_slice() else { panic!("two topics: {:?}", acme.topics) };
    assert_eq!((refunds.name.as_str(), refunds.action), ("refunds", TopicAction::Escalate));
    assert!(matches!(refunds.matches.as_slice(), [Matcher::Keyword(word), Matcher::Pattern(pattern)]
        if word == "refund" && pattern.is_match("Money  BACK")));
    assert_eq!(
        (refunds.channels.as_slice(), refunds.languages.as_slice()),
        ([Channel::Chat].as_slice(), ["de".to_owned()].as_slice())
    );
    assert!(rest.action == TopicAction::Draft && rest.matches.is_empty());
    let [route] = acme.routing.as_slice() else { panic!("one route: {:?}", acme.routing) };
    assert_eq!((route.name.as_str(), &route.assign_to), ("angry refunds", &ActorId::from("A-300")));
    assert_eq!(
        (route.topics.join(","), route.languages.join(","), route.sentiments.join(",")),
        ("refunds".into(), "en,fr".into(), "angry".into())
    );
    assert_eq!(route.channels, [Channel::Email]);
    assert_eq!((route.custom_data["tier"].as_str(), route.custom_data["seats"].as_str()), ("gold", "5"));
    assert_eq!(route.hours.as_ref().unwrap().text, "Mon-Fri 09:00-17:00 Europe/Berlin");
    let [words] = acme.handoff_words.as_slice() else { panic!("one entry: {:?}", acme.handoff_words) };
    assert_eq!((words.language.as_deref(), words.text.as_str()), (Some("de"), "Gleich ist jemand da."));
    assert_eq!(words.hours.as_ref().unwrap().days.len(), 7);
    assert_eq!(words.outside_hours.as_deref(), Some("Wir melden uns morgen."));
    let signature = Signature { domain: "*.example.com".to_owned(), html: "<p>Acme</p>".to_owned() };
    assert_eq!(acme.signatures, [signature]);
}

/// The file sets each key to something new, so a key that nobody reads, or that is missing here, is found.
#[test]
fn the_omnibus_file_sets_every_key_to_something_else_than_its_default() {
    let loaded = Desk::new(OMNIBUS).load(&[]).unwrap();
    let plain = Desk::new(super::desk::LEAST).load(&[]).unwrap();
    let (mut set, mut defaults) = (Vec::new(), Vec::new());
    flatten("", &loaded.effective, &mut set);
    flatten("", &plain.effective, &mut defaults);
    let optional_files = ["connections.acme.ticketing.custom_data.Order No."];
    for (key, value) in &set {
        let default = defaults.iter().find(|(other, _)| other == key).map(|(_, value)| value);
        let same_on_purpose = value.contains("redacted")
            || key.ends_with("ai_user_id")
            || key.ends_with("portal_id")
            || key.ends_with("articles")
            || key.ends_with("crm.access_token")
            || optional_files.contains(&key.as_str());
        assert!(same_on_purpose || default.is_some_and(|default| default != value), "{key} = {value}");
    }
    assert_eq!(set.len(), defaults.len() + optional_files.len());
}

/// `config/default.toml` shows a connection's defaults as comments; these are the ones the code applies (the agent's
/// address excepted: it depends on the kind).
#[test]
fn the_commented_connection_of_the_default_file_tells_the_truth() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/default.toml")).unwrap();
    let block = text.split_once("# [connections.acme]\n").unwrap().1.split("# [[").next().unwrap();
    let shown: String = block
        .lines()
        .map(|line| line.trim_start_matches("# "))
        .filter(|line| (line.contains(" = ") || line.starts_with('[')) && !line.contains("= required"))
        .map(|line| line.replace("https://api.open.cx", ""))
        .collect::<Vec<_>>()
        .join("\n");
    let shown: toml::Table = format!("[connections.acme]\n{shown}").parse().unwrap();
    let applied: toml::Table =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/connection/defaults.toml"))
            .unwrap()
            .parse()
            .unwrap();
    assert_eq!(shown["connections"]["acme"], toml::Value::Table(applied));
}

#[test]
fn the_printed_settings_load_again_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let printed = Desk::new(OMNIBUS).load(&[]).unwrap().effective.to_string();
    let file = folder.path().join("printed.toml");
    // Only the secrets are gone.
    std::fs::write(
        &file,
        printed.replace("[redacted]", "x").replacen("access_token = \"x\"", "access_token = \"pat-x\"", 1),
    )
    .unwrap();
    let again = load(Some(&file), &variables(&[])).unwrap();
    assert_eq!(again.effective.to_string(), printed);
}

fn flatten(path: &str, table: &toml::Table, into: &mut Vec<(String, String)>) {
    for (key, value) in table {
        let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value.as_table() {
            Some(table) => flatten(&at, table, into),
            None => into.push((at, value.to_string())),
        }
    }
}
