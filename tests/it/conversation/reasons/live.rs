//! `why --live`, and `why` by a customer's address: what HubSpot is asked, and that each look fails on its own.

use std::time::Duration;

use hubspot_bridge::sandbox::portal::seed::EMAIL_ACCOUNT;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use serde_json::Value;

use super::super::house::{House, get};
use super::super::record;

/// The lines of a live look, as `check status: seen`.
async fn looked(house: &House, id: &str) -> Vec<String> {
    let (status, story) = get(house, &format!("/api/v1/why/{id}?live=true")).await;
    assert_eq!(status, 200, "{story}");
    let lines = story["live"]["lines"].as_array().unwrap();
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    assert!(lines.iter().all(|line| (line["status"] == "ok") == line["fix"].is_null()), "{story:#}");
    lines
        .iter()
        .map(|line| format!("{} {}: {}", text(line, "check"), text(line, "status"), text(line, "seen")))
        .collect()
}

fn assert_said(lines: &[String], words: &[&str]) {
    for word in words {
        assert!(lines.iter().any(|line| line.contains(word)), "{word}: {lines:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_the_ai_has_is_well() {
    let mut house = House::new().await;
    let asked = house.mail("carla@elsewhere.example", "My order", "Where is it?");
    house.until_quiet().await;
    let lines = looked(&house, asked.thread.as_str()).await;
    let reply = format!("channel ok: A reply can be sent on email (channel account {EMAIL_ACCOUNT}).");
    assert_said(
        &lines,
        &[
            "is open, in inbox",
            "owner ok: Nobody owns it",
            "last message ok: The bridge wrote last",
            "rep ok: No rep wrote",
            "and has an e-mail address",
            "ticket ok: No ticket is linked",
            &reply,
            "next message ok: A message of the customer would be answered by the AI now.",
        ],
    );
    assert!(!lines.join(" ").contains("carla@"), "never an address: {lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_a_human_has_says_who_and_why_the_ai_is_silent() {
    let mut house = House::new().await;
    house.agent.hands_off(None);
    let thread = house.chat("A person, please").thread;
    house.until_quiet().await;
    let rep = house.default_user();
    house.portal.rep_comments(&thread, &rep, "a note").unwrap();
    house.until_quiet().await;
    let lines = looked(&house, thread.as_str()).await;
    let owner = format!("({rep}) owns it.");
    assert_said(
        &lines,
        &[
            "owner ok: ",
            &owner,
            "rep warning: A rep's last words",
            "are an internal comment",
            "exists, in the stage `",
            "tag ok: The ticket is tagged: `opencx_tags` has `opencx_handedoff`.",
            "next message ok: A message of the customer would be left alone (session_handed_off).",
        ],
    );
    let ticket = house.session(&thread).await.unwrap().ticket_id.unwrap();
    house.change(&ticket, "opencx_tags", "");
    house.portal.mark_spam(&thread).unwrap();
    let lines = looked(&house, thread.as_str()).await;
    assert_said(&lines, &["tag warning: The conversation was handed off, but", "thread warning: Thread", "as spam"]);
}

#[tokio::test(start_paused = true)]
async fn the_owner_is_named_and_the_next_message_says_what_follows() {
    let mut house = House::new().await;
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.portal.rep_replies(&thread, &house.rep(), "I am here").unwrap();
    house.until_quiet().await;
    let lines = looked(&house, thread.as_str()).await;
    let left_alone = "next message ok: A message of the customer would be left alone (session_handed_off).";
    assert_said(&lines, &["owner ok: Nobody owns it.", left_alone]);
    assert!(!lines.join(" ").contains("reply_when_unassigned"), "{lines:#?}");

    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.operator(&thread, "pause").await;
    house.until_quiet().await;
    let lines = looked(&house, thread.as_str()).await;
    assert_said(&lines, &["next message ok: A message of the customer would be left alone (session_paused)."]);

    let mut house = House::new().await;
    let thread = house.chat("Hello").thread;
    house.assign(&thread, Some(&house.rep()));
    house.until_quiet().await;
    let lines = looked(&house, thread.as_str()).await;
    assert_said(&lines, &["owner ok: ", "owns it.", "next message warning: ", "(not_ai_owned)"]);
    let (_, story) = get(&house, &format!("/api/v1/why/{thread}?live=true")).await;
    assert!(!story["live"].to_string().contains("reply_when_unassigned"), "it is not unassigned: {story:#}");
}

#[tokio::test(start_paused = true)]
async fn of_a_thread_in_the_trash_nothing_is_claimed_that_was_not_read() {
    let mut house = House::new().await;
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.portal.rep_replies(&thread, &house.rep(), "I am here").unwrap();
    house.until_quiet().await;
    house.portal.set_archived(&thread, true).unwrap();
    let lines = looked(&house, thread.as_str()).await;
    assert_said(&lines, &["is in the trash.", "messages ok: Not looked at: the thread is in the trash."]);
    for claim in ["last message", "rep ", "channel"] {
        assert!(!lines.iter().any(|line| line.starts_with(claim)), "{lines:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_thread_that_cannot_be_read_no_contact_or_ticket_is_denied() {
    let mut house = House::new().await;
    let refused = || Effect::Status { code: 401, body: BodyKind::ExpiredToken, retry_after: None, acted: false };
    house.fault(1_000, "GET", "/**", refused());
    let thread = house.chat("Hello").thread;
    house.run_for(Duration::from_secs(20)).await;
    let lines = looked(&house, thread.as_str()).await;
    assert_said(
        &lines,
        &[
            "thread failed: ",
            "contact warning: Not looked at: see `thread`.",
            "ticket warning: Not looked at: see `thread`.",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn each_look_fails_on_its_own() {
    let mut house = House::new().await;
    let (thread, _) = house.desk("carla@elsewhere.example").await;
    let broken = || Effect::Status { code: 500, body: BodyKind::Standard, retry_after: None, acted: false };
    house.portal.add_fault(Fault::times(1_000, "GET", "/crm/v3/objects/tickets/*", broken()));
    let lines = looked(&house, thread.as_str()).await;
    assert_said(&lines, &["ticket failed: The ticket could not be read", "contact ok: ", "next message ok: "]);
    house.portal.clear_faults();
    house.fault(1_000, "GET", record::THREAD, broken());
    let lines = looked(&house, thread.as_str()).await;
    assert_said(&lines, &["thread failed: The thread could not be read", "contact ok: ", "ticket ok: Ticket"]);
}

#[tokio::test(start_paused = true)]
async fn a_customers_address_leads_to_the_conversation() {
    let mut house = House::new().await;
    let asked = house.mail("carla@elsewhere.example", "My order", "Where is it?");
    house.until_quiet().await;
    let (status, story) = get(&house, "/api/v1/why/carla%40elsewhere.example").await;
    assert_eq!(status, 200, "{story}");
    assert_eq!(
        (&story["subject"]["kind"], &story["subject"]["thread_id"]),
        (&"email".into(), &asked.thread.as_str().into())
    );
    assert!(story["now"].as_str().unwrap().starts_with("The address is that of HubSpot's contact "), "{story}");
    assert!(story["lines"].to_string().contains("Answered in the conversation"), "{story:#}");
    assert!(!story["lines"].to_string().contains("carla@"));

    let (status, nobody) = get(&house, "/api/v1/why/nobody%40elsewhere.example").await;
    assert_eq!(status, 404);
    assert!(nobody["error"]["message"].as_str().unwrap().contains("no connection's HubSpot has a contact"), "{nobody}");
    assert!(!nobody.to_string().contains("nobody@"), "{nobody}");

    house.portal.add_fault(Fault::times(1_000, "GET", "/crm/v3/objects/contacts/*", Effect::Refuse));
    let (status, ill) = get(&house, "/api/v1/why/carla%40elsewhere.example").await;
    assert_eq!(status, 200, "said in words: {ill}");
    assert!(ill["now"].as_str().unwrap().contains("HubSpot could not be asked who has this address (`acme`)"), "{ill}");
}
