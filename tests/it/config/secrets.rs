//! Secrets stay secret, and files with them are read again.

use hubspot_bridge::domain::ConnectionName;

use super::desk::{Desk, LEAST};

const CANARY: &str = "canary";

#[test]
fn no_secret_is_in_debug_or_print() {
    let extra = "api_key = \"canary-key\"\nsigning_secret = \"canary-sign\"\nwebhook_secret = \"canary-hook\"\n";
    let alerts = "[alerts]\nwebhook_url = \"https://alerts.example.com:8443/canary?key=canary\"\nwebhook_secret = \"canary-alerts-secret-24b\"\n";
    let crm = "[connections.acme.crm]\naccess_token = \"canary-crm\"\n";
    let desk = Desk::new(&format!("{LEAST}{extra}{crm}{alerts}[admin]\ntoken = \"canary-admin\"\n"));
    let loaded = desk.load(&[]).unwrap();
    assert!(!format!("{loaded:?}").contains(CANARY));
    let printed = loaded.effective.to_string();
    assert!(!printed.contains(CANARY), "{printed}");
    assert!(printed.contains("access_token = \"[redacted]\""), "{printed}");
    assert!(printed.contains("webhook_url = \"https://alerts.example.com:8443/redacted\""), "{printed}");
}

#[test]
fn no_secret_is_in_a_problem_wherever_it_landed() {
    for line in [
        "client_secret = [\"canary\"]",
        "client_secret = \"pat-canary\"",
        "client_secret = \"can ary canary\"",
        "acess_token = \"pat-canary\"",
        "signature = \"pat-canary\"",
        "default_user_id = \"pat-canary\"",
        "plan = \"canary-01234567-89ab-cdef-0123-456789abcdef\"",
        "internal_domains = [\"canary@example.com\"]",
        "mode = \"ok\"\n[alerts]\nwebhook_url = \"http://canary.example.com/canary\"\nwebhook_secret = \"whsec_canary\"\n[connections.other]",
        "mode = \"pat-canary",
        "mode = pat-canary",
    ] {
        let without = LEAST.replace("client_secret = \"canary-client-secret\"\n", "");
        let desk = Desk::new(&without.replace("portal_id", &format!("{line}\nportal_id")));
        let problems = desk.load(&[]).unwrap_err();
        assert!(!problems.to_string().contains(CANARY), "{line}: {problems}");
        assert!(!format!("{problems:?}").contains(CANARY), "{line}");
    }
}

#[test]
fn a_secret_file_is_read_again_when_it_changes() {
    let with_file = LEAST.replace("access_token = \"pat-na1-canary-token\"", "access_token_file = \"FOLDER/token\"");
    let desk = Desk::new(&with_file);
    let token = desk.folder.path().join("token");

    let missing = desk.load(&[]).unwrap_err();
    assert_eq!(missing.0[0].path, "connections.acme.access_token_file");

    std::fs::write(&token, "pat-first\n").unwrap();
    let loaded = desk.load(&[]).unwrap();
    let secret = loaded.config.connections[&ConnectionName::from("acme")].access_token.clone();
    assert_eq!(secret.reveal().unwrap(), "pat-first");
    std::fs::write(&token, "pat-second\n").unwrap();
    assert_eq!(secret.reveal().unwrap(), "pat-second");
    assert!(loaded.effective.to_string().contains("access_token_file = "));
}

#[test]
fn a_key_that_would_travel_in_the_open_is_warned_about() {
    let agent = "kind = \"http\"\nsigning_secret = \"whsec_bmFyd2hhbC1jYW5hcnktb2YtdGhpcy10ZWFtLTAxMjM=\"\nbase_url = ";
    for (url, warned) in [
        ("http://agent.example.com/turns", true),
        ("http://10.0.0.7:9000/turns", true),
        ("http://127.0.0.1:9000/turns", false),
        ("http://[::1]:9000/turns", false),
        ("http://localhost/turns", false),
        ("https://agent.example.com/turns", false),
    ] {
        let settings = LEAST.replace("articles = \"FOLDER/faq\"", &format!("{agent}\"{url}\""));
        let desk = Desk::new(&format!("{settings}[hubspot]\napi_url = \"{url}\"\n"));
        let warnings = desk.load(&[]).unwrap().warnings;
        for path in ["connections.acme.agent.base_url", "hubspot.api_url"] {
            let is_warned = warnings.iter().any(|problem| problem.path == path && problem.what.contains("plain http"));
            assert_eq!(is_warned, warned, "{path} = {url}");
        }
    }
}
