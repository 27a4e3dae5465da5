//! Opening and asking: what OpenCX is sent, and what becomes of each answer it can give.

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::agents::opencx::{OpenCx, Settings};
use hubspot_bridge::agents::{Agent, Answer, Class, Decision, Effect, Error, Question};
use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::config::Secret;
use hubspot_bridge::domain::Attachment;
use serde_json::{Value, json};

use super::peer::{Act, KEY, Peer, Style, Trouble, Turn, message};
use super::question::{WRITTEN_AT, burst, question};

pub const TIMEOUT: Duration = Duration::from_mins(1);

/// A peer with the session `ses-1` and an agent that calls it. To be called under paused time.
pub fn pair() -> (Arc<Peer>, OpenCx) {
    let clock = ManualClock::starting_at(WRITTEN_AT.after(Duration::from_secs(2)));
    let peer = Peer::new(Arc::<ManualClock>::clone(&clock));
    peer.change("ses-1", |_| ());
    let agent = OpenCx::new(settings(KEY), Arc::<Peer>::clone(&peer), clock);
    (peer, agent)
}

pub fn settings(key: &str) -> Settings {
    Settings { base_url: "https://api.open.cx/".into(), api_key: Secret::Value(key.into()), timeout: TIMEOUT }
}

/// Asks once; the AI does this.
async fn asked(act: Act) -> Result<Answer, Error> {
    let (peer, agent) = pair();
    peer.script(Turn::now(act));
    agent.ask(&question("Where is my parcel?")).await
}

fn reply(text: &str) -> Answer {
    Answer::new(Decision::Reply { text: text.into() })
}

#[tokio::test(start_paused = true)]
async fn a_session_is_opened_with_contact_and_custom_data() {
    let (peer, agent) = pair();
    assert!(agent.keeps_state());
    assert_eq!(agent.open(&question("Hi")).await, Ok(Some("ses-2".into())));
    let request = peer.requests().remove(0);
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/chat/sessions"));
    assert_eq!(request.authorization, "Bearer ocx_live_test");
    let expect = json!({"contact": {"email": "anna@example.com", "name": "Anna Berg"}, "custom_data": {"plan": "gold", "hubspot_thread_id": "501"}});
    assert_eq!(request.body, expect);

    let unknown = Question { contact: <_>::default(), custom_data: <_>::default(), ..question("Hi") };
    assert_eq!(agent.open(&unknown).await, Ok(Some("ses-3".into())));
    let thread = json!({"custom_data": {"hubspot_thread_id": "501"}});
    assert_eq!(peer.requests()[1].body, thread, "what is not known is not sent");
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_sent_as_one_message_with_its_attachments() {
    let (peer, agent) = pair();
    let mut turn = burst(&["Look at this ", "\nIt is broken"]);
    turn.messages[0].attachments = vec![
        Attachment { kind: "FILE".into(), name: Some("lamp.jpg".into()), url: Some("https://f.example/1".into()) },
        Attachment { kind: "LOCATION".into(), name: None, url: None },
    ];
    agent.ask(&turn).await.unwrap();
    let request = peer.requests().remove(0);
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/chat/sessions/ses-1/send"));
    let text =
        "Look at this\nAttachment: lamp.jpg (https://f.example/1)\nAttachment: location (no link)\n\nIt is broken";
    let expect = json!({
        "sender": "contact",
        "message": {"type": "text", "text": text, "attachments": [{"name": "lamp.jpg", "url": "https://f.example/1"}]},
        "custom_data": {"plan": "gold"},
    });
    assert_eq!(request.body, expect);
}

#[tokio::test(start_paused = true)]
async fn every_shape_of_a_reply_is_read() {
    let autopilot = json!({"type": "text", "value": {"error": false, "content": " It is on its way. "}});
    let ui = json!({"type": "ui", "value": {"type": "ui_component", "name": "order", "content": "Order 7: sent"}});
    for (body, expect) in [
        (json!({"ai_response": {"text": "It is on its way."}}), "It is on its way."),
        (json!({"ai_response": {"text": "It is on its way.", "error": null}}), "It is on its way."),
        (json!({"success": true, "autopilotResponse": autopilot, "sessionIsHandedOff": false}), "It is on its way."),
        (json!({"success": true, "data": {"success": true, "autopilotResponse": autopilot}}), "It is on its way."),
        (json!({"success": true, "data": {"autopilotResponse": null, "uiResponse": ui}}), "Order 7: sent"),
        (json!({"success": true, "autopilotResponse": autopilot, "uiResponse": ui}), "It is on its way."),
    ] {
        assert_eq!(asked(Act::Raw(body.clone())).await, Ok(reply(expect)), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_nothing_to_say() {
    for body in [
        json!({}),
        json!({"success": true}),
        json!({"success": true, "data": {"message": {"id": "m"}}}),
        json!({"success": true, "data": {"success": true, "autopilotResponse": null}}),
        json!({"success": true, "autopilotResponse": {"value": {"error": false, "content": "  "}}}),
        json!({"success": true, "code": "skipping_unuseful_response", "autopilotResponse": {"value": {"content": "Hm"}}}),
        json!({"success": true, "data": {"code": "skipping_unuseful_response"}}),
    ] {
        assert_eq!(asked(Act::Raw(body.clone())).await, Ok(Answer::new(Decision::Nothing)), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_of_a_session_handed_off_is_a_handoff() {
    let (peer, agent) = pair();
    peer.change("ses-1", |session| session.events.push((WRITTEN_AT, json!({"type": "handoff"}))));
    for code in [None, Some("response_cancelled"), Some("skipping_unuseful_response")] {
        peer.script(Turn::now(Act::Silent(code)));
        let decision = agent.ask(&question("Hello?")).await.unwrap().decision;
        assert!(matches!(decision, Decision::Handoff { words: None, .. }), "{code:?}: {decision:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_withdrawn_answer_is_asked_for_again() {
    let error = asked(Act::Silent(Some("response_cancelled"))).await.unwrap_err();
    assert_eq!((error.effect, error.class), (Effect::Unclear, Class::Retry { after: None }));
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_is_answered_from_the_history() {
    let (peer, agent) = pair();
    let asked = question("Where is my parcel?");
    peer.change("ses-1", |session| session.events.push((WRITTEN_AT, message("contact", "Where is my parcel?"))));
    peer.script(Turn::now(Act::IgnoreDuplicate));
    let error = agent.ask(&asked).await.unwrap_err();
    assert_eq!((error.effect, error.class), (Effect::Unclear, Class::Retry { after: None }), "no answer to it yet");

    peer.change("ses-1", |session| session.events.push((WRITTEN_AT, message("ai", "On its way."))));
    peer.script(Turn::now(Act::IgnoreDuplicate));
    assert_eq!(agent.ask(&asked).await, Ok(reply("On its way.")));
}

#[tokio::test(start_paused = true)]
async fn each_of_the_four_signals_is_a_handoff() {
    let words = json!({"type": "text", "value": {"error": false, "content": "A colleague will help."}});
    let resolve = json!({"summary": "Parcel is late", "sentiment": "angry"});
    for (body, session, expect) in [
        (json!({"success": true, "sessionIsHandedOff": true, "autopilotResponse": words}), json!({}), true),
        (json!({"success": true, "data": {"sessionIsHandedOff": true, "resolveArgs": resolve}}), json!({}), false),
        (json!({"success": true, "code": "session_assigned_to_human_agent"}), json!({}), false),
        (json!({"success": false, "error": {"code": "session_assigned_to_human_agent"}}), json!({}), false),
        (json!({"ai_response": {"text": "A colleague will help."}}), json!({"handoff": {"summary": "x"}}), true),
        (json!({}), json!({"ai_closure_type": "handed_off"}), false),
        (json!({"success": true, "data": {}}), json!({"data": {"handoff": {"summary": "x"}}}), false),
    ] {
        let answer = super::reader::answer_to(body.clone(), session).await.unwrap();
        let words = expect.then(|| "A colleague will help.".to_owned());
        assert!(
            matches!(&answer.decision, Decision::Handoff { words: said, .. } if *said == words),
            "{body}: {answer:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_handoff_brings_what_the_session_knows() {
    for style in [Style::Y2024, Style::Newest] {
        let (peer, agent) = pair();
        peer.speak(style);
        let words = Some("A colleague will help.".to_owned());
        peer.script(Turn::now(Act::HandOff { words: words.clone(), summary: "Parcel is late".into() }));
        let answer = agent.ask(&question("Where is it?")).await.unwrap();
        assert!(matches!(&answer.decision, Decision::Handoff { words: said, .. } if *said == words));
        let details = [answer.summary, answer.sentiment, answer.language];
        assert_eq!(details.map(Option::unwrap), ["Parcel is late", "neutral", "de"], "{style:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handoff_is_not_lost_with_its_details() {
    let (peer, agent) = pair();
    peer.script(Turn::now(Act::HandOff { words: None, summary: "s".into() }));
    peer.trouble("/ses-1", Trouble::Hang { acted: false });
    let answer = agent.ask(&question("Where is it?")).await.unwrap();
    assert!(matches!(answer.decision, Decision::Handoff { .. }) && answer.summary.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_answer_marked_as_an_error_is_never_said() {
    let failed = json!({"type": "text", "value": {"error": true, "content": "secret stack trace"}});
    let ui = json!({"value": {"content": "Order 7"}});
    for body in [
        json!({"ai_response": {"text": "secret stack trace", "error": {"message": "secret"}}}),
        json!({"success": true, "autopilotResponse": failed, "uiResponse": ui}),
        json!({"success": true, "data": {"success": true, "autopilotResponse": failed}}),
    ] {
        let error = asked(Act::Raw(body.clone())).await.unwrap_err();
        assert_eq!((error.effect, error.class), (Effect::NotSent, Class::Retry { after: None }), "{body}");
        assert!(!error.to_string().contains("secret"));
    }
    for style in [Style::Y2024, Style::Newest] {
        let (peer, agent) = pair();
        peer.speak(style);
        peer.script(Turn::now(Act::Fail("secret stack trace".into())));
        assert!(agent.ask(&question("Hi")).await.is_err(), "{style:?}");
        assert_eq!(agent.ask(&question("Hi")).await, Ok(reply("You said: Hi")), "it can be asked again");
    }
    let body = json!({"sessionIsHandedOff": true, "autopilotResponse": failed});
    assert!(matches!(asked(Act::Raw(body)).await.unwrap().decision, Decision::Handoff { words: None, .. }));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_answer_is_an_unclear_error() {
    for body in [
        json!(null),
        json!([]),
        json!("ok"),
        json!({"success": false, "error": {"code": "boom", "message": "Where is my parcel?"}}),
        json!({"success": false, "code": "Where is my parcel?"}),
        json!({"success": true, "autopilotResponse": {"value": {}}}),
        json!({"success": true, "autopilotResponse": 7}),
    ] {
        let error = asked(Act::Raw(body.clone())).await.unwrap_err();
        assert_eq!((error.effect, error.class), (Effect::Unclear, Class::Retry { after: None }), "{body}");
        assert!(!error.to_string().contains("parcel"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_failed_call_is_classed() {
    let status = |status| Trouble::Status { status, retry_after: None };
    let wait = |status, wait: &str| Trouble::Status { status, retry_after: Some(wait.into()) };
    let retry = Class::Retry { after: None };
    let busy = |seconds| Class::Busy { after: Duration::from_secs(seconds) };
    let after = |seconds| Class::Retry { after: Some(Duration::from_secs(seconds)) };
    for (trouble, effect, class, words) in [
        (status(400), Effect::NotSent, Class::Permanent, "flat"),
        (status(401), Effect::NotSent, Class::Permanent, "agent.api_key"),
        (status(403), Effect::NotSent, Class::Permanent, "chat-sessions:write"),
        (status(404), Effect::NotSent, Class::Permanent, "session"),
        (status(301), Effect::NotSent, Class::Permanent, "agent.base_url"),
        (status(429), Effect::NotSent, busy(5), "too many"),
        (wait(429, "7"), Effect::NotSent, busy(7), "429"),
        // The clock shows 2026-11-18T11:06:42 at the start (1_795_000_002 s).
        (wait(429, "Wed, 18 Nov 2026 11:06:52 GMT"), Effect::NotSent, busy(10), "429"),
        (wait(429, "soon"), Effect::NotSent, busy(5), "429"),
        (wait(503, "99999999"), Effect::Unclear, after(900), "503"),
        (status(500), Effect::Unclear, retry, "500"),
        (Trouble::Connect, Effect::NotSent, retry, "connect"),
        (Trouble::Cut { acted: true }, Effect::Unclear, retry, "broke"),
        (Trouble::Hang { acted: false }, Effect::Unclear, retry, "60s"),
        (Trouble::Garbage, Effect::Unclear, retry, "JSON"),
    ] {
        let (peer, agent) = pair();
        peer.trouble("/send", trouble.clone());
        let error = agent.ask(&question("Where is my parcel?")).await.unwrap_err();
        assert_eq!((error.operation, error.effect, error.class), ("ask", effect, class), "{trouble:?}");
        let text = error.to_string();
        assert!(text.contains(words), "{trouble:?}: {text}");
        assert!(!text.contains("parcel") && !text.contains(KEY), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cannot_be_made_says_what_to_mend() {
    let (peer, agent) = pair();
    let unopened = Question { agent_session_id: None, ..question("Hi") };
    let error = agent.ask(&unopened).await.unwrap_err();
    assert_eq!((error.effect, error.class), (Effect::NotSent, Class::Permanent));
    assert!(error.detail.contains("opened"), "{error}");

    let check = async |settings: Settings, words: &str| {
        let clock = ManualClock::starting_at(WRITTEN_AT);
        let error = OpenCx::new(settings, Arc::<Peer>::clone(&peer), clock).open(&question("Hi")).await.unwrap_err();
        assert_eq!((error.operation, error.effect, error.class), ("open", Effect::NotSent, Class::Permanent));
        assert!(error.detail.contains(words), "{error}");
    };
    check(settings("another"), "agent.api_key").await;
    check(settings("line\nbreak"), "stray").await;
    check(Settings { base_url: "not a url".into(), ..settings(KEY) }, "stray").await;
    let missing = Secret::File("/nonexistent/key".into());
    check(Settings { api_key: missing, ..settings(KEY) }, "agent.api_key_file").await;
}

#[tokio::test(start_paused = true)]
async fn a_session_without_an_id_is_not_opened() {
    for body in [json!({}), json!({"id": 7}), json!({"id": " "}), Value::Null] {
        let error = super::reader::agent(body.clone(), Value::Null).open(&question("Hi")).await.unwrap_err();
        assert_eq!((error.operation, error.effect), ("open", Effect::Unclear), "{body}");
    }
}
