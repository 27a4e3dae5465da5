//! What operators must be told without asking.

use hubspot_bridge::clock::{Clock, SystemClock};
use hubspot_bridge::sandbox::portal::seed::HELP_DESK;
use hubspot_bridge::sandbox::portal::{Fault, signature};
use serde_json::json;

use super::answers;
use crate::process::desk::{Desk, MESSAGE, TOKEN, ended, printed};

/// Lines of the log at this level, or worse, that hold all of these words.
fn logged(desk: &Desk, level: &str, words: &[&str]) -> usize {
    let log = desk.log();
    let level = format!("\"level\":\"{level}\"");
    log.lines().filter(|line| line.contains(&level) && words.iter().all(|word| line.contains(word))).count()
}

/// Elsewhere: after the last attempt the job goes to a dead-letter table that nobody reads. Here: a dead event is a warning
/// in the log with its fix, a metric of its own to alert on, and a line of the ledger.
#[tokio::test]
async fn a_dead_event_is_heard_of() {
    let desk = Desk::open().await;
    desk.portal.add_fault(Fault::times(10_000, "GET", MESSAGE, answers(404)));
    let asked = desk.asks("How long does shipping take?");
    assert_eq!(ended(&desk.settled().await, &asked.message), "dead/message_not_found");
    // And one that no turn ever sees.
    let (url, now) = (format!("http://{}/webhooks/hubspot/acme", desk.bridge.at.public), SystemClock.now());
    let body = json!([{"subscriptionType": "conversation.newMessage"}]).to_string();
    let signed = signature::v3(&desk.portal.seed().client_secret, "POST", &url, body.as_bytes(), now);
    let request = desk.bridge.client.post(url).header("x-hubspot-signature-v3", signed);
    let answer = request.header("x-hubspot-request-timestamp", now.0.to_string()).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);

    let metrics = format!("http://{}/metrics", desk.bridge.at.admin);
    let metrics = desk.bridge.client.get(metrics).bearer_auth(TOKEN).send().await.unwrap().text().await.unwrap();
    for reason in ["message_not_found", "payload_unreadable"] {
        assert_eq!(logged(&desk, "WARN", &["dead", reason, "evt_", "\"fix\":"]), 1, "{reason}: {}", desk.log());
        let line =
            format!("bridge_events_finished_total{{connection=\"acme\",outcome=\"dead\",reason=\"{reason}\"}} 1");
        assert!(metrics.contains(&line), "{line} is not in {metrics}");
        let listed = desk.api(&format!("/events?state=dead&reason={reason}")).await;
        assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    }
}

/// Elsewhere: the bot is connected to try it out, and answers the customers of every inbox on its first day. Here: settings
/// that name no inbox are warned of by `config check` and at each start; those named are kept to.
#[tokio::test]
async fn a_bot_for_every_inbox_is_warned_of() {
    let every = ["connections.acme.inboxes", "the AI answers in every inbox"];
    let desk = Desk::open().await;
    let checked = printed(&desk.run(&["config", "check"]).await);
    let warned = checked.lines().find(|line| every.iter().all(|word| line.contains(word)));
    assert!(warned.is_some_and(|line| line.starts_with("warning") && line.contains("assist")), "{checked}");
    assert_eq!(logged(&desk, "WARN", &every), 1, "{}", desk.log());

    let desk = Desk::with(|text| {
        text.replace("[connections.acme]", &format!("[connections.acme]\ninboxes = [\"{HELP_DESK}\"]"))
    })
    .await;
    let asked = desk.asks("How long does shipping take?");
    assert_eq!(ended(&desk.settled().await, &asked.message), "skipped/inbox_not_enabled");
    assert_eq!(logged(&desk, "WARN", &every), 0, "{}", desk.log());
}
