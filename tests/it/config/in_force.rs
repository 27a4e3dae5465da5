//! Each setting in force is listed with where it is from.

use hubspot_bridge::config::Origin;

use super::desk::{Desk, LEAST};

#[test]
fn every_setting_is_listed_once_with_its_origin_and_redacted() {
    let topics = "[[connections.acme.topics]]\nname = \"money\"\naction = \"escalate\"\n";
    let desk = Desk::new(&format!("{LEAST}{topics}"));
    let env = [("BRIDGE__DELIVERY__QUIET_PERIOD", "4s"), ("BRIDGE__ADMIN__TOKEN", "canary-admin")];
    let loaded = desk.load(&env).unwrap();
    let of = |path: &str| {
        let mut found = loaded.config.in_force.iter().filter(|setting| setting.path == path);
        let setting = found.next().unwrap_or_else(|| panic!("{path} is not listed"));
        assert!(found.next().is_none(), "{path} is listed twice");
        (setting.value.clone(), setting.origin)
    };
    assert_eq!(of("delivery.quiet_period"), ("\"4s\"".to_owned(), Origin::Environment));
    assert_eq!(of("admin.token"), ("\"[redacted]\"".to_owned(), Origin::Environment));
    assert_eq!(of("server.public_url").1, Origin::File);
    assert_eq!(of("connections.acme.portal_id").1, Origin::File);
    assert_eq!(of("connections.acme.client_secret"), ("\"[redacted]\"".to_owned(), Origin::File));
    assert_eq!(of("connections.acme.topics").1, Origin::File);
    assert_eq!(of("connections.acme.mode").1, Origin::Default);
    assert_eq!(of("store.retention").1, Origin::Default);
    assert!(!format!("{:?}", loaded.config.in_force).contains("canary"));
}
