//! Workflow actions as HubSpot posts them, signed either way, on a ticket and on a conversation.

use std::collections::BTreeMap;

use hubspot_bridge::sandbox::portal::people::{Enrolled, WorkflowRun};
use hubspot_bridge::sandbox::portal::seed::HELP_DESK_ACCOUNT;
use hubspot_bridge::sandbox::portal::{DeliveryFaults, Signing};
use serde_json::{Value, json};

use super::desk::{Desk, ended, ending, mail};
use super::secrets::unlogged;

const CUSTOMER: &str = "axolotlcanary@elsewhere.example";

impl Desk {
    fn workflow(&self, name: &str, object: Enrolled, signing: Signing) {
        let inputs = [("reason".to_owned(), json!("a VIP quokkacanary"))].into_iter().collect();
        let run = WorkflowRun { name: name.to_owned(), object, inputs, signing: Some(signing) };
        self.portal.workflow_runs(&run).unwrap();
    }
}

/// Requests as they came, by what they were raised on.
fn requests(events: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let ours = |event: &&Value| event["type"] == "action" || event["type"] == "handoff_request";
    for event in events.iter().rev().filter(ours) {
        found.entry(event["object_id"].as_str().unwrap().to_owned()).or_default().push(ending(event));
    }
    found
}

#[tokio::test]
async fn workflows_pause_resume_send_and_hand_over() {
    let desk = Desk::with(|text| text).await;
    let mut letter = mail(CUSTOMER, "Shipping", "How long does shipping take?");
    letter.account = Some(HELP_DESK_ACCOUNT.to_owned());
    let asked = desk.portal.customer_emails(&letter).unwrap();
    desk.settled().await;
    let (thread, ticket) = (asked.thread.0.clone(), desk.ticket_of(&asked.thread).0);
    let on_ticket = || Enrolled::Ticket { id: ticket.clone() };
    let on_thread = || Enrolled::Conversation { id: thread.clone() };
    let state = async || desk.session(&asked.thread).await["state"].clone();
    let writes = |text: &str| {
        let letter = hubspot_bridge::sandbox::portal::people::Email {
            text: text.to_owned(),
            thread: Some(thread.clone()),
            ..letter.clone()
        };
        desk.portal.customer_emails(&letter).unwrap().message
    };

    desk.workflow("pause-ai", on_ticket(), Signing::V2);
    desk.until("the pause", async || state().await == "paused").await;
    let silent = writes("Can I exchange it for another size?");
    let events = desk.settled().await;
    assert_eq!(ended(&events, &silent), "skipped/session_paused");
    assert_eq!(desk.answers(&asked.thread).len(), 1);

    desk.workflow("send-to-ai", on_thread(), Signing::V3);
    desk.until("an answer to what was open", async || desk.answers(&asked.thread).len() == 2).await;
    desk.settled().await;
    assert_eq!(state().await, "ai");

    desk.workflow("pause-ai", on_thread(), Signing::V3);
    desk.until("the second pause", async || state().await == "paused").await;
    desk.workflow("resume-ai", on_ticket(), Signing::V3);
    desk.until("the end of the pause", async || state().await == "ai").await;

    desk.workflow("request-handoff", on_ticket(), Signing::V2);
    desk.until("the handoff", async || state().await == "handed_off").await;
    let events = desk.settled().await;
    let found = requests(&events);
    assert_eq!(found[&ticket], ["paused", "resumed", "handed_off"], "{events:#?}");
    assert_eq!(found[&thread], ["paused", "resumed", "paused", "resumed", "handed_off"], "{events:#?}");
    let comments = desk.items(&asked.thread, "COMMENT");
    assert_eq!(comments.len(), 1);
    assert!(comments[0]["text"].as_str().unwrap().contains("a VIP quokkacanary"), "{comments:?}");
    assert_eq!(desk.answers(&asked.thread).len(), 2, "nothing else was said");
    unlogged(&desk, &[CUSTOMER, "quokkacanary", "another size"]);
}

#[tokio::test]
async fn an_action_that_hubspot_posts_again_is_done_once() {
    let desk = Desk::with(|text| text).await;
    let asked = desk.asks("How long does shipping take?");
    desk.settled().await;
    desk.portal.set_delivery_faults(DeliveryFaults { forget: 1.0, ..DeliveryFaults::default() });
    desk.workflow("request-handoff", Enrolled::Conversation { id: asked.thread.0.clone() }, Signing::Both);
    let request = async || {
        let events = desk.events().await;
        let found: Vec<Value> = events.into_iter().filter(|event| event["type"] == "handoff_request").collect();
        (found.len(), found.first().map_or(0, |event| event["seen"].as_u64().unwrap()))
    };
    desk.until("it twice", async || request().await.1 > 1).await;
    desk.portal.clear_faults();
    desk.settled().await;
    assert_eq!(request().await.0, 1);
    assert_eq!(desk.items(&asked.thread, "COMMENT").len(), 1);
    assert_eq!(desk.tickets_made().len(), 1);
    assert_eq!(desk.items(&asked.thread, "ASSIGNMENT").len(), 1);
}
