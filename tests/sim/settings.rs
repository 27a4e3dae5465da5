//! The bridge's settings of a day.

use std::collections::BTreeMap;

use hubspot_bridge::config::{self, Config, Connection, Matcher, Route, Topic, TopicAction};
use hubspot_bridge::domain::Channel;

use super::outside::SECRET;
use super::plan::Rules;
use super::play::{Site, URL};

pub fn of(sites: &[Site], rules: &Rules) -> Config {
    let mut env = BTreeMap::from([
        ("BRIDGE__SERVER__PUBLIC_URL".to_owned(), URL.to_owned()),
        ("BRIDGE__STORE__URL".to_owned(), "sqlite::memory:".to_owned()),
    ]);
    let mut delivery = |key: &str, value: &str| env.insert(format!("BRIDGE__DELIVERY__{key}"), value.to_owned());
    delivery("MAX_REPLIES_PER_THREAD", rules.replies_per_thread);
    if rules.at_most_once {
        delivery("GUARANTEE", "at-most-once");
    }
    if rules.repost {
        delivery("ON_UNKNOWN", "repost");
    }
    if let Some(turns) = rules.turns_in_flight {
        delivery("MAX_TURNS_IN_FLIGHT", &turns.to_string());
    }
    if let Some(age) = rules.max_event_age {
        delivery("MAX_EVENT_AGE", age);
        // What is too old for a reply goes to a human before it is too old for everything.
        delivery("MAX_REPLY_AGE__CHAT", "2m");
        delivery("MAX_REPLY_AGE__EMAIL", "2m");
    }
    for site in sites {
        env.extend(connection(site, rules));
        if rules.max_event_age.is_some() {
            env.insert(
                format!("BRIDGE__CONNECTIONS__{}__AGENT__TIMEOUT", site.name.to_ascii_uppercase()),
                "20s".into(),
            );
        }
    }
    match config::load(None, &env) {
        Ok(mut loaded) => {
            loaded.config.connections.values_mut().for_each(|connection| tables(connection, sites, rules));
            loaded.config
        }
        Err(problems) => panic!("the settings of the simulation are wrong: {problems}"),
    }
}

fn connection(site: &Site, rules: &Rules) -> BTreeMap<String, String> {
    let seed = site.portal.seed();
    let words = [
        ("PORTAL_ID", seed.portal_id.to_string()),
        ("ACCESS_TOKEN", seed.token.clone()),
        ("CLIENT_SECRET", seed.client_secret.clone()),
        ("AI_USER_ID", seed.ai.actor().to_string()),
        ("DEFAULT_USER_ID", seed.reps[1].actor().to_string()),
        ("INTERNAL_DOMAINS", "acme.example".to_owned()),
        ("MODE", if rules.assist { "assist" } else { "autopilot" }.to_owned()),
        ("REPLY_WHEN_UNASSIGNED", (!rules.silent_when_unassigned).to_string()),
        ("RETURN_TO_AI", if rules.never_returns { "never" } else { "on_close" }.to_owned()),
        ("ON_AGENT_FAILURE", rules.on_agent_failure.to_owned()),
        ("MIRROR_NOTES", rules.mirror_notes.to_string()),
        ("TICKETING__ENABLED", (!rules.no_ticketing).to_string()),
        // Its webhooks are taken; its API is never called, because the planned agent takes its place.
        ("AGENT__KIND", "opencx".to_owned()),
        ("AGENT__API_KEY", "a-key".to_owned()),
        ("AGENT__WEBHOOK_SECRET", SECRET.to_owned()),
    ];
    let name = site.name.to_ascii_uppercase();
    words.into_iter().map(|(key, value)| (format!("BRIDGE__CONNECTIONS__{name}__{key}"), value)).collect()
}

/// Tables and arrays of tables live in a file only.
fn tables(connection: &mut Connection, sites: &[Site], rules: &Rules) {
    connection.ticketing.custom_data.insert("order".to_owned(), "order_number".to_owned());
    let action = rules.refunds.map(|word| match word {
        "ignore" => TopicAction::Ignore,
        "escalate" => TopicAction::Escalate,
        _ => TopicAction::Draft,
    });
    connection.topics.extend(action.map(|action| Topic {
        name: "refunds".to_owned(),
        matches: vec![Matcher::Keyword("refund".to_owned())],
        channels: Vec::new(),
        languages: Vec::new(),
        action,
    }));
    let rep =
        sites.iter().find(|site| site.name == connection.name.as_str()).map(|site| site.portal.seed().reps[0].actor());
    connection.routing.extend(rep.filter(|_| rules.routing).map(|assign_to| Route {
        name: "chats".to_owned(),
        topics: Vec::new(),
        channels: vec![Channel::Chat],
        languages: Vec::new(),
        sentiments: Vec::new(),
        custom_data: BTreeMap::new(),
        hours: None,
        assign_to,
    }));
}
