//! `hubspot-bridge doctor`, the real binary, with a running bridge and without one.

use std::process::Output;

use hubspot_bridge::sandbox::portal::{Effect, Fault};
use serde_json::Value;

use crate::process::desk::{Desk, TOKEN, address, printed, run};

const MESSAGES: &str = "subscription conversation.newMessage";

/// The examinations of `--json`.
fn examinations(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{}", printed(output)))).collect()
}

fn line<'a>(examination: &'a Value, check: &str) -> &'a Value {
    let lines = examination["lines"].as_array().unwrap();
    lines.iter().find(|line| line["check"] == check).unwrap_or_else(|| panic!("no line {check}: {examination}"))
}

/// The exit code says the worst.
fn agrees(output: &Output, examination: &Value) {
    let code = i32::from(examination["worst"] == "failed");
    assert_eq!(output.status.code(), Some(code), "{}", printed(output));
}

#[tokio::test]
async fn a_running_bridge_is_asked_and_what_it_saw_outlives_it() {
    let mut desk = Desk::open().await;
    let before = desk.run(&["doctor"]).await;
    let said = printed(&before);
    assert_eq!(before.status.code(), Some(0), "a fresh install is no failure: {said}");
    let failed = said.lines().find(|line| line.contains(MESSAGES)).unwrap();
    assert!(failed.starts_with("warning  subscription") && said.contains("→ write to the inbox"), "{said}");
    assert!(said.lines().any(|line| line == "acme") && said.contains(" with a warning, "), "{said}");

    desk.asks("How long does shipping take?");
    desk.settled().await;
    let asked = desk.run(&["doctor", "acme", "--json"]).await;
    let found = examinations(&asked).remove(0);
    agrees(&asked, &found);
    for check in ["webhook url", "webhook reachable", "signatures", "clock", MESSAGES, "store", "queue", "hold"] {
        assert_eq!(line(&found, check)["status"], "ok", "{check}: {found:#}");
    }
    assert!(line(&found, "webhook url")["seen"].as_str().unwrap().contains("was signed for it"), "{found:#}");
    let (status, of_route) = desk.ask(reqwest::Method::POST, "/connections/acme/doctor", &Value::Null).await;
    assert_eq!((status, &of_route["worst"]), (400, &Value::Null), "null is no object");
    let heard = line(&found, MESSAGES)["seen"].clone();

    desk.bridge.stop().await;
    let alone = desk.run(&["doctor", "--json"]).await;
    let found = examinations(&alone).remove(0);
    agrees(&alone, &found);
    assert!(String::from_utf8_lossy(&alone.stderr).contains("no bridge answers"), "{}", printed(&alone));
    assert_eq!(line(&found, MESSAGES)["seen"], heard, "kept in the store");
    assert_eq!(line(&found, "store")["status"], "ok");
    let reached = line(&found, "webhook reachable");
    assert_eq!(reached["status"], "warning", "what was reached an hour ago is stopped now: {reached}");

    desk.bridge.start().await.unwrap();
    let again = desk.run(&["doctor", "--json"]).await;
    assert_eq!(line(&examinations(&again).remove(0), MESSAGES)["seen"], heard, "and read by the next life");
    assert!(!printed(&again).contains("shipping") && !printed(&again).contains(TOKEN));
}

#[tokio::test]
async fn without_a_bridge_the_settings_are_enough() {
    let desk = Desk::closed().await;
    let output = desk.run(&["doctor", "--json"]).await;
    let found = examinations(&output).remove(0);
    agrees(&output, &found);
    assert!(line(&found, "store")["seen"].as_str().unwrap().contains("is not there yet"), "{found:#}");
    assert!(!desk.database().exists(), "a look makes no database");
    assert!(line(&found, MESSAGES)["seen"].as_str().unwrap().contains("not known"), "{found:#}");
    assert_eq!(line(&found, "clock")["status"], "ok", "HubSpot was asked: {found:#}");
    let seed = desk.portal.seed();
    let said = printed(&output);
    assert!(!said.contains(&seed.token) && !said.contains(&seed.client_secret), "{said}");

    desk.portal.add_fault(Fault::times(1_000, "POST", "/oauth/**", Effect::Refuse));
    let broken = printed(&desk.run(&["doctor"]).await);
    let folded = broken.lines().filter(|line| line.trim_start().ends_with("lines were not looked at: see `token`"));
    assert_eq!(folded.count(), 1, "{broken}");
    assert!(!broken.contains("portal  ") && broken.contains(" 1 failed, "), "{broken}");
    for cause in ["webhook reachable", "store"] {
        assert!(broken.contains(&format!(" lines were not looked at: see `{cause}`")), "{broken}");
    }
}

#[tokio::test]
async fn a_database_in_use_is_left_alone() {
    let desk = Desk::open().await;
    let elsewhere = desk.home.path().join("elsewhere.toml");
    let text = std::fs::read_to_string(&desk.bridge.settings).unwrap();
    let text = text.replace(&desk.bridge.at.admin.to_string(), &address().to_string());
    std::fs::write(&elsewhere, text).unwrap();
    let output = tokio::task::spawn_blocking(move || run(&elsewhere, &["doctor", "--json"])).await.unwrap();
    let found = examinations(&output).remove(0);
    let store = line(&found, "store");
    assert_eq!(store["status"], "warning", "{found:#}");
    let holder = format!("process {}", desk.bridge.pid().unwrap());
    assert!(store["seen"].as_str().unwrap().contains(&holder), "{store}");
    assert_eq!(desk.bridge.readiness().await.unwrap(), 200);
}

#[tokio::test]
async fn what_cannot_be_run_ends_with_two() {
    let mut desk = Desk::open().await;
    let unknown = desk.run(&["doctor", "nobody"]).await;
    assert_eq!(unknown.status.code(), Some(2), "{}", printed(&unknown));
    desk.bridge.stop().await;
    let nobody = format!("http://{}", address());
    for arguments in [vec!["doctor", "nobody"], vec!["doctor", "--admin-url", &nobody]] {
        let output = desk.run(&arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", printed(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", printed(&output));
    }
    desk.rewrite(|text| {
        text.replace("[delivery]", "[delivery]\nsettel = \"1s\"").replace("timeout = \"1500ms\"", "timeout = \"soon\"")
    });
    let wrong = desk.run(&["doctor"]).await;
    let said = printed(&wrong);
    assert_eq!(wrong.status.code(), Some(2), "{said}");
    assert!(said.contains("delivery.settel") && said.contains("hubspot.timeout"), "{said}");
}

#[tokio::test]
async fn a_silent_hubspot_puts_the_start_off_and_does_not_prevent_it() {
    let mut desk = Desk::closed().await;
    desk.rewrite(|text| text.replace("timeout = \"1500ms\"", "timeout = \"10s\""));
    let route = "/oauth/v2/private-apps/get/access-token-info";
    desk.portal.add_fault(Fault::times(1, "POST", route, Effect::Delay { ms: 9_000 }));
    desk.bridge.start().await.unwrap();
    assert!(desk.log().contains("the doctor's quick look takes longer"), "{}", desk.log());
    desk.asks("How long does shipping take?");
    desk.settled().await;
}
