//! SIGKILL between intent and result of the reply: it is neither lost nor said twice. At random moments: `rounds`.

use hubspot_bridge::sandbox::portal::{Effect, Fault};

use super::desk::{Desk, MESSAGES, ended, messages_of};

/// Kills the process while its reply is on the way, whether or not HubSpot took it.
async fn one_reply_after(effect: Effect, left: usize) {
    let mut desk = Desk::open().await;
    desk.portal.add_fault(Fault::times(1, "POST", MESSAGES, effect));
    let asked = desk.asks("How long does shipping take?");
    desk.called("POST", &messages_of(&asked.thread)).await;
    desk.bridge.kill().await;
    assert_eq!(desk.answers(&asked.thread).len(), left, "the fault did not do what this test is about");
    desk.bridge.start().await.unwrap();
    let events = desk.settled().await;
    assert_eq!(ended(&events, &asked.message), "replied");
    assert_eq!(desk.answers(&asked.thread).len(), 1, "exactly one reply");
}

#[tokio::test]
async fn killed_before_hubspot_got_the_reply_it_is_posted_once() {
    one_reply_after(Effect::Timeout { acted: false }, 0).await;
}

#[tokio::test]
async fn killed_after_hubspot_took_the_reply_it_is_not_posted_again() {
    one_reply_after(Effect::Timeout { acted: true }, 1).await;
}
