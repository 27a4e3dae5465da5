//! Each skip of the AI path, by its event reaching the ledger with that reason and nothing reaching the customer.

use std::time::Duration;

use hubspot_bridge::agents::Decision;
use hubspot_bridge::domain::{Channel, MessageId, Object, SessionState, ThreadId};
use hubspot_bridge::sandbox::portal::seed::{EMAIL_ACCOUNT, HELP_DESK, INBOX};
use hubspot_bridge::sandbox::portal::{BodyKind, DeliveryFaults, Effect, Visibility};
use hubspot_bridge::store::types::EventFilter;
use serde_json::json;

use super::house::{House, acme};
use super::record;

impl House {
    /// The message ended so, and the agent was not asked about it.
    async fn assert_skipped(&mut self, message: &MessageId, reason: &str) {
        let asked = self.agent.asked().len();
        self.until_quiet().await;
        assert_eq!(self.outcome(message).await, format!("skipped/{reason}"));
        assert_eq!(self.agent.asked().len(), asked, "the agent was asked");
    }
}

#[tokio::test(start_paused = true)]
async fn echoes_of_our_own_posts() {
    let mut house = House::new().await;
    house.agent.hands_off(Some("I pass you on."));
    let asked = house.chat("A person, please");
    house.until_quiet().await;
    for kind in ["MESSAGE", "COMMENT"] {
        let echo = &record::by_us(&house.portal, &asked.thread, kind)[0];
        assert_eq!(house.outcome(&MessageId::from(echo["id"].as_str().unwrap())).await, "skipped/own_message");
    }
}

#[tokio::test(start_paused = true)]
async fn notes_greetings_bots_and_reps() {
    let mut house = House::new().await;
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    let (portal, rep) = (house.portal.clone(), house.rep());

    house.assert_skipped(&portal.rep_comments(&thread, &rep, "a note").unwrap().message, "internal_comment").await;
    house.assert_skipped(&portal.welcome(&thread, "Welcome!").unwrap().message, "not_a_message").await;
    house.assert_skipped(&portal.bot_says(&thread, "beep").unwrap().message, "sender_is_bot").await;
    house.assert_skipped(&portal.rep_replies(&thread, &rep, "Hi").unwrap().message, "sender_is_agent").await;
    let written = portal.rep_replies_from_mailbox(&thread, &rep, "Hi from my mailbox").unwrap();
    house.assert_skipped(&written.message, "sender_is_internal").await;
    assert_eq!(house.public_posts(&thread).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_marker_of_an_ai_in_a_customers_text() {
    let mut house = House::new().await;
    let pasted = house.chat("🔄 AI decided to handoff\nReason: none");
    house.assert_skipped(&pasted.message, "ai_marker").await;
}

#[tokio::test(start_paused = true)]
async fn automatic_mail() {
    let mut house = House::new().await;
    let bounce = house.mail("mailer-daemon@elsewhere.example", "Undelivered Mail Returned to Sender", "It failed.");
    house.assert_skipped(&bounce.message, "auto_reply").await;
    let away = house.mail("carla@elsewhere.example", "Automatic reply: My order", "I am away.");
    house.assert_skipped(&away.message, "auto_reply").await;
}

#[tokio::test(start_paused = true)]
async fn inboxes_and_channels_that_are_not_enabled() {
    let mut house = House::with(|config| {
        acme(config).inboxes = vec![HELP_DESK.to_owned()];
    })
    .await;
    let elsewhere = house.chat("Hello");
    house.assert_skipped(&elsewhere.message, "inbox_not_enabled").await;

    let mut house = House::with(|config| {
        acme(config).inboxes = vec![INBOX.to_owned()];
        acme(config).channels = vec![Channel::Email];
    })
    .await;
    let elsewhere = house.chat("Hello");
    house.assert_skipped(&elsewhere.message, "inbox_not_enabled").await;
    let here = house.mail("carla@elsewhere.example", "My order", "Where?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&here.message).await, "replied");
    assert_eq!(record::thread(&house.portal, &here.thread)["originalChannelAccountId"], EMAIL_ACCOUNT);
}

#[tokio::test(start_paused = true)]
async fn conversations_of_somebody_else_or_of_nobody() {
    let mut house = House::new().await;
    let owned = house.chat("Hello");
    house.assign(&owned.thread, Some(&house.rep()));
    house.assert_skipped(&owned.message, "not_ai_owned").await;
    assert!(house.session(&owned.thread).await.is_none(), "a conversation the AI has no part in gets no session");

    let mut house = House::with(|config| acme(config).reply_when_unassigned = false).await;
    let unassigned = house.chat("Hello");
    house.assert_skipped(&unassigned.message, "not_ai_owned").await;
    let ours = house.chat("Hello");
    house.assign(&ours.thread, Some(&house.ai()));
    house.until_quiet().await;
    assert_eq!(house.outcome(&ours.message).await, "replied");
    assert_eq!(
        house.outcomes_of(Object::Thread(ours.thread)).await[1],
        "conversation.propertyChange ownership_recorded"
    );
}

#[tokio::test(start_paused = true)]
async fn handed_off_and_paused_sessions() {
    let mut house = House::with(|config| acme(config).default_user_id = None).await;
    house.agent.hands_off(None);
    let thread = house.chat("A person, please").thread;
    house.until_quiet().await;
    let second = house.chat_on(&thread, "Hello?");
    house.assert_skipped(&second, "session_handed_off").await;

    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.operator(&thread, "pause").await;
    house.until_quiet().await;
    assert_eq!(house.session(&thread).await.unwrap().state, SessionState::Paused);
    let while_paused = house.chat_on(&thread, "Anybody?");
    house.assert_skipped(&while_paused, "session_paused").await;
    house.operator(&thread, "resume").await;
    house.until_quiet().await;
    let after = house.chat_on(&thread, "And now?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&after).await, "replied");
    let all = house.outcomes_of(Object::Thread(thread.clone())).await;
    let actions: Vec<_> = all.iter().filter(|line| line.starts_with("action")).collect();
    assert_eq!(actions, ["action paused", "action resumed"]);
    assert_eq!(house.public_posts(&thread), ["answer to: Hello", "answer to: And now?"], "skipped ones stay skipped");
}

#[tokio::test(start_paused = true)]
async fn an_operators_pause_in_mid_answer_withdraws_it() {
    let mut house = House::new().await;
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.agent.thinks_for(60);
    let second = house.chat_on(&thread, "And?");
    house.run_for(Duration::from_secs(10)).await;
    house.operator(&thread, "pause").await;
    house.until_quiet().await;
    assert_eq!(house.public_posts(&thread).len(), 1);
    assert_eq!(house.outcome(&second).await, "skipped/session_paused");
    assert_eq!(house.agent.cancelled(), 1);
}

#[tokio::test(start_paused = true)]
async fn threads_in_the_trash_marked_as_spam_or_gone() {
    let mut house = House::new().await;
    let archived = house.chat("Hello");
    house.portal.set_archived(&archived.thread, true).unwrap();
    house.assert_skipped(&archived.message, "thread_archived").await;

    let spam = house.chat("Buy now");
    house.portal.mark_spam(&spam.thread).unwrap();
    house.assert_skipped(&spam.message, "thread_archived").await;

    house
        .post(json!([{"eventId": 1, "subscriptionId": 1, "portalId": house.portal.seed().portal_id.0, "appId": 1,
            "occurredAt": 1, "subscriptionType": "conversation.newMessage", "attemptNumber": 0, "objectId": 404,
            "messageId": "gone", "messageType": "MESSAGE", "changeFlag": "NEW_MESSAGE"}]))
        .await;
    house.assert_skipped(&MessageId::from("gone"), "thread_deleted").await;
}

#[tokio::test(start_paused = true)]
async fn portals_no_connection_has() {
    let mut house = House::new().await;
    house
        .post(json!([{"eventId": 1, "portalId": 1, "occurredAt": 1, "subscriptionType": "conversation.newMessage",
            "objectId": 404, "messageId": "foreign", "messageType": "MESSAGE"}]))
        .await;
    house.assert_skipped(&MessageId::from("foreign"), "unknown_portal").await;
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_answer_covered() {
    let mut house = House::new().await;
    let asked = house.chat("First");
    house.portal.set_delivery_faults(DeliveryFaults { delay: 1.0, delay_max_ms: 20_000, ..DeliveryFaults::default() });
    // Overtaken by the first one's webhook, but already in the thread when that is answered.
    house.chat_on(&asked.thread, "Second");
    house.portal.set_delivery_faults(DeliveryFaults::default());
    house.until_quiet().await;
    let outcomes = house.outcomes(&asked.thread).await;
    assert_eq!(outcomes, ["replied", "skipped/already_answered"]);
    assert_eq!(house.public_posts(&asked.thread), ["answer to: First + Second"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_hubspot_never_shows_dies_after_a_bounded_wait() {
    let mut house = House::new().await;
    house.fault(
        1_000,
        "GET",
        record::MESSAGE,
        Effect::Status { code: 404, body: BodyKind::Standard, retry_after: None, acted: false },
    );
    let asked = house.chat("Hello");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "dead/message_not_found");
    assert!(house.agent.asked().is_empty());
    let reads = record::calls(&house.portal, "GET", asked.message.as_str());
    assert!((3..30).contains(&reads), "waited for, but not forever: {reads} reads");
}

#[tokio::test(start_paused = true)]
async fn a_message_hubspot_shows_late_is_answered() {
    let mut house = House::new().await;
    house.portal.set_visibility(Visibility { message_ms: 12_000, listing_ms: 12_000, ..Visibility::default() });
    let asked = house.chat("Hello");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_skip_is_counted_by_its_reason() {
    let mut house = House::new().await;
    house.agent.says(Decision::Nothing);
    let thread: ThreadId = house.chat("Hello").thread;
    house.portal.bot_says(&thread, "beep").unwrap();
    house.until_quiet().await;
    let line = "bridge_events_finished_total{connection=\"acme\",outcome=\"skipped\",reason=\"sender_is_bot\"}";
    assert_eq!(house.metric(line).as_deref(), Some("1"));
    let line = "bridge_events_finished_total{connection=\"acme\",outcome=\"no_reply_needed\",reason=\"\"}";
    assert_eq!(house.metric(line).as_deref(), Some("1"));
    assert_eq!(house.events(EventFilter::default()).await.len(), 2);
}
