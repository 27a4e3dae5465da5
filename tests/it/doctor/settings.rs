//! What is broken in the settings: secrets, tickets, the agent.

use hubspot_bridge::config::{Secret, Ticketing};
use hubspot_bridge::doctor::Status::{self, Failed, Warning};

use super::bench::{ASKED, Bench, differs, expect, words};

/// What is changed of the tickets' settings.
type Change = fn(&mut Ticketing);

fn value(text: &str) -> Secret {
    Secret::Value(text.to_owned())
}

/// A token of this form that HubSpot takes all the same.
fn taken(bench: &mut Bench, token: &str) {
    token.clone_into(&mut bench.seed.token);
    bench.acme().access_token = value(token);
}

#[tokio::test(start_paused = true)]
async fn secrets_of_another_form_are_doubted() {
    let check = "secret access_token";
    expect(|bench| taken(bench, "pat-na1-00000000-5a4d"), &[(check, Warning)]).await;
    expect(
        |bench| taken(bench, "CJSP5qf1KhICAQEYs-gDIIGOBii1hQIyGQAf3xBKmlwHjX7OIpuIFEavB2-qYAGQsF4"),
        &[(check, Warning)],
    )
    .await;
    expect(|bench| taken(bench, "pat-eu1-11111111-2222-3333-4444-555555555555"), &[]).await;
    expect(|bench| taken(bench, "11111111-2222-3333-4444-555555555555"), &[(check, Failed)]).await;
    expect(|bench| bench.acme().client_secret = value("hunter2"), &[("secret client_secret", Warning)]).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_for_a_client_secret_is_named() {
    let token_twice = |bench: &mut Bench| bench.acme().client_secret = bench.acme().access_token.clone();
    expect(token_twice, &[("secret client_secret", Failed)]).await;
    assert!(words(token_twice, "secret client_secret").await.starts_with("is an access token"));
}

#[tokio::test(start_paused = true)]
async fn exchanged_secrets_are_named_as_such_by_both() {
    let exchange = |bench: &mut Bench| {
        let (token, secret) = (bench.acme().access_token.clone(), bench.acme().client_secret.clone());
        (bench.acme().access_token, bench.acme().client_secret) = (secret, token);
    };
    for check in ["secret access_token", "secret client_secret"] {
        assert!(words(exchange, check).await.contains("the two are exchanged"));
    }
    let failed: Vec<String> = differs(exchange)
        .await
        .into_iter()
        .filter(|(_, status)| *status == Some(Failed))
        .map(|(check, _)| check)
        .collect();
    assert_eq!(failed, ["secret access_token", "secret client_secret", "token"]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_whose_file_is_gone_fails_alone() {
    let gone = |bench: &Bench| Secret::File(bench.folder.path().join("gone"));
    let token = |bench: &mut Bench| bench.acme().access_token = gone(bench);
    let unseen = ASKED.into_iter().filter(|check| *check != "routing users").chain(["token"]);
    let mut lines: Vec<(&str, Status)> = unseen.map(|check| (check, Warning)).collect();
    // HubSpot tells its time with every answer, and there was none.
    lines.extend([("secret access_token", Failed), ("clock", Warning)]);
    expect(token, &lines).await;
    expect(|bench| bench.acme().client_secret = gone(bench), &[("secret client_secret", Failed)]).await;
    expect(|bench| bench.acme().agent.webhook_secret = Some(gone(bench)), &[("secret agent", Failed)]).await;
    let crm = differs(|bench| bench.acme().crm.access_token = Some(gone(bench))).await;
    assert_eq!(crm["secret crm.access_token"], Some(Failed));
    assert_eq!(crm["crm token"], Some(Warning));
}

#[tokio::test(start_paused = true)]
async fn what_tickets_need_must_be_there() {
    let named = |bench: &mut Bench, change: Change| change(&mut bench.acme().ticketing);
    let table: [(Change, &str, &str); 7] = [
        (|ticketing| "77".clone_into(&mut ticketing.pipeline), "pipeline", "\"0\" (Support Pipeline)"),
        (|ticketing| "99".clone_into(&mut ticketing.stage), "stage", "\"1\" (New)"),
        (|ticketing| "no_tags".clone_into(&mut ticketing.tag_property), "tag property", "doctor acme --fix"),
        (|ticketing| "plan".clone_into(&mut ticketing.tag_property), "tag property", "no multi-select"),
        (|ticketing| "hs_ticket_category".clone_into(&mut ticketing.tag_property), "tag property", "no option"),
        (|ticketing| ticketing.custom_data = [("a".to_owned(), "nothing".to_owned())].into(), "custom data", "nothing"),
        (
            |ticketing| ticketing.custom_data = [("a".to_owned(), "createdate".to_owned())].into(),
            "custom data",
            "alone",
        ),
    ];
    for (change, check, said) in table {
        expect(|bench| named(bench, change), &[(check, Failed)]).await;
        let shown = words(|bench| named(bench, change), check).await;
        assert!(shown.contains(said), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_ticketing_nothing_of_it_is_looked_at() {
    let off = |bench: &mut Bench| {
        bench.acme().ticketing.enabled = false;
        "77".clone_into(&mut bench.acme().ticketing.pipeline);
    };
    let gone = ["custom data", "pipeline", "stage", "subscription ticket.propertyChange", "tag property"]
        .map(|check| (check.to_owned(), None));
    assert_eq!(differs(off).await, gone.into());
    assert!(words(off, "ticketing").await.starts_with("off"));
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_cannot_answer_fails() {
    expect(|bench| bench.forgets = true, &[("agent", Failed)]).await;
    assert!(words(|bench| bench.forgets = true, "agent").await.contains("holds no article"));
}
