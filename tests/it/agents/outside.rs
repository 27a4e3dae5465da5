//! A conversation that lives outside HubSpot, as OpenCX's own record tells it.

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::agents::opencx::OpenCx;
use hubspot_bridge::agents::{Agent, Class, Contact, Effect, Outside, Said, Speaker};
use hubspot_bridge::domain::{Attachment, Timestamp};
use serde_json::{Map, Value, json};

use super::opencx::pair;
use super::peer::{KEY, Peer, Style, Trouble, message};
use super::question::WRITTEN_AT;

fn at(seconds: u64) -> Timestamp {
    WRITTEN_AT.after(Duration::from_secs(seconds))
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn said(id: &str, by: Speaker, seconds: u64, text: &str) -> Said {
    Said { id: id.into(), by, text: text.into(), original: None, at: at(seconds), attachments: vec![] }
}

/// A WhatsApp conversation that OpenCX's AI gave up on.
fn conversation() -> (Arc<Peer>, OpenCx) {
    let (peer, agent) = pair();
    peer.change("ses-1", |session| {
        session.contact =
            json!({"id": "c-1", "email": " Anna@Example.com", "name": "Anna Berg", "phone_number": "+4930"});
        session.custom_data =
            object(&json!({"plan": "gold", "seats": 3, "trial": false, "gone": null, "deep": {"x": 1}}));
        session.handoff_summary = Some("Parcel is late".into());
        session.shown = object(&json!({"channel": {"type": "whatsapp"}, "summary": "Something else"}));
        let mut photo = message("contact", "");
        photo["attachments"] =
            json!([{"id": 1, "name": "lamp.jpg", "type": "image/jpeg", "url": "https://f.example/1"}]);
        session.events = vec![
            (at(0), message("contact", "Where is it?")),
            (at(0), json!({"type": "ai_decided_to_not_reply"})),
            (at(0), photo),
            (at(1), message("ai", "A colleague will help.")),
            (at(1), json!({"type": "handoff"})),
            (at(1), json!({"type": "human_agent_comment", "content": {"type": "text", "text": "Careful, angry"}})),
            (at(1), json!({"type": "agent_comment", "content": {"type": "text", "text": "Careful"}})),
            (at(1), json!({"type": "workflow_note", "content": {"type": "text", "text": "note"}})),
            (at(2), message("human_agent", "Hello, I am Tom.")),
            (at(2), message("ai", "  ")),
        ];
    });
    (peer, agent)
}

fn expected() -> Outside {
    let photo =
        Attachment { kind: "FILE".into(), name: Some("lamp.jpg".into()), url: Some("https://f.example/1".into()) };
    Outside {
        thread_id: None,
        contact: Contact {
            name: Some("Anna Berg".into()),
            email: Some("anna@example.com".into()),
            phone: Some("+4930".into()),
            ..Contact::default()
        },
        channel: Some("whatsapp".into()),
        transcript: vec![
            said("evt-0", Speaker::Customer, 0, "Where is it?"),
            Said { attachments: vec![photo], ..said("evt-2", Speaker::Customer, 0, "") },
            said("evt-3", Speaker::Ai, 1, "A colleague will help."),
            said("evt-8", Speaker::Rep, 2, "Hello, I am Tom."),
        ],
        summary: Some("Parcel is late".into()),
        sentiment: Some("neutral".into()),
        language: Some("de".into()),
        custom_data: [("plan", "gold"), ("seats", "3"), ("trial", "false")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
    }
}

#[tokio::test(start_paused = true)]
async fn who_where_and_what_was_said_is_read() {
    let (_, agent) = conversation();
    assert_eq!(agent.conversation("ses-1").await, Ok(Some(expected())));
}

#[tokio::test(start_paused = true)]
async fn pages_and_order_do_not_matter() {
    for (size, newest_first) in [(50, true), (3, false), (3, true), (1, false)] {
        let (peer, agent) = conversation();
        // Stamps of their own: what shares one keeps the order it was told in.
        peer.change("ses-1", |session| {
            for (seconds, (created, _)) in (0..).zip(&mut session.events) {
                *created = WRITTEN_AT.before(Duration::from_secs(60 - seconds));
            }
        });
        peer.page(size, newest_first);
        let told = agent.conversation("ses-1").await.unwrap().unwrap();
        let texts: Vec<&str> = told.transcript.iter().map(|said| said.text.as_str()).collect();
        let expect = ["Where is it?", "", "A colleague will help.", "Hello, I am Tom."];
        assert_eq!(texts, expect, "pages of {size}, newest first: {newest_first}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_shapes_of_2024_tell_less_and_still_read() {
    let (peer, agent) = conversation();
    peer.speak(Style::Y2024);
    let told = agent.conversation("ses-1").await.unwrap().unwrap();
    assert_eq!(told.custom_data, <_>::default());
    assert_eq!((told.contact, told.summary.as_deref()), (expected().contact, Some("Parcel is late")));
    let ids: Vec<&str> = told.transcript.iter().map(|said| said.id.as_str()).collect();
    assert_eq!(ids, ["event-0", "event-2", "event-3", "event-8"], "no ids there, and none is like another");

    let bare = super::reader::agent(Value::Null, json!({"id": "s", "items": [{"event": message("contact", "Hi")}]}));
    let told = bare.conversation("s").await.unwrap().unwrap();
    assert_eq!((told.contact, told.channel, told.summary), <_>::default());
    assert_eq!(told.transcript[0].text, "Hi", "without a stamp too");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_verified_stands_in_for_what_is() {
    let (peer, agent) = conversation();
    peer.change("ses-1", |session| {
        session.contact =
            json!({"name": null, "email": "", "non_verified_name": "Anna", "non_verified_email": "A@b.c"});
        session.shown =
            object(&json!({"channel": "web", "handoff": null, "summary": "In short", "sentiment": "angry"}));
    });
    let told = agent.conversation("ses-1").await.unwrap().unwrap();
    assert_eq!((told.contact.name.as_deref(), told.contact.email.as_deref()), (Some("Anna"), Some("a@b.c")));
    let details = [told.channel, told.summary, told.sentiment];
    assert_eq!(details.map(Option::unwrap), ["web", "In short", "angry"]);
}

#[tokio::test(start_paused = true)]
async fn a_long_conversation_is_told_from_its_end() {
    for (newest_first, calls) in [(false, 14), (true, 11)] {
        let (peer, agent) = conversation();
        peer.page(50, newest_first);
        tokio::time::advance(Duration::from_secs(1_000)).await;
        peer.change("ses-1", |session| {
            session.events = (0..640).map(|n| (at(n), message("contact", &n.to_string()))).collect();
        });
        let transcript = agent.conversation("ses-1").await.unwrap().unwrap().transcript;
        let ends = [transcript.first().unwrap(), transcript.last().unwrap()].map(|said| said.text.as_str());
        assert_eq!((transcript.len(), ends), (500, ["140", "639"]), "newest first: {newest_first}");
        assert_eq!(peer.requests().len(), calls);
    }
    let (peer, agent) = conversation();
    peer.page(1, false);
    peer.change("ses-1", |session| session.events = vec![(at(0), message("contact", "x")); 30]);
    let transcript = agent.conversation("ses-1").await.unwrap().unwrap().transcript;
    assert_eq!((transcript.len(), peer.requests().len()), (20, 21), "most of it is better than none");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_conversation_is_none() {
    let (peer, agent) = conversation();
    assert_eq!(agent.conversation("ses-9").await, Ok(None));
    assert_eq!(peer.requests().len(), 1);
    for id in ["", " ", ".", ".."] {
        assert_eq!(agent.conversation(id).await, Ok(None), "{id:?} would be another place of the API");
    }
    assert_eq!(peer.requests().len(), 1);
    peer.trouble("/history", Trouble::Status { status: 404, retry_after: None });
    assert_eq!(agent.conversation("ses-1").await, Ok(None), "deleted between the two calls");
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_is_classed_and_gives_nothing_away() {
    let status = |status| Trouble::Status { status, retry_after: None };
    let retry = Class::Retry { after: None };
    for path in ["/ses-1", "/history"] {
        for (trouble, class) in [
            (status(401), Class::Permanent),
            (status(403), Class::Permanent),
            (status(429), Class::Busy { after: Duration::from_secs(5) }),
            (status(500), retry),
            (Trouble::Connect, retry),
            (Trouble::Cut { acted: true }, retry),
            (Trouble::Hang { acted: false }, retry),
            (Trouble::Garbage, retry),
        ] {
            let (peer, agent) = conversation();
            peer.trouble(path, trouble.clone());
            let error = agent.conversation("ses-1").await.unwrap_err();
            assert_eq!(
                (error.operation, error.effect, error.class),
                ("conversation", Effect::NotSent, class),
                "{path} {trouble:?}"
            );
            let text = error.to_string().to_lowercase();
            assert!(!text.contains("anna") && !text.contains("parcel") && !text.contains(KEY), "{text}");
        }
    }
    let list = super::reader::agent(Value::Null, json!([])).conversation("ses-1").await.unwrap_err();
    assert!(list.detail.contains("not an object"), "{list}");
}
