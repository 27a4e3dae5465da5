//! `why`: the rules that decided, what comes next and when, and what people asked for.

use axum::http::StatusCode;
use hubspot_bridge::domain::{ConnectionName, Outcome, SessionPatch, TurnId};
use hubspot_bridge::store::types::{EventHistory, Found, MailboxStatus, RunRecord};
use hubspot_bridge::store::{Audit, Hold, StepRecord, StepStatus, Store as _};

use super::house::House;
use super::why::{alone, at, ended, event, mailbox, tell, texts};

#[test]
fn what_the_steps_decided_is_told_with_its_rule() {
    let told = |name: &str, status, result: &str| {
        let step = StepRecord {
            name: name.to_owned(),
            status,
            act_deadline: at(70),
            anchor: None,
            text_hash: None,
            text: None,
            result: Some(result.to_owned()),
            intended_at: at(3),
            settled_at: Some(at(4)),
            run: 1,
        };
        let run =
            RunRecord { turn: TurnId(3), run: 1, started_at: at(2), ended_at: None, note: None, steps: vec![step] };
        let found = Found {
            events: vec![EventHistory { event: event(1), runs: vec![run], past_ends: Vec::new() }],
            ..Found::default()
        };
        texts(&tell(&found, &[], at(10)))[0].to_owned()
    };
    for (name, status, result, words) in [
        ("ask_agent", StepStatus::Done, r#"{"v":1,"decided":"reply"}"#, "The agent decided to answer the customer."),
        (
            "ask_agent",
            StepStatus::Done,
            r#"{"v":1,"decided":"draft","because":"topic_escalated","topic_rule":"law"}"#,
            "The agent decided on a draft for the reps, topic rule `law`.",
        ),
        (
            "decide",
            StepStatus::Done,
            r#"{"v":1,"decided":"handoff","because":"channel_cannot_send"}"#,
            "The bridge decided to hand the conversation to a human. HubSpot's API cannot send on this conversation's channel.",
        ),
        (
            "ask_agent",
            StepStatus::NotSent,
            r#"{"v":1,"failed":2,"detail":"answered 500."}"#,
            "The agent gave no usable answer, 2 times so far: answered 500.",
        ),
        (
            "assign",
            StepStatus::Done,
            r#"{"v":1,"human":true,"to":"A-7","rule":"night","detail":null}"#,
            "Assigned the conversation to A-7 by routing rule `night`.",
        ),
        (
            "post_reply",
            StepStatus::Skipped,
            r#"{"v":1,"posted":null,"ended":"unknown","detail":null}"#,
            "Posting the reply to the customer: whether it reached HubSpot could not be found out, so it was not done again.",
        ),
        (
            "post_reply",
            StepStatus::Skipped,
            r#"{"v":1,"posted":null,"ended":"taken_over","detail":null}"#,
            "Posting the reply to the customer: left out (taken_over). A human took the conversation over while the AI was working, so its answer was withdrawn.",
        ),
        (
            "ticket",
            StepStatus::Done,
            r#"{"v":1,"id":"88","how":"made"}"#,
            "Finding or making the ticket: done (made, id: 88).",
        ),
    ] {
        assert_eq!(told(name, status, result), words);
    }
}

#[test]
fn what_happens_next_has_a_time_of_its_own() {
    let hold = Hold {
        connection: ConnectionName::from("acme"),
        until: at(90),
        since: at(1),
        cause: "unauthorized: HubSpot answered 401".to_owned(),
    };
    let with = |mailbox: MailboxStatus| Found { mailboxes: vec![mailbox], ..alone(event(1)) };
    let next = |found: &Found, holds: &[Hold]| tell(found, holds, at(10)).next.map(|next| next.at);
    assert_eq!(next(&with(mailbox()), &[]), Some(Some(at(60))));
    assert_eq!(next(&with(mailbox()), std::slice::from_ref(&hold)), Some(Some(at(90))), "the hold's next probe");
    assert_eq!(
        next(&with(MailboxStatus { due_at: Some(at(5)), ..mailbox() }), &[]),
        Some(None),
        "as soon as a worker is free"
    );
    assert_eq!(next(&with(MailboxStatus { leased: true, ..mailbox() }), &[]), Some(None));
    assert_eq!(next(&alone(ended(Outcome::Replied, None)), &[]), None);
}

#[tokio::test]
async fn what_people_asked_for_is_part_of_a_long_story_that_stays_bounded() {
    let house = House::new("").await;
    for number in 0..200 {
        house.message("t1", &format!("m{number}")).await;
        house.turn(|ending| ending).await;
        house.clock.jump(1_000);
    }
    let audit = Audit {
        who: "Ada".to_owned(),
        action: "replay".to_owned(),
        subject: "evt_200".to_owned(),
        detail: Some("forced".to_owned()),
    };
    house.store.audit(audit).await.unwrap();
    let (_, story) = house.get("/api/v1/why/t1").await;
    let lines = story["lines"].as_array().unwrap();
    assert_eq!(lines[0]["text"], "Ada asked for a replay of evt_200 (forced).");
    assert_eq!(lines.len(), 200);
    let (_, other) = house.get("/api/v1/why/evt_199").await;
    assert!(!other.to_string().contains("Ada"), "{other}");
}

#[tokio::test]
async fn a_bare_number_is_hubspots_and_never_tells_of_another_customer() {
    let house = House::new("").await;
    // Event 1 and session 1 are one customer's; the other's contact has the same number.
    house.message("t1", "m1").await;
    house.session("t1", SessionPatch::default()).await;
    house.message("t2", "m2").await;
    let other = SessionPatch { contact_id: Some("1".into()), ..SessionPatch::default() };
    house.session("t2", other).await;
    let (status, story) = house.get("/api/v1/why/1").await;
    assert_eq!((status, &story["subject"]["kind"]), (StatusCode::OK, &"contact".into()), "{story}");
    assert!(story.to_string().contains("evt_2") && story.to_string().contains("ses_2"), "{story}");
    assert!(!story.to_string().contains("evt_1") && !story.to_string().contains("ses_1"), "{story}");
    assert_eq!(house.get("/api/v1/why/2").await.0, StatusCode::NOT_FOUND, "no id of HubSpot's");
    assert_eq!(house.get("/api/v1/why/evt_1").await.0, StatusCode::OK);
    assert_eq!(house.get("/api/v1/why/ses_2").await.0, StatusCode::OK);
}
