//! What a rep wrote, on its way into an OpenCX session, and looking for it there after an unclear end.

use std::time::Duration;

use hubspot_bridge::agents::{Agent, Class, Decision, Effect, Relay, RelayKind};
use hubspot_bridge::domain::{Attachment, Timestamp};
use serde_json::{Value, json};

use super::opencx::pair;
use super::peer::{KEY, Style, Trouble, message};
use super::question::{WRITTEN_AT, question, written_by_rep};

const TEXT: &str = "It leaves  today.\n";

/// When the unclear relay began.
const BEGAN: Timestamp = Timestamp(WRITTEN_AT.0 + 100_000);

fn at(seconds: u64) -> Timestamp {
    WRITTEN_AT.after(Duration::from_secs(seconds))
}

fn reply(text: &str) -> Relay {
    written_by_rep(RelayKind::Reply, text)
}

fn file(name: &str, url: Option<&str>) -> Attachment {
    Attachment { kind: "FILE".into(), name: Some(name.into()), url: url.map(str::to_owned) }
}

#[tokio::test(start_paused = true)]
async fn a_reps_reply_is_an_agents_message_that_takes_the_session_over() {
    let (peer, agent) = pair();
    let mut relay = reply(" It leaves today. ");
    relay.attachments = vec![file("label.pdf", Some("https://f.example/1")), file("old.pdf", None)];
    assert_eq!(agent.relay(&relay).await, Ok(()));
    let request = peer.requests().remove(0);
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/chat/sessions/ses-1/send"));
    let expect = json!({
        "sender": "agent",
        "message": {
            "type": "text",
            "text": "It leaves today.\nAttachment: old.pdf (no link)",
            "attachments": [{"name": "label.pdf", "url": "https://f.example/1"}],
        },
        "agent": {"name": "Tom Rep"},
        "should_take_over_session_from_ai": true,
    });
    assert_eq!(request.body, expect);
    assert_eq!(peer.relayed("ses-1"), ["It leaves today.\nAttachment: old.pdf (no link)"]);
    let next = agent.ask(&question("Thanks!")).await.unwrap().decision;
    assert!(matches!(next, Decision::Handoff { .. }), "the AI is silent from now on: {next:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_author_is_left_out_and_a_mere_file_has_words() {
    let (peer, agent) = pair();
    let attachments = vec![file("label.pdf", Some("https://f.example/1"))];
    agent.relay(&Relay { author: None, attachments, ..reply(" ") }).await.unwrap();
    let body = peer.requests().remove(0).body;
    assert_eq!(body.get("agent"), None);
    assert_eq!(body["message"]["text"], "Attachment: label.pdf (https://f.example/1)");
}

#[tokio::test(start_paused = true)]
async fn a_note_never_reaches_opencx() {
    let (peer, agent) = pair();
    assert!(agent.takes(RelayKind::Reply) && !agent.takes(RelayKind::Note));
    let note = written_by_rep(RelayKind::Note, "canary-text");
    let error = agent.relay(&note).await.unwrap_err();
    assert_eq!((error.operation, error.effect, error.class), ("relay", Effect::NotSent, Class::Permanent));
    assert!(error.detail.contains("internal notes") && !error.detail.contains("canary"), "{error}");
    assert_eq!(agent.was_relayed(&note, BEGAN).await, Ok(false));
    assert_eq!(peer.requests(), []);
}

#[tokio::test(start_paused = true)]
async fn without_a_session_there_is_nothing_to_relay_to() {
    let (peer, agent) = pair();
    let unopened = Relay { agent_session_id: None, ..reply(TEXT) };
    let error = agent.relay(&unopened).await.unwrap_err();
    assert_eq!((error.operation, error.effect, error.class), ("relay", Effect::NotSent, Class::Permanent));
    assert!(error.detail.contains("no OpenCX session to relay to"), "{error}");
    assert_eq!(agent.was_relayed(&unopened, BEGAN).await, Ok(false));
    assert_eq!(peer.requests(), []);
}

#[tokio::test(start_paused = true)]
async fn every_shape_of_success_is_read() {
    let autopilot = json!({"type": "text", "value": {"error": true, "content": "The AI failed at this"}});
    for body in [
        json!({}),
        json!({"ai_response": null}),
        json!({"success": true}),
        json!({"success": true, "code": "session_assigned_to_human_agent", "sessionIsHandedOff": true}),
        json!({"success": true, "data": {"success": true, "autopilotResponse": autopilot}}),
        json!({"success": true, "data": {"message": {"id": "m"}}}),
        json!({"success": false, "code": "duplicate_message_ignored"}),
    ] {
        assert_eq!(super::reader::agent(body.clone(), Value::Null).relay(&reply(TEXT)).await, Ok(()), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_success_is_an_unclear_error() {
    for body in [
        Value::Null,
        json!([]),
        json!("ok"),
        json!({"success": false}),
        json!({"success": true, "data": {"success": false, "error": {"code": "boom", "message": "It leaves today"}}}),
        json!({"success": false, "code": "It leaves today."}),
    ] {
        let error = super::reader::agent(body.clone(), Value::Null).relay(&reply(TEXT)).await.unwrap_err();
        assert_eq!((error.effect, error.class), (Effect::Unclear, Class::Retry { after: None }), "{body}");
        assert!(!error.to_string().contains("leaves"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_failed_relay_is_classed() {
    let status = |status| Trouble::Status { status, retry_after: None };
    let retry = Class::Retry { after: None };
    for (trouble, effect, class, words) in [
        (status(400), Effect::NotSent, Class::Permanent, "takes agents' messages"),
        (status(401), Effect::NotSent, Class::Permanent, "agent.api_key"),
        (status(403), Effect::NotSent, Class::Permanent, "chat-sessions:write"),
        (status(404), Effect::NotSent, Class::Permanent, "session"),
        (status(429), Effect::NotSent, Class::Busy { after: Duration::from_secs(5) }, "too many"),
        (status(500), Effect::Unclear, retry, "500"),
        (Trouble::Connect, Effect::NotSent, retry, "connect"),
        (Trouble::Cut { acted: true }, Effect::Unclear, retry, "broke"),
        (Trouble::Hang { acted: false }, Effect::Unclear, retry, "60s"),
        (Trouble::Garbage, Effect::Unclear, retry, "JSON"),
    ] {
        let (peer, agent) = pair();
        peer.trouble("/send", trouble.clone());
        let error = agent.relay(&reply(TEXT)).await.unwrap_err();
        assert_eq!((error.operation, error.effect, error.class), ("relay", effect, class), "{trouble:?}");
        let text = error.to_string();
        assert!(text.contains(words), "{trouble:?}: {text}");
        assert!(!text.contains("leaves") && !text.contains(KEY), "{text}");
    }
    let (peer, agent) = pair();
    peer.speak(Style::Y2024);
    let error = agent.relay(&reply(TEXT)).await.unwrap_err();
    assert_eq!((error.effect, error.class), (Effect::NotSent, Class::Permanent), "in 2024 only customers could send");
}

#[tokio::test(start_paused = true)]
async fn relays_keep_within_the_keys_limit() {
    let (peer, agent) = pair();
    for _ in 0..100 {
        agent.relay(&reply(TEXT)).await.unwrap();
    }
    let error = agent.relay(&reply(TEXT)).await.unwrap_err();
    assert!(matches!((error.effect, error.class), (Effect::NotSent, Class::Busy { .. })), "{error:?}");
    assert_eq!(peer.requests().len(), 100);
}

/// Whether [`TEXT`] is found in this history: in each format, each order, and in pages of each size.
async fn check(events: &[(u64, Value)], expect: bool) {
    for style in [Style::Y2024, Style::Newest] {
        for (size, newest_first) in [(50, false), (50, true), (2, false), (2, true), (1, false), (1, true)] {
            let (peer, agent) = pair();
            tokio::time::advance(Duration::from_secs(200)).await;
            peer.speak(style);
            peer.page(size, newest_first);
            peer.change("ses-1", |session| {
                session.events = events.iter().map(|(seconds, event)| (at(*seconds), event.clone())).collect();
            });
            let found = agent.was_relayed(&reply(TEXT), BEGAN).await;
            assert_eq!(found, Ok(expect), "{style:?}, pages of {size}, newest first: {newest_first}: {events:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_relayed_reply_is_found_by_its_words() {
    let taken = || json!({"type": "agent_took_session_from_ai"});
    let ours = "It leaves today.";
    check(&[(101, taken()), (101, message("human_agent", ours)), (105, message("contact", "Thanks"))], true).await;
    check(&[(101, message("agent", ours))], true).await;
    check(&[(101, json!({"type": "agent_message", "content": {"type": "text", "text": ours}}))], true).await;
    check(&[(75, message("agent", ours))], true).await;
}

#[tokio::test(start_paused = true)]
async fn what_another_said_or_an_earlier_reply_is_not_ours() {
    let ours = "It leaves today.";
    check(&[], false).await;
    check(&[(101, message("contact", ours)), (102, message("ai", ours))], false).await;
    check(&[(101, message("human_agent", "It leaves tomorrow."))], false).await;
    check(&[(101, json!({"type": "agent_comment", "content": {"text": ours}}))], false).await;
    check(&[(1, message("human_agent", ours)), (101, message("contact", "When?"))], false).await;
}

#[tokio::test(start_paused = true)]
async fn an_unclear_relay_is_resolved_by_looking() {
    for (trouble, expect) in [
        (Trouble::Cut { acted: true }, true),
        (Trouble::Hang { acted: true }, true),
        (Trouble::Garbage, true),
        (Trouble::Cut { acted: false }, false),
        (Trouble::Hang { acted: false }, false),
        (Trouble::Status { status: 502, retry_after: None }, false),
    ] {
        let (peer, agent) = pair();
        peer.trouble("/send", trouble.clone());
        let began = WRITTEN_AT.after(Duration::from_secs(2));
        assert_eq!(agent.relay(&reply(TEXT)).await.unwrap_err().effect, Effect::Unclear);
        assert_eq!(agent.was_relayed(&reply(TEXT), began).await, Ok(expect), "{trouble:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_makes_nothing_clearer() {
    for trouble in [Trouble::Connect, Trouble::Status { status: 429, retry_after: None }, Trouble::Garbage] {
        let (peer, agent) = pair();
        peer.trouble("/history", trouble.clone());
        let error = agent.was_relayed(&reply(TEXT), BEGAN).await.unwrap_err();
        assert_eq!((error.operation, error.effect), ("was_relayed", Effect::Unclear), "{trouble:?}");
        assert_ne!(error.class, Class::Permanent);
    }
    let (peer, agent) = pair();
    peer.page(1, false);
    peer.change("ses-1", |session| session.events = vec![(WRITTEN_AT, message("ai", "x")); 11]);
    let error = agent.was_relayed(&reply(TEXT), BEGAN).await.unwrap_err();
    assert!(error.detail.contains("10 pages"), "{error}");
}
