//! One alert to a real socket and to real programs: what counts as taken, what is handed over, what is said of failures.

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::alerts::receiver::{Receiver, Refused};
use hubspot_bridge::config::Secret;
use hubspot_bridge::hubspot::http::Http;

use super::decide::START;
use super::desk::{Pager, SECRET};

const BODY: &[u8] = br#"{"id":"alert_1","kind":"dead_events"}"#;

async fn post(url: &str, secret: &str) -> Result<(), Refused> {
    let (url, secret) = (Secret::Value(url.to_owned()), Some(Secret::Value(secret.to_owned())));
    let receiver = Receiver::Webhook { url, secret, transport: Arc::new(Http::new().unwrap()) };
    receiver.deliver("alert_1", START, BODY.to_vec()).await
}

async fn run(words: &[&str]) -> Result<(), Refused> {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Receiver::Command(words).deliver("alert_1", START, BODY.to_vec()).await
}

#[tokio::test]
async fn a_post_is_taken_by_2xx_alone_and_a_failure_tells_no_secret() {
    for (status, taken) in [(200, true), (204, true), (302, false), (404, false), (503, false)] {
        let pager = Pager::answering(status).await;
        let posted = post(&pager.url, SECRET).await;
        assert_eq!(posted.is_ok(), taken, "{status}: {posted:?}");
        assert_eq!(pager.heard().len(), 1);
    }
    let pager = Pager::answering(200).await;
    let refused = post(&pager.url, "another-secret-of-24-bytes").await.unwrap_err().to_string();
    assert!(refused.contains("401") && refused.contains("alerts.webhook_secret"), "{refused}");
    let nobody = post("http://127.0.0.1:1/canary", SECRET).await.unwrap_err();
    assert!(!format!("{nobody} {nobody:?}").contains("canary"), "{nobody:?}");
}

#[tokio::test]
async fn a_secret_in_a_file_is_read_at_each_alert() {
    let (pager, home) = (Pager::answering(200).await, tempfile::tempdir().unwrap());
    let file = home.path().join("secret");
    let (url, secret) = (Secret::Value(pager.url.clone()), Some(Secret::File(file.clone())));
    let receiver = Receiver::Webhook { url, secret, transport: Arc::new(Http::new().unwrap()) };
    let gone = receiver.deliver("alert_1", START, BODY.to_vec()).await.unwrap_err().to_string();
    assert!(gone.contains("alerts.webhook_secret_file"), "{gone}");
    std::fs::write(&file, SECRET).unwrap();
    receiver.deliver("alert_1", START, BODY.to_vec()).await.unwrap();
}

#[tokio::test]
async fn a_program_gets_the_alert_on_its_input_and_its_exit_code_counts() {
    let home = tempfile::tempdir().unwrap();
    let copy = home.path().join("alert.json");
    run(&["tee", copy.to_str().unwrap()]).await.unwrap();
    assert_eq!(std::fs::read(&copy).unwrap(), BODY);
    run(&["true"]).await.unwrap();
    let failed = run(&["false"]).await.unwrap_err().to_string();
    assert!(failed.contains("exit status: 1"), "{failed}");
    assert!(matches!(run(&["no-such-program-of-ours"]).await, Err(Refused::Start(_))));
    // No shell: what would be one's word is a name.
    assert!(matches!(run(&["true; true"]).await, Err(Refused::Start(_))));
}

#[tokio::test]
async fn a_program_that_does_not_end_is_killed() {
    let home = tempfile::tempdir().unwrap();
    let pid = home.path().join("pid");
    let script = format!("echo $$ > {}; exec sleep 600", pid.display());
    let words: Vec<String> = ["sh", "-c", &script].map(str::to_owned).to_vec();
    let receiver = Receiver::Command(words);
    let mut running = Box::pin(receiver.deliver("alert_1", START, BODY.to_vec()));
    let process = loop {
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut running).await.is_err(), "it ended");
        if let Some(pid) = std::fs::read_to_string(&pid).ok().filter(|text| text.ends_with('\n')) {
            break format!("/proc/{}/stat", pid.trim());
        }
    };
    drop(running);
    let alive = || std::fs::read_to_string(&process).is_ok_and(|stat| !stat.contains(") Z "));
    while alive() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
