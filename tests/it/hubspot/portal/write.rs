//! What the client does in a portal: replies, comments, owners.

use std::time::Duration;

use hubspot_bridge::domain::{ActorId, Direction, MessageKind, Reason, ThreadId};
use hubspot_bridge::hubspot::{Class, Effect as Happened};
use hubspot_bridge::sandbox::portal::seed::{EMAIL_ACCOUNT, WHATSAPP_ACCOUNT};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};

use super::{Desk, MESSAGES, answer_to};

#[tokio::test(start_paused = true)]
async fn a_reply_to_a_chat_reaches_its_visitor() {
    let desk = Desk::new();
    let said = desk.chat("hello");
    let theirs = desk.client.message(&said.thread, &said.message).await.unwrap();
    let posted = desk.client.post_message(&said.thread, &answer_to(&theirs, desk.ai(), "Hello Ada")).await.unwrap();
    assert_eq!((posted.kind.clone(), posted.direction), (MessageKind::Message, Some(Direction::Outgoing)));
    assert_eq!(posted.app_id, Some(desk.portal.seed().app_id), "how we know our own");
    assert_eq!(posted.senders[0].actor, Some(desk.ai()));
    assert_eq!(posted.status.as_deref(), Some("SENT"));
    assert_eq!(posted.recipients[0].actor, theirs.senders[0].actor);
    assert_eq!(posted.recipients[0].identifier, theirs.senders[0].identifier);
    assert_eq!(posted.recipients[0].field.as_deref(), Some("TO"), "FROM became TO");
    let read = desk.client.message(&said.thread, &posted.id).await.unwrap();
    assert_eq!(read, posted, "what was answered is what is stored");
    assert_eq!(desk.texts(&said.thread), ["hello", "Hello Ada"]);
}

#[tokio::test(start_paused = true)]
async fn a_reply_to_a_mail_leaves_from_the_mailbox_it_came_to() {
    let desk = Desk::new();
    let said = desk.email("Where is it?", None);
    let theirs = desk.client.message(&said.thread, &said.message).await.unwrap();
    let posted = desk.client.post_message(&said.thread, &answer_to(&theirs, desk.ai(), "On its way")).await.unwrap();
    assert_eq!(posted.channel_account_id.as_deref(), Some(EMAIL_ACCOUNT));
    assert_eq!(posted.recipients[0].email().as_deref(), Some("ben@example.com"));
    assert_eq!(posted.senders[0].email().as_deref(), Some("hello@acme.example"));
    assert_eq!((posted.subject.as_deref(), posted.rich_text.as_deref()), (Some("My order"), Some("<p>On its way</p>")));
}

#[tokio::test(start_paused = true)]
async fn a_comment_is_the_apps() {
    let desk = Desk::new();
    let said = desk.chat("hello");
    let posted = desk.client.post_comment(&said.thread, "a draft", Some("<p>a draft</p>")).await.unwrap();
    assert_eq!((posted.kind.clone(), posted.direction), (MessageKind::Comment, None));
    let app = desk.portal.seed().app_id;
    assert_eq!(posted.created_by, Some(ActorId(format!("I-{}", app.0))));
    assert_eq!(posted.app_id, Some(app));
    let plain = desk.client.post_comment(&said.thread, "no markup", None).await.unwrap();
    assert_eq!(plain.text, "no markup");
}

#[tokio::test(start_paused = true)]
async fn accepted_is_not_delivered() {
    let desk = Desk::new();
    let said = desk.email("hello", None);
    let theirs = desk.client.message(&said.thread, &said.message).await.unwrap();
    desk.add_fault(Fault::times(1, "POST", MESSAGES, Effect::FailsLater { ms: 4_000 }));
    let posted = desk.client.post_message(&said.thread, &answer_to(&theirs, desk.ai(), "hi")).await.unwrap();
    assert_eq!(posted.status.as_deref(), Some("SENT"));
    tokio::time::advance(Duration::from_secs(4)).await;
    assert_eq!(desk.client.message(&said.thread, &posted.id).await.unwrap().status.as_deref(), Some("FAILED"));
}

#[tokio::test(start_paused = true)]
async fn what_hubspot_refuses_to_send_is_not_sent() {
    let desk = Desk::new();
    let said = desk.chat("hello");
    let theirs = desk.client.message(&said.thread, &said.message).await.unwrap();
    let good = answer_to(&theirs, desk.ai(), "hi");
    let with = |change: &dyn Fn(&mut hubspot_bridge::hubspot::OutgoingMessage)| {
        let mut message = good.clone();
        change(&mut message);
        message
    };
    let rows = [
        (
            with(&|m| m.sender = theirs.senders[0].actor.clone().unwrap()),
            "ConversationsApiError.UNSUPPORTED_ACTOR_TYPE",
        ),
        (with(&|m| m.sender = ActorId::from("A-1")), "ConversationsApiError.INVALID_ARGUMENT_TYPE"),
        (with(&|m| m.channel_account_id = "9".to_owned()), "ConversationsApiError.INVALID_CHANNEL_ACCOUNT"),
        (with(&|m| m.recipients.clear()), "VALIDATION_ERROR"),
        (with(&|m| m.recipients[0].actor = Some(desk.rita())), "ConversationsApiError.UNSUPPORTED_ACTOR_TYPE"),
        (
            with(&|m| {
                m.channel_id = "1007".to_owned();
                m.channel_account_id = WHATSAPP_ACCOUNT.to_owned();
            }),
            "VALIDATION_ERROR",
        ),
    ];
    for (message, words) in rows {
        let error = desk.client.post_message(&said.thread, &message).await.unwrap_err();
        assert_eq!(error.class, Class::Permanent { reason: Reason::RejectedByHubspot }, "{error}");
        assert_eq!(error.effect, Happened::NotSent);
        assert!(error.detail.contains(words), "{error}");
    }
    assert_eq!(desk.texts(&said.thread), ["hello"]);
}

#[tokio::test(start_paused = true)]
async fn the_owner_changes_on_the_path_with_the_doubled_segment() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    desk.client.assign(&thread, Some(&desk.rita())).await.unwrap();
    assert_eq!(desk.client.thread(&thread).await.unwrap().assigned_to, Some(desk.rita()));
    desk.client.assign(&thread, Some(&desk.ai())).await.unwrap();
    desk.client.assign(&thread, None).await.unwrap();
    assert_eq!(desk.client.thread(&thread).await.unwrap().assigned_to, None);
    let path = format!("/conversations/conversations/v3/threads/{thread}/assignee");
    let acts: Vec<String> = desk.calls().into_iter().filter(|call| !call.starts_with("GET")).collect();
    assert_eq!(acts, [format!("PUT {path}"), format!("PUT {path}"), format!("DELETE {path}")]);

    let nobody = desk.client.assign(&thread, Some(&ActorId::from("A-1"))).await.unwrap_err();
    assert_eq!(nobody.class, Class::Permanent { reason: Reason::RejectedByHubspot });
}

#[tokio::test(start_paused = true)]
async fn a_portal_that_does_not_offer_assignment() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    for (code, body) in [(404, BodyKind::Html), (405, BodyKind::Standard)] {
        let effect = Effect::Status { code, body, retry_after: None, acted: false };
        desk.add_fault(Fault::times(1, "PUT", "/conversations/conversations/v3/**", effect));
        let error = desk.client.assign(&thread, Some(&desk.rita())).await.unwrap_err();
        assert_eq!((error.class, error.effect), (Class::Unsupported, Happened::NotSent), "{code}");
    }
    let gone = desk.client.assign(&ThreadId::from("1"), Some(&desk.rita())).await.unwrap_err();
    assert_eq!(gone.class, Class::Unsupported, "it looks the same");
}
