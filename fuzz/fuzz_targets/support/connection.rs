//! A connection as settings make it.

use std::collections::BTreeMap;

use hubspot_bridge::config::{Connection, load};

const SETTINGS: &str = r#"
[connections.acme]
portal_id = 23428445
access_token = "pat-na1-fuzzed"
client_secret = "client-secret-fuzzed"
ai_user_id = "A-1"
[connections.acme.agent]
kind = "opencx"
api_key = "key"
webhook_secret = "a-secret-of-this-door"
"#;

pub fn acme() -> Connection {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bridge.toml");
    std::fs::write(&file, SETTINGS).expect("written");
    let loaded = load(Some(&file), &BTreeMap::new()).expect("good settings");
    loaded.config.connections.into_values().next().expect("one connection")
}
