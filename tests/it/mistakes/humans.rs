//! Beside humans and machines: who is a customer, who has the conversation, and when to stop talking.

use std::time::Duration;

use hubspot_bridge::config::{HandoffWords, ReplyLimit};
use hubspot_bridge::domain::{MessageId, Mode};
use hubspot_bridge::sandbox::portal::people::{Email, Posted};
use hubspot_bridge::sandbox::portal::{DeliveryFaults, Effect};
use serde_json::json;

use super::announced;
use crate::conversation::house::{House, acme, mail};
use crate::conversation::record;

/// Elsewhere: ownership is looked at when the message comes in, the model thinks for half a minute, a rep answers, and the
/// bot talks over them. Here: owner and newest messages are read again right before the post.
#[tokio::test(start_paused = true)]
async fn no_reply_goes_out_after_a_human_took_over() {
    let mut house = House::new().await;
    // The webhook of the rep's message comes too late: only the last look can see it.
    house.agent.thinks_for(5);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(4)).await;
    house.portal.set_delivery_faults(DeliveryFaults { delay: 1.0, delay_max_ms: 120_000, ..DeliveryFaults::default() });
    let reads = record::calls(&house.portal, "GET", asked.thread.as_str());
    house.fault(1, "GET", record::THREAD, Effect::Delay { ms: 3_000 });
    let thread = asked.thread.clone();
    house.run_until("the last look", |h| record::calls(&h.portal, "GET", thread.as_str()) > reads).await;
    let rep = house.rep();
    house.portal.rep_replies(&asked.thread, &rep, "I have it here").unwrap();
    house.until_quiet().await;
    assert_eq!(house.agent.asked().len(), 1);
    assert_eq!(house.agent.cancelled(), 0, "the agent had answered");
    assert_eq!(house.outcome(&asked.message).await, "skipped/taken_over");
    assert!(house.public_posts(&asked.thread).is_empty());
}

/// Elsewhere: the step after "a colleague will be with you" fails, the job is tried again from its beginning, and the
/// customer is told twice, or five times. Here: the words are a step of their own, and what is done is not done again.
#[tokio::test(start_paused = true)]
async fn the_words_of_a_handoff_are_said_once() {
    let words = |config: &mut hubspot_bridge::config::Config| {
        let text = "A colleague will be with you.".to_owned();
        acme(config).handoff_words = vec![HandoffWords { language: None, text, hours: None, outside_hours: None }];
    };
    let routes = [
        ("POST", record::MESSAGES),
        ("PUT", record::ASSIGNEE),
        ("POST", "/crm/v3/objects/tickets"),
        ("GET", "/crm/v3/objects/contacts/**"),
    ];
    for (method, route) in routes {
        for effect in [Effect::CutAfter, Effect::CutBefore, Effect::Timeout { acted: true }] {
            let mut house = House::with(words).await;
            house.agent.hands_off(Some("I pass you on."));
            house.fault(1, method, route, effect.clone());
            let asked = house.chat("A person, please");
            house.run_for(Duration::from_secs(5)).await;
            house.crash_and_restart().await;
            house.until_quiet().await;
            let said = house.public_posts(&asked.thread);
            assert_eq!(said, ["I pass you on.\n\nA colleague will be with you."], "{method} {route} {effect:?}");
            assert_eq!(house.outcome(&asked.message).await, "handed_off", "{method} {route} {effect:?}");
            assert_eq!(house.comments(&asked.thread).len(), 1, "{method} {route} {effect:?}");
        }
    }
}

/// Elsewhere: the bot's own internal note comes back as a webhook, is taken for a customer's message, and is answered, with
/// a note. Here: a comment is never a question, whoever wrote it, also when the database that would know it is gone.
#[tokio::test(start_paused = true)]
async fn our_own_note_is_not_taken_for_a_customer() {
    let mut house = House::with(|config| acme(config).mode = Mode::Assist).await;
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    let note = MessageId::from(record::by_us(&house.portal, &asked.thread, "COMMENT")[0]["id"].as_str().unwrap());
    assert_eq!(house.outcome(&note).await, "skipped/own_message");

    house.crash().await;
    for file in ["bridge.db", "bridge.db-wal", "bridge.db-shm"] {
        let _ = std::fs::remove_file(house.file().with_file_name(file));
    }
    house.start().await;
    let again = Posted { thread: asked.thread.clone(), message: note.clone() };
    house.post(json!([announced(&house.portal, &again)])).await;
    house.until_quiet().await;
    let outcome = house.outcome(&note).await;
    assert!(["skipped/own_message", "skipped/internal_comment"].contains(&outcome.as_str()), "{outcome}");
    assert_eq!(house.agent.asked().len(), 1);
    assert_eq!(house.comments(&asked.thread).len(), 1);
}

/// Elsewhere: the bot answers an out-of-office note, which answers the bot, through the night. Here: what is recognised as
/// automatic is not answered at all, and what is not is cut off at the limit and goes to a human.
#[tokio::test(start_paused = true)]
async fn a_mail_loop_with_an_auto_responder_ends() {
    let limit = ReplyLimit { count: 4, window: Duration::from_mins(10) };
    let mut house = House::with(|config| config.delivery.max_replies_per_thread = limit).await;
    let away = house.mail("carla@elsewhere.example", "Automatic reply: Your order", "I am away until Monday.");
    house.until_quiet().await;
    assert_eq!(house.outcome(&away.message).await, "skipped/auto_reply");

    // One that looks like a person: it answers whatever it gets.
    let first = house.mail("desk@robot.example", "Request 7", "We received your request and will answer soon.");
    let mut answered = 0;
    let mut mails = 1;
    for _ in 0..100 {
        house.run_for(Duration::from_secs(20)).await;
        let replies = house.public_posts(&first.thread).len();
        if replies > answered {
            answered = replies;
            mails += 1;
            let text = format!("We received your request {mails} and will answer soon.");
            let thread = Some(first.thread.to_string());
            let again = Email { thread, ..mail("desk@robot.example", "Re: Request 7", &text) };
            house.portal.customer_emails(&again).unwrap();
        }
    }
    house.until_quiet().await;
    assert_eq!((answered, mails), (4, 5), "the fifth mail gets no answer");
    assert_eq!(house.outcomes(&first.thread).await.last().unwrap(), "handed_off/reply_limit");
    assert_eq!(house.owner(&first.thread), Some(house.default_user().to_string()));
}
