//! `why`: a replayed event's whole story, each thing told once and in its order.

use std::time::Duration;

use hubspot_bridge::domain::{Ending, Event, Lane, Outcome, Reason, SessionPatch, SessionState, Timestamp};
use hubspot_bridge::store::types::{Found, MailboxStatus};
use hubspot_bridge::store::{Claim, Finish, Hold, StepIntent, StepResult, StepStatus, Store as _};
use serde_json::{Value, json};

use super::house::House;
use super::why::{alone, at, ended, event, mailbox, session, tell, texts};

fn lines(story: &Value) -> Vec<String> {
    let lines = story["lines"].as_array().unwrap().iter();
    lines.map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

/// Runs the one due mailbox with one step that is done.
async fn turn(house: &House, step: &str, result: &str, end: impl Fn(&Event) -> Ending) {
    let claim = Claim { lane: Lane::Conversation, n: 1, ttl: Duration::from_mins(1), sharers: Vec::new() };
    let lease = house.store.claim(claim).await.unwrap().remove(0);
    let turn = house.store.open_turn(&lease).await.unwrap().unwrap();
    let act_deadline = Timestamp(i64::MAX);
    let intent = StepIntent { name: step.to_owned(), act_deadline, anchor: None, text_hash: None, text: None };
    house.store.intend(&lease, intent).await.unwrap();
    let result = StepResult { status: StepStatus::Done, result: Some(result.to_owned()), text: None, posted: None };
    house.store.settle(&lease, step, result).await.unwrap();
    house.clock.jump(1_000);
    let endings = turn.events.iter().map(end).collect();
    house.store.finish(&lease, Finish { endings, ..Finish::default() }).await.unwrap();
    house.clock.jump(1_000);
}

#[tokio::test]
async fn a_replay_is_told_after_the_end_it_followed() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    turn(&house, "open_agent", "{\"v\":1}", |event| Ending::dead(event.id, Reason::RejectedByHubspot).detail("code X"))
        .await;
    house.ask("POST", "/api/v1/events/evt_1/replay", &[("x-operator", "jo")]).await;
    house.clock.jump(1_000);
    turn(&house, "open_agent", "{\"v\":1}", |event| Ending::done(event.id, Outcome::Replied)).await;
    let (_, story) = house.get("/api/v1/why/evt_1").await;
    let given_up = Reason::RejectedByHubspot;
    let died = format!("Given up (evt_1, {given_up}). {} {} Detail: code X.", given_up.sentence(), given_up.fix());
    assert_eq!(
        lines(&story),
        [
            "Answered in the conversation (evt_1).",
            "Opening the agent's session: done.",
            "The bridge took it up (turn_2).",
            "jo asked for a replay of evt_1.",
            &died,
            "Opening the agent's session: done.",
            "The bridge took it up (turn_1).",
            "HubSpot announced a message (message m1, evt_1).",
        ]
    );
    let (_, shown) = house.get("/api/v1/events/evt_1").await;
    let end = &shown["past_ends"][0];
    assert_eq!((&end["outcome"], &end["reason"]), (&json!("dead"), &json!("rejected_by_hubspot")));
    assert!(end["detail"].as_str().unwrap().ends_with("Detail: code X"), "{end}");
    assert_eq!((&shown["runs"][0]["turn"], &shown["runs"][1]["turn"]), (&json!("turn_1"), &json!("turn_2")));
    let page = crate::console::browser::get(&house.router, "/events/evt_1").await;
    page.shows(&["Given up. <code>rejected_by_hubspot</code>", "Detail: code X", "It was replayed."]);

    // Of one replayed by a filter the audit names no event.
    house.message("t2", "m2").await;
    turn(&house, "open_agent", "{\"v\":1}", |event| Ending::dead(event.id, Reason::AgentFailed)).await;
    house.send("POST", "/api/v1/events/replay", r#"{"state": "dead"}"#).await;
    let (_, story) = house.get("/api/v1/why/t2").await;
    assert_eq!(lines(&story)[0], "evt_2 was replayed.");
    assert!(lines(&story)[1].starts_with("Given up (evt_2"), "{story}");
}

#[tokio::test]
async fn an_operators_act_is_told_once_with_the_name() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| ending).await;
    house.session("t1", SessionPatch::default()).await;
    house.ask("POST", "/api/v1/sessions/ses_1/pause", &[("x-operator", "jo")]).await;
    let (_, story) = house.get("/api/v1/why/t1").await;
    let told: Vec<String> = lines(&story).into_iter().filter(|line| line.contains("pause")).collect();
    assert_eq!(told, ["jo asked to pause the AI (evt_2)."]);
}

#[tokio::test]
async fn a_visitor_is_not_linked_as_a_contact() {
    let house = House::new("").await;
    house.session("t1", SessionPatch { contact_id: Some("1014".into()), ..SessionPatch::default() }).await;
    house.message("t1", "m1").await;
    let links = async |path: &str| {
        let (_, story) = house.get(path).await;
        assert_eq!(story["subject"]["contact_id"], "1014");
        story["links"].to_string()
    };
    assert!(links("/api/v1/why/t1").await.contains("record/0-1/1014"), "nobody looked for it yet");
    turn(&house, "contact", "{\"v\":1,\"left_out\":\"no_email\"}", |event| Ending::done(event.id, Outcome::HandedOff))
        .await;
    assert!(!links("/api/v1/why/t1").await.contains("contact in HubSpot"), "a handoff found none");
    house.message("t1", "m2").await;
    turn(&house, "contact", "{\"v\":1,\"id\":\"1014\",\"how\":\"found\"}", |event| {
        Ending::done(event.id, Outcome::HandedOff)
    })
    .await;
    assert!(links("/api/v1/why/t1").await.contains("record/0-1/1014"), "the CRM knows it");
}

#[test]
fn what_waits_for_a_hold_goes_on_when_it_ends() {
    let hold = Hold { connection: "acme".into(), until: at(30), since: at(1), cause: "unauthorized: 401".to_owned() };
    let due = |seconds| Found {
        mailboxes: vec![MailboxStatus { due_at: Some(at(seconds)), ..mailbox() }],
        ..alone(event(1))
    };
    let now = |found: &Found| tell(found, std::slice::from_ref(&hold), at(10)).now;
    assert_eq!(now(&due(5)), "2 events wait in acme/thread/t1 and go on when the hold ends.");
    assert!(now(&due(60)).ends_with("and will be worked on at 2026-11-21T09:01:00.000Z."), "put off for longer");
    let settled = tell(&alone(ended(Outcome::Replied, None)), &[hold], at(10));
    assert_eq!((settled.held, settled.now.as_str()), (None, "Nothing waits: everything known about this has ended."));
}

#[test]
fn attempts_that_do_not_count_as_failed_are_told_apart() {
    let put_off = MailboxStatus { waiting: 1, attempts: 4, why: Some("HubSpot answered 503".to_owned()), ..mailbox() };
    let found = Found { mailboxes: vec![put_off], ..alone(Event { attempts: 6, ..event(1) }) };
    let words = "after 6 attempts, of which 4 count as failed (HubSpot answered 503) and will be worked on";
    let now = tell(&found, &[], at(10)).now;
    assert!(now.contains(words), "{now}");
}

#[test]
fn a_session_began_before_a_human_got_it() {
    let mut handed_off = session(SessionState::HandedOff);
    (handed_off.created_at, handed_off.handed_off_at) = (at(5), Some(at(4)));
    let story = tell(&Found { sessions: vec![handed_off], ..Found::default() }, &[], at(10));
    let human = "Since then a human has the conversation (ses_1).";
    assert_eq!(texts(&story), [human, "The AI's session for the conversation began (ses_1)."]);
}
