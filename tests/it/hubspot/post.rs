//! What is sent, and what an unclear end is.

use std::time::Duration;

use hubspot_bridge::domain::{ActorId, MessageKind, Participant, ThreadId};
use hubspot_bridge::hubspot::{Class, Effect, OutgoingMessage};
use serde_json::json;

use super::fake::{answer, world};

const CREATED: &str =
    r#"{"id":"new","type":"MESSAGE","createdAt":"2026-11-21T12:00:00Z","status":{"statusType":"SENT"}}"#;

fn thread() -> ThreadId {
    ThreadId::from("77")
}

fn reply() -> OutgoingMessage {
    let customer = Participant {
        actor: Some(ActorId::from("V-4711")),
        name: Some("Ann".into()),
        identifier_type: Some("HS_EMAIL_ADDRESS".into()),
        identifier: Some("ann@example.com".into()),
        field: Some("FROM".into()),
    };
    let visitor = Participant { actor: Some(ActorId::from("V-1")), ..Participant::default() };
    OutgoingMessage {
        text: "It is blue.".into(),
        rich_text: Some("<p>It is blue.</p>".into()),
        subject: Some("Re: Colour".into()),
        sender: ActorId::from("A-5"),
        channel_id: "1002".into(),
        channel_account_id: "42".into(),
        recipients: vec![customer, visitor],
    }
}

#[tokio::test]
async fn a_message_in_the_safe_form() {
    let world = world(vec![answer(201, &[], CREATED)]);
    let posted = world.client.post_message(&thread(), &reply()).await.unwrap();
    assert_eq!((posted.id.as_str(), posted.status.as_deref()), ("new", Some("SENT")));
    assert_eq!(world.fake.asked(), ["POST /conversations/v3/conversations/threads/77/messages"]);
    assert_eq!(world.fake.header(0, "content-type").as_deref(), Some("application/json"));
    let address = json!({"type": "HS_EMAIL_ADDRESS", "value": "ann@example.com"});
    assert_eq!(
        world.fake.body(0),
        json!({
            "type": "MESSAGE", "text": "It is blue.", "richText": "<p>It is blue.</p>", "subject": "Re: Colour",
            "senderActorId": "A-5", "channelId": "1002", "channelAccountId": "42", "attachments": [],
            "recipients": [
                {"actorId": "V-4711", "name": "Ann", "recipientField": "TO",
                 "deliveryIdentifier": address, "deliveryIdentifiers": [address]},
                {"actorId": "V-1", "deliveryIdentifiers": []},
            ],
        })
    );
}

#[tokio::test]
async fn a_comment() {
    let created = CREATED.replace("MESSAGE", "COMMENT");
    let world = world(vec![answer(201, &[], &created)]);
    let posted = world.client.post_comment(&thread(), "note", None).await.unwrap();
    assert_eq!(posted.kind, MessageKind::Comment);
    assert_eq!(world.fake.body(0), json!({"type": "COMMENT", "text": "note", "attachments": []}));
}

#[tokio::test]
async fn assigning() {
    let world = world(vec![answer(200, &[], "{}"), answer(204, &[], "")]);
    world.client.assign(&thread(), Some(&ActorId::from("A-5"))).await.unwrap();
    world.client.assign(&thread(), None).await.unwrap();
    assert_eq!(
        world.fake.asked(),
        [
            "PUT /conversations/conversations/v3/threads/77/assignee",
            "DELETE /conversations/conversations/v3/threads/77/assignee",
        ]
    );
    assert_eq!(world.fake.body(0), json!({"actorId": "A-5"}));
}

#[tokio::test]
async fn a_portal_without_assigning() {
    for status in [404, 405] {
        let world = world(vec![answer(status, &[], "<html>no</html>")]);
        let error = world.client.assign(&thread(), None).await.unwrap_err();
        assert_eq!((error.class, error.effect), (Class::Unsupported, Effect::NotSent), "{status}");
    }
}

#[tokio::test]
async fn a_success_that_cannot_be_read() {
    for body in ["", "<html>", r#"{"type":"MESSAGE","text":"private words"}"#, r#"{"id":{"private":"words"}}"#] {
        let world = world(vec![answer(201, &[], body), answer(200, &[], body)]);
        let posted = world.client.post_message(&thread(), &reply()).await.unwrap_err();
        assert_eq!((posted.effect, &posted.class), (Effect::Unclear, &Class::Retry { after: None }), "it may be there");
        let read = world.client.thread(&thread()).await.unwrap_err();
        assert_eq!(
            (read.effect, &read.class),
            (Effect::NotSent, &Class::Retry { after: None }),
            "a proxy's page passes"
        );
        assert!(!format!("{posted} {read}").contains("private"), "{posted}");
    }
}

#[tokio::test]
async fn a_request_does_not_outlive_the_lease() {
    let world = world(vec![]);
    let _ = world.client.account().await;
    let _ = world.client.within(Duration::from_secs(3)).account().await;
    let _ = world.client.within(Duration::from_secs(30)).account().await;
    let timeouts: Vec<u64> = (0..3).map(|at| world.fake.timeout(at).as_secs()).collect();
    assert_eq!(timeouts, [10, 3, 10]);
}
