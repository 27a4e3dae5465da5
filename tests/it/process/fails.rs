//! What the AI cannot or should not answer goes to a human: late, undeliverable, on a channel that cannot send.

use hubspot_bridge::domain::ThreadId;
use hubspot_bridge::sandbox::portal::seed::WHATSAPP_ACCOUNT;
use hubspot_bridge::sandbox::portal::{Effect, Fault};

use super::desk::{Desk, MESSAGES, ended, ending, mail};

/// A human has it, with a ticket and a comment that says why.
async fn assert_with_a_human(desk: &Desk, thread: &ThreadId) {
    let rep = desk.portal.seed().reps[0].actor();
    assert_eq!(desk.portal.thread_view(thread).unwrap().owner.unwrap().0, rep.0);
    assert_eq!(desk.items(thread, "COMMENT").len(), 1);
    assert_eq!(desk.tickets_made().len(), 1);
    assert_eq!(desk.session(thread).await["state"], "handed_off");
}

#[tokio::test]
async fn a_message_that_waited_too_long_while_the_bridge_was_down() {
    let mut desk = Desk::closed().await;
    desk.rewrite(|text| {
        let text = text.replace("[delivery]", "[delivery]\nquiet_period_max = \"500ms\"");
        let quick = "[connections.acme.agent]\ntimeout = \"500ms\"\nattempts = 1";
        text.replace("[connections.acme.agent]", quick) + "[delivery.max_reply_age]\nchat = \"1s\"\n"
    });
    let asked = desk.asks("How long does shipping take?");
    let posted_at = desk.portal.now();
    desk.until("the message to be old", async || desk.portal.now().since(posted_at).as_millis() > 1_000).await;
    desk.bridge.start().await.unwrap();
    assert_eq!(ended(&desk.settled().await, &asked.message), "handed_off/stale");
    assert!(desk.answers(&asked.thread).is_empty(), "no late surprise");
    assert_with_a_human(&desk, &asked.thread).await;
}

#[tokio::test]
async fn a_reply_that_hubspot_took_and_could_not_deliver() {
    let desk = Desk::open().await;
    desk.portal.add_fault(Fault::times(1, "POST", MESSAGES, Effect::FailsLater { ms: 200 }));
    let asked = desk.asks("How long does shipping take?");
    let look = async || {
        let events = desk.events().await;
        events.iter().find(|event| event["type"] == "delivery_check").map(ending).unwrap_or_default()
    };
    desk.until("the look at it", async || !look().await.is_empty()).await;
    assert_eq!(look().await, "handed_off/delivery_failed");
    assert_eq!(ended(&desk.settled().await, &asked.message), "replied", "it was");
    assert_eq!(desk.answers(&asked.thread).len(), 1, "nothing more is said");
    assert_with_a_human(&desk, &asked.thread).await;
}

#[tokio::test]
async fn a_channel_that_the_api_cannot_send_on() {
    let desk = Desk::open().await;
    let mut message = mail("+4915100000000", "WhatsApp", "How long does shipping take?");
    message.account = Some(WHATSAPP_ACCOUNT.to_owned());
    let asked = desk.portal.customer_emails(&message).unwrap();
    assert_eq!(ended(&desk.settled().await, &asked.message), "handed_off/channel_cannot_send");
    assert!(desk.answers(&asked.thread).is_empty());
    assert_with_a_human(&desk, &asked.thread).await;
}
