//! The examples of `docs/handoff.md` are accepted without a warning, and do what the page says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hubspot_bridge::config::Connection;
use hubspot_bridge::domain::{Channel, ConnectionName, Timestamp};
use hubspot_bridge::filters::routing::{self, Facts};
use hubspot_bridge::filters::signature;
use hubspot_bridge::filters::topics::{Said, decide};
use toml::Value;

use super::desk::{Desk, LEAST};

const DOCUMENT: &str = include_str!("../../../docs/handoff.md");

/// The examples, each over the least settings.
fn examples() -> Vec<(Connection, String)> {
    let texts = DOCUMENT.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    texts.map(|text| (load(text), text.to_owned())).collect()
}

fn load(example: &str) -> Connection {
    let mut settings: toml::Table = LEAST.parse().unwrap();
    let example: toml::Table = example.parse().unwrap_or_else(|error| panic!("{error}:\n{example}"));
    merge(&mut settings, example.clone());
    let desk = Desk::new(&settings.to_string().replace("secrets/", "FOLDER/"));
    for name in ["agent-signing", "opencx-key", "opencx-webhooks", "crm-token"] {
        let secret = if name == "crm-token" { "pat-na1-panel" } else { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
        std::fs::write(desk.folder.path().join(name), secret).unwrap();
    }
    let loaded = desk.load(&[]).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(loaded.warnings, [], "{example}");
    let mut acme = loaded.config.connections[&ConnectionName::from("acme")].clone();
    // Each desk has a folder of its own.
    acme.agent.articles = PathBuf::new();
    acme
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(into)), Value::Table(from)) => merge(into, from),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

/// The one example that holds this.
fn with(holds: impl Fn(&Connection) -> bool) -> Connection {
    examples().into_iter().map(|(connection, _)| connection).find(holds).expect("an example of it")
}

#[test]
fn every_example_is_accepted_and_says_something() {
    let examples = examples();
    assert_eq!(examples.len(), 9);
    let plain = format!("{:?}", load(""));
    for (connection, text) in &examples {
        assert_ne!(format!("{connection:?}"), plain, "without effect:\n{text}");
    }
}

#[test]
fn the_topics_of_the_page_decide_as_it_says() {
    let acme = with(|acme| acme.topics.len() == 4);
    for (text, channel, language, rule) in [
        ("Best SEO offer for you", Channel::Email, None, Some("advertising")),
        ("Best SEO offer for you", Channel::Chat, None, None),
        ("Mein RECHTSANWALT meldet sich.", Channel::Chat, Some("de"), Some("legal")),
        ("I want my money\nback", Channel::Chat, Some("en"), Some("refunds")),
        ("我想退款", Channel::Chat, Some("zh"), Some("refunds")),
        ("Gdzie jest moja paczka?", Channel::Chat, Some("pl-PL"), Some("Polish")),
        ("Where is my parcel?", Channel::Chat, Some("en"), None),
    ] {
        let found = decide(&acme.topics, &[Said { text, channel, language }]);
        assert_eq!(found.map(|topic| topic.name.as_str()), rule, "{text} over {channel:?}");
    }
}

#[test]
fn the_routes_and_words_of_the_page_go_by_their_conditions() {
    let acme = with(|acme| acme.routing.len() == 3);
    let (gold, nothing) = (BTreeMap::from([("tier".to_owned(), "gold".to_owned())]), BTreeMap::new());
    // A Friday, 11:00 and 20:00 in Berlin.
    let (day, night) = ["2026-11-20T10:00:00Z", "2026-11-20T19:00:00Z"].map(|at| Timestamp::parse(at).unwrap()).into();
    let facts = Facts {
        channel: Channel::Email,
        topic: Some("refunds"),
        language: Some("de"),
        sentiment: None,
        custom_data: &nothing,
        now: day,
    };
    for (facts, to) in [
        (Facts { custom_data: &gold, ..facts }, Some("A-301")),
        (facts, Some("A-302")),
        (Facts { now: night, ..facts }, None),
        (Facts { now: night, sentiment: Some("angry"), channel: Channel::Chat, ..facts }, Some("A-303")),
    ] {
        let found = routing::route(&acme.routing, &facts).map(|rule| rule.assign_to.as_str());
        assert_eq!(found, to, "{facts:?}");
    }
    let words = with(|acme| !acme.handoff_words.is_empty()).handoff_words;
    for (language, now, start) in [
        (Some("de-AT"), day, "Gleich"),
        (Some("de"), night, "Unser Team"),
        (Some("en"), day, "A colleague"),
        (None, night, "Our team"),
    ] {
        let said = routing::words(&words, language, now).unwrap();
        assert!(said.starts_with(start), "{language:?}: {said}");
    }
}

#[test]
fn the_signatures_and_hours_of_the_page_are_as_it_says() {
    let rules = with(|acme| !acme.signatures.is_empty()).signatures;
    let html = |address: &str| signature::choose(&rules, address).map(|rule| rule.html.as_str());
    assert_eq!(html("help@example.com"), Some("<p>Your Acme team</p>"));
    assert_eq!(html("help@fr.example.com"), Some("<p>Acme, around the world</p>"));
    let table = DOCUMENT.split("### Hours").nth(1).unwrap().split("\n## ").next().unwrap();
    let row = |name: &str| {
        let row = table.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap();
        row.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<String>>()
    };
    for days in row("days") {
        for span in row("span") {
            for zone in row("time zone") {
                let rule = format!("name = \"x\"\nassign_to = \"A-7\"\nhours = \"{days} {span} {zone}\"\n");
                assert!(load(&format!("[[connections.acme.routing]]\n{rule}")).routing[0].hours.is_some());
            }
        }
    }
}
