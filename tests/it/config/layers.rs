//! Defaults, then the file, then the environment.

use std::time::Duration;

use hubspot_bridge::config::load;
use hubspot_bridge::domain::ConnectionName;

use super::desk::{Desk, LEAST, variables};

#[test]
fn without_anything_the_defaults_hold_and_a_warning_says_that_there_is_no_connection() {
    let loaded = load(None, &variables(&[])).unwrap();
    assert_eq!(loaded.config.server.listen.to_string(), "0.0.0.0:8080");
    assert!(loaded.config.connections.is_empty());
    let paths: Vec<&str> = loaded.warnings.iter().map(|warning| warning.path.as_str()).collect();
    assert_eq!(paths, ["connections"]);
}

#[test]
fn the_environment_beats_the_file_and_the_file_the_defaults() {
    let desk = Desk::new(&format!("{LEAST}\n[delivery]\nsettle = \"40s\"\nhold_probe = \"41s\"\n"));
    let loaded = desk
        .load(&[
            ("BRIDGE__DELIVERY__SETTLE", "50s"),
            ("BRIDGE__DELIVERY__MAX_REPLY_AGE__CHAT", "20m"),
            ("BRIDGE__DELIVERY__MAX_ATTEMPTS", "7"),
            ("BRIDGE__ADMIN__METRICS_PUBLIC", "true"),
            ("BRIDGE__CONNECTIONS__ACME__INBOXES", "66, 77"),
            ("BRIDGE__CONNECTIONS__ACME__TICKETING__ENABLED", "false"),
            ("BRIDGE_ADMIN_TOKEN", "not a setting of the bridge"),
            ("PATH", "/bin"),
        ])
        .unwrap();
    let delivery = &loaded.config.delivery;
    assert_eq!(delivery.settle, Duration::from_secs(50));
    assert_eq!(delivery.hold_probe, Duration::from_secs(41));
    assert_eq!(delivery.email_delay, Duration::from_secs(5));
    assert_eq!(delivery.max_reply_age_chat, Duration::from_mins(20));
    assert_eq!(delivery.max_attempts, 7);
    assert!(loaded.config.admin.metrics_public);
    let acme = &loaded.config.connections[&ConnectionName::from("acme")];
    assert_eq!(acme.inboxes, ["66", "77"]);
    assert!(!acme.ticketing.enabled);
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}

#[test]
fn a_connection_may_come_from_the_environment_alone_even_with_underscores_in_its_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("refunds.md"), "# Refunds\n").unwrap();
    let env = variables(&[
        ("BRIDGE__SERVER__PUBLIC_URL", "https://bridge.example.com/"),
        ("BRIDGE__CONNECTIONS__ACME_EU_2__PORTAL_ID", "42"),
        ("BRIDGE__CONNECTIONS__ACME_EU_2__ACCESS_TOKEN", "pat-eu1-x"),
        ("BRIDGE__CONNECTIONS__ACME_EU_2__CLIENT_SECRET", "12345678"),
        ("BRIDGE__CONNECTIONS__ACME_EU_2__AI_USER_ID", "A-1"),
        ("BRIDGE__CONNECTIONS__ACME_EU_2__AGENT__ARTICLES", folder.path().to_str().unwrap()),
        ("BRIDGE__CONNECTIONS__ACME_EU_2__TICKETING__CUSTOM_DATA__ORDER_STATUS", "order_status"),
    ]);
    let loaded = load(None, &env).unwrap();
    let acme = &loaded.config.connections[&ConnectionName::from("acme_eu_2")];
    assert_eq!((acme.portal_id.0, acme.client_secret.reveal().unwrap().as_str()), (42, "12345678"));
    assert_eq!(acme.ticketing.custom_data["order_status"], "order_status");
    assert_eq!(loaded.config.server.public_url, "https://bridge.example.com");
}

#[test]
fn bridge_config_names_the_file_unless_one_is_given() {
    let (named, given) = (Desk::new("[delivery]\nsettle = \"31s\""), Desk::new("[delivery]\nsettle = \"32s\""));
    let env = variables(&[("BRIDGE_CONFIG", named.file().to_str().unwrap())]);
    assert_eq!(load(None, &env).unwrap().config.delivery.settle, Duration::from_secs(31));
    assert_eq!(load(Some(&given.file()), &env).unwrap().config.delivery.settle, Duration::from_secs(32));
}
