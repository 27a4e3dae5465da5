//! SIGTERM: not ready at once, what runs is finished, exit 0, nothing lost. A second one cuts.

use hubspot_bridge::sandbox::portal::{Effect, Fault};
use reqwest::StatusCode;

use super::blow::Blow;
use super::desk::{Desk, MESSAGE, ended, messages_of};
use super::rounds::{self, Plan};

async fn not_ready(desk: &Desk) {
    desk.until("/readyz to answer 503", async || {
        desk.bridge.readiness().await == Some(StatusCode::SERVICE_UNAVAILABLE)
    })
    .await;
}

#[tokio::test]
async fn it_drains_under_load_and_loses_nothing() {
    let mut desk = Desk::open().await;
    // The first message is shown late, so that there is a turn to finish.
    desk.portal.add_fault(Fault::times(1, "GET", MESSAGE, Effect::Delay { ms: 1_000 }));
    let first = desk.asks("How long does shipping take?");
    desk.called("GET", &format!("{}/", messages_of(&first.thread))).await;
    let rest: Vec<_> = (0..8).map(|_| desk.asks("How can I pay?")).collect();
    desk.bridge.terminate();
    not_ready(&desk).await;
    let status = desk.bridge.ended().await.unwrap();
    assert_eq!(status.code(), Some(0), "{}", desk.log());
    assert_eq!(desk.answers(&first.thread).len(), 1, "the turn in flight was finished");

    desk.bridge.start().await.unwrap();
    let events = desk.settled().await;
    assert!(events.iter().all(|event| event["state"] != "dead"), "{events:#?}");
    for asked in rest.iter().chain([&first]) {
        assert_eq!(desk.answers(&asked.thread).len(), 1);
    }
}

#[tokio::test]
async fn a_second_signal_cuts() {
    let mut desk = Desk::closed().await;
    // Neither HubSpot's silence nor the grace time ends the turn.
    desk.rewrite(|text| text.replace("1500ms", "30s").replace("[admin]", "drain_grace = \"60s\"\n[admin]"));
    desk.bridge.start().await.unwrap();
    desk.portal.add_fault(Fault::times(1, "GET", MESSAGE, Effect::Timeout { acted: false }));
    let asked = desk.asks("How long does shipping take?");
    desk.called("GET", &format!("{}/", messages_of(&asked.thread))).await;
    desk.bridge.terminate();
    not_ready(&desk).await;
    desk.bridge.terminate();
    desk.bridge.ended().await.unwrap();
    assert!(desk.log().contains("cut by a second signal"), "{}", desk.log());

    desk.bridge.start().await.unwrap();
    desk.settled().await;
    assert_eq!(desk.answers(&asked.thread).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_loses_nothing_and_repeats_nothing() {
    let plan = Plan { name: "SIGTERM", blows: &[Blow::Terminate], rounds: rounds::wanted().div_ceil(5) };
    rounds::play(plan).await;
}

#[tokio::test]
async fn an_agent_slower_than_the_grace_time_is_cut_and_asked_again() {
    // Takes what it is asked and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut desk = Desk::closed().await;
    let usual = std::fs::read_to_string(&desk.bridge.settings).unwrap();
    let hangs = format!(
        "[connections.acme.agent]\nkind = \"openai\"\nbase_url = \"http://{}/v1\"\napi_key = \"x\"\nmodel = \"x\"\n",
        silent.local_addr().unwrap()
    );
    desk.rewrite(|text| {
        let text = text.replace("[connections.acme.agent]\n", &hangs);
        text.replace("[admin]", "drain_grace = \"300ms\"\n[admin]")
    });
    desk.bridge.start().await.unwrap();
    let asked = desk.asks("How long does shipping take?");
    let _connection = silent.accept().await.unwrap();
    desk.bridge.terminate();
    let status = desk.bridge.ended().await.unwrap();
    assert_eq!(status.code(), Some(0), "{}", desk.log());
    assert!(desk.log().contains("the grace time is over"), "{}", desk.log());

    desk.rewrite(|_| usual);
    desk.bridge.start().await.unwrap();
    assert_eq!(ended(&desk.settled().await, &asked.message), "replied");
    assert_eq!(desk.answers(&asked.thread).len(), 1);
}
