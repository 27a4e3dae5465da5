//! SIGKILL after each single step of a handoff: resumed, it ends with one contact, one ticket, one comment, one assignment.

use std::sync::Arc;

use futures_util::future::join_all;
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::sandbox::portal::people::Posted;
use hubspot_bridge::sandbox::portal::{Effect, Fault, Portal, Seed, Speaker};
use serde_json::{Value, json};

use super::desk::{ASSIGNEE, CONTACTS, DEBUG, Desk, MESSAGES, TICKETS, ended, mail};
use super::secrets::unlogged;

const STRANGER: &str = "axolotlcanary@elsewhere.example";
const TEXT: &str = "My quokkacanary arrived broken, I want my money back";
const WORDS: &str = "A colleague will narwhalcanary you shortly.";

const RULES: &str = r#"
[[connections.acme.topics]]
name = "refunds"
match = ["money back"]
action = "escalate"
"#;

/// The steps in their order: what each calls.
const STEPS: [(&str, &str); 5] =
    [("POST", MESSAGES), ("POST", CONTACTS), ("POST", TICKETS), ("POST", MESSAGES), ("PUT", ASSIGNEE)];
const TO_CUSTOMER: usize = 0;

/// A portal that makes no contact of the stranger by itself: it does so for some senders.
fn seed() -> Seed {
    let unknown = |seed: &Seed| {
        let portal = Portal::new(seed.clone(), Arc::new(SystemClock));
        portal.customer_emails(&mail(STRANGER, "x", "x")).unwrap();
        !portal.snapshot()["contacts"].to_string().contains(STRANGER)
    };
    (1..100).map(Seed::new).find(unknown).unwrap()
}

/// How often each step has shown in HubSpot.
fn done(desk: &Desk, asked: &Posted) -> [usize; 5] {
    let lines = desk.portal.thread_view(&asked.thread).unwrap().lines;
    let said = |speaker| lines.iter().filter(|line| line.speaker == speaker).count();
    let contacts = desk.records("contacts");
    let contacts = contacts.iter().filter(|contact| contact["properties"]["email"] == STRANGER).count();
    let assignments = desk.items(&asked.thread, "ASSIGNMENT").len();
    [said(Speaker::Ai), contacts, desk.tickets_made().len(), said(Speaker::Note), assignments]
}

/// Kills the process while it waits for the answer to one step.
async fn killed_in(step: usize, acted: bool) {
    let mut desk = Desk::of(seed()).await;
    // Words to the customer only where they are the step: they are posted where the comment is.
    let words = format!("[[connections.acme.handoff_words]]\ntext = \"{WORDS}\"\n");
    let words = if step == TO_CUSTOMER { words } else { String::new() };
    desk.rewrite(|text| text + RULES + &words + DEBUG);
    let (method, route) = STEPS[step];
    desk.portal.add_fault(Fault::times(1, method, route, Effect::Timeout { acted }));
    let asked = desk.portal.customer_emails(&mail(STRANGER, "A broken vase", TEXT)).unwrap();
    desk.bridge.start().await.unwrap();
    desk.called(method, &route.replacen('*', asked.thread.as_str(), 1)).await;
    desk.bridge.kill().await;
    let before = usize::from(step == TO_CUSTOMER);
    let mut expected = [before, 1, 1, 1, 1];
    let left: [usize; 5] = std::array::from_fn(|at| match at.cmp(&step) {
        std::cmp::Ordering::Less => expected[at],
        std::cmp::Ordering::Equal => usize::from(acted),
        std::cmp::Ordering::Greater => 0,
    });
    assert_eq!(done(&desk, &asked), left, "the fault did not do what this test is about");

    desk.bridge.start().await.unwrap();
    let events = desk.settled().await;
    let case = format!("killed in {method} {route}, acted: {acted}");
    assert_eq!(ended(&events, &asked.message), "handed_off/topic_escalated", "{case}: {events:#?}");
    expected[TO_CUSTOMER] = before;
    assert_eq!(done(&desk, &asked), expected, "{case}");
    assert_whole(&desk, &asked, &case).await;
    unlogged(&desk, &[STRANGER, "quokkacanary", "narwhalcanary"]);
}

/// Ticket, comment, owner and session belong together.
async fn assert_whole(desk: &Desk, asked: &Posted, case: &str) {
    let ticket = desk.tickets_made().remove(0);
    let contacts = desk.records("contacts");
    let contact = contacts.iter().find(|contact| contact["properties"]["email"] == STRANGER).unwrap();
    assert_eq!(ticket["associations"]["contacts"], json!([contact["id"]]), "{case}");
    assert_eq!(ticket["associations"]["conversations"], json!([asked.thread.as_str()]), "{case}");
    assert_eq!(ticket["properties"]["opencx_tags"], "opencx_handedoff", "{case}");
    assert_eq!(ticket["properties"]["subject"], "A broken vase", "{case}");
    let content = ticket["properties"]["content"].as_str().unwrap();
    assert!(content.contains(TEXT), "{case}, the transcript: {content}");
    assert_eq!(desk.ticket_of(&asked.thread).as_str(), ticket["id"].as_str().unwrap(), "{case}");
    let owner = desk.portal.thread_view(&asked.thread).unwrap().owner.unwrap().0;
    assert_eq!(owner, desk.portal.seed().reps[0].actor().0, "{case}");
    let session = desk.session(&asked.thread).await;
    let linked: [&Value; 3] = [&session["state"], &session["ticket_id"], &session["contact_id"]];
    assert_eq!(linked, [&json!("handed_off"), &ticket["id"], &contact["id"]], "{case}");
}

#[tokio::test]
async fn killed_before_hubspot_acted_on_a_step() {
    join_all((0..STEPS.len()).map(|step| Box::pin(killed_in(step, false)))).await;
}

#[tokio::test]
async fn killed_after_hubspot_acted_on_a_step() {
    join_all((0..STEPS.len()).map(|step| Box::pin(killed_in(step, true)))).await;
}
