//! Custom data and a ticket's properties: what changes on one side reaches the other, at the ticket's pace, once.

use futures_util::future::join_all;
use hubspot_bridge::domain::{ThreadId, TicketId};
use hubspot_bridge::sandbox::portal::seed::HELP_DESK_ACCOUNT;
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Desk, TICKETS, ended, ending, mail};
use super::secrets::unlogged;

const CUSTOMER: &str = "axolotlcanary@elsewhere.example";
/// Longer than ten requests can take.
const TICKETING: &str = r#"
[connections.acme.ticketing]
update_interval = "5s"
custom_data = { order = "order_number" }
"#;

/// A mail to the help desk, which has a ticket from the start, answered by the AI.
async fn with_ticket() -> (Desk, ThreadId, TicketId) {
    let desk = Desk::with(|text| text + TICKETING).await;
    let mut letter = mail(CUSTOMER, "My quokkacanary", "How long does shipping take?");
    letter.account = Some(HELP_DESK_ACCOUNT.to_owned());
    let asked = desk.portal.customer_emails(&letter).unwrap();
    let events = desk.settled().await;
    assert_eq!(ended(&events, &asked.message), "replied");
    let ticket = desk.ticket_of(&asked.thread);
    (desk, asked.thread, ticket)
}

async fn set(desk: &Desk, session: &str, order: &str) {
    let body = json!({"custom_data": {"order": order}});
    let (status, shown) = desk.ask(Method::PATCH, &format!("/sessions/{session}"), &body).await;
    assert_eq!(status, 200, "{shown}");
}

/// How the events of one type ended.
fn endings(events: &[Value], kind: &str) -> Vec<String> {
    events.iter().filter(|event| event["type"] == kind).map(ending).collect()
}

async fn ten_updates(kill: bool) {
    let (mut desk, thread, ticket) = with_ticket().await;
    let session = desk.session(&thread).await["id"].as_str().unwrap().to_owned();
    let path = format!("{TICKETS}/{ticket}");
    set(&desk, &session, "narwhal-0").await;
    desk.called("PATCH", &path).await;
    for number in 1..10 {
        set(&desk, &session, &format!("narwhal-{number}")).await;
    }
    if kill {
        desk.bridge.kill().await;
        assert_eq!(desk.calls("PATCH", &path), 1, "the interval is not over");
        desk.bridge.start().await.unwrap();
    }
    let events = desk.settled().await;
    assert_eq!(desk.calls("PATCH", &path), 2, "killed: {kill}");
    assert_eq!(desk.property(&ticket, "order_number"), "narwhal-9");
    assert_eq!(endings(&events, "ticket_write"), vec!["property_synced"; 10]);
    let synced = endings(&events, "ticket.propertyChange");
    assert_eq!(synced.iter().filter(|ending| *ending == "skipped/own_write").count(), 2, "the echoes: {synced:?}");
    unlogged(&desk, &[CUSTOMER, "quokkacanary", "narwhal"]);
}

#[tokio::test]
async fn ten_updates_within_one_interval_make_two_writes_with_the_last_value() {
    join_all([false, true].map(|kill| Box::pin(ten_updates(kill)))).await;
}

#[tokio::test]
async fn a_reps_change_of_the_ticket_reaches_the_session() {
    let (desk, thread, ticket) = with_ticket().await;
    let rep = desk.portal.seed().reps[0].actor();
    desk.portal.change_ticket(&ticket, "order_number", "narwhal-7", &rep).unwrap();
    desk.portal.change_ticket(&ticket, "hs_ticket_priority", "URGENT", &rep).unwrap();
    desk.until("both values", async || {
        let data = &desk.session(&thread).await["custom_data"];
        data["order"] == "narwhal-7" && data["hs_ticket_priority"] == "URGENT"
    })
    .await;
    desk.settled().await;
    assert_eq!(desk.calls("PATCH", &format!("{TICKETS}/{ticket}")), 0, "it has them already");
    unlogged(&desk, &[CUSTOMER, "narwhal", "URGENT"]);
}
