//! `delivery.guarantee = "at-most-once"`: what the original documents. A crashed turn is not taken up again, a write whose
//! end is unclear is neither made again nor looked for; what certainly was not sent, and every read, is tried again.

use std::time::Duration;

use hubspot_bridge::agents::{Class, Effect as Heard, RelayKind};
use hubspot_bridge::config::Guarantee;
use hubspot_bridge::domain::{Object, State};
use hubspot_bridge::sandbox::portal::people::Customer;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use hubspot_bridge::store::request::ActionKind;
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Error, Operation};
use rusqlite::Connection;

use super::agent::{Carry, Move};
use super::house::{House, ended};
use super::record;

const CONTACTS: &str = "/crm/v3/objects/contacts";
const TICKETS: &str = "/crm/v3/objects/tickets";

async fn house() -> House {
    House::with(|config| config.delivery.guarantee = Guarantee::AtMostOnce).await
}

fn status(code: u16, body: BodyKind) -> Effect {
    Effect::Status { code, body, retry_after: None, acted: false }
}

/// HubSpot does not find the customer's contact.
fn has_no_contact(house: &House) {
    let missing = status(404, BodyKind::Standard);
    house.portal.add_fault(Fault::times(100, "GET", "/crm/v3/objects/contacts/*", missing));
}

/// Calls of one method, whose path ends so, that reached the portal.
fn calls(house: &House, method: &str, path_ends: &str) -> usize {
    record::calls(&house.portal, method, path_ends)
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_step_of_an_answer_interrupts_its_turn() {
    // The agent thinks, the reply is on its way, the reply was taken.
    for (thinks, fault) in
        [(30, None), (0, Some(Effect::Timeout { acted: false })), (0, Some(Effect::Timeout { acted: true }))]
    {
        let mut house = house().await;
        house.agent.thinks_for(thinks);
        let posts = usize::from(fault.is_some());
        if let Some(effect) = &fault {
            house.fault(1, "POST", record::MESSAGES, effect.clone());
        }
        let asked = house.chat("Where is my parcel?");
        house.run_until("the step", |h| h.agent.asked().len() == 1 && calls(h, "POST", "/messages") == posts).await;
        house.crash_and_restart().await;
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "dead/interrupted", "{fault:?}");
        assert_eq!(house.agent.asked().len(), 1, "{fault:?}");
        assert_eq!(calls(&house, "POST", "/messages"), posts, "{fault:?}: nothing is posted again");
        // The mailbox goes on: what follows is answered.
        house.agent.thinks_for(0);
        let next = house.chat_on(&asked.thread, "Hello?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&next).await, "replied", "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_step_of_a_handoff_interrupts_its_turn() {
    let steps = [
        ("GET", "/crm/v3/objects/contacts/*"),
        ("POST", CONTACTS),
        ("POST", TICKETS),
        ("POST", record::MESSAGES),
        ("PUT", record::ASSIGNEE),
    ];
    for (method, route) in steps {
        for acted in [false, true] {
            let mut house = house().await;
            house.agent.hands_off(None);
            if route == CONTACTS {
                has_no_contact(&house);
            }
            house.portal.add_fault(Fault::times(1, method, route, Effect::Timeout { acted }));
            let asked = house.mail("new@customer.example", "Help", "A human, please");
            house.run_until("the agent's answer", |h| h.agent.asked().len() == 1).await;
            house.run_for(Duration::from_secs(3)).await;
            house.crash_and_restart().await;
            let before = house.portal.snapshot()["tickets"].as_array().map_or(0, Vec::len);
            house.until_quiet().await;
            assert_eq!(house.outcome(&asked.message).await, "dead/interrupted", "{method} {route} {acted}");
            assert_eq!(house.portal.snapshot()["tickets"].as_array().map_or(0, Vec::len), before, "nothing goes on");
            assert_eq!(house.agent.asked().len(), 1);
            assert!(house.comments(&asked.thread).len() <= 1, "{method} {route} {acted}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_no_turn_had_taken_are_simply_worked_on() {
    let mut house = house().await;
    // What one with a memory was told is not taken back: newer words wait.
    house.agent.remembers();
    house.agent.thinks_for(30);
    let first = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    let waiting = house.chat_on(&first.thread, "And my refund?");
    let elsewhere = house.chat("Hello");
    house.run_for(Duration::from_millis(200)).await;
    house.crash_and_restart().await;
    house.agent.thinks_for(0);
    house.until_quiet().await;
    assert_eq!(house.outcome(&first.message).await, "dead/interrupted");
    assert_eq!(house.outcome(&waiting).await, "replied");
    assert_eq!(house.outcome(&elsewhere.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn a_drained_process_interrupts_nothing() {
    let mut house = house().await;
    house.agent.thinks_for(5);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(3)).await;
    house.drain().await;
    house.start().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn an_unclear_reply_is_neither_posted_again_nor_looked_for() {
    for effect in [
        status(500, BodyKind::Standard),
        status(502, BodyKind::Html),
        Effect::CutBefore,
        Effect::CutAfter,
        Effect::Timeout { acted: true },
        Effect::Timeout { acted: false },
    ] {
        let mut house = house().await;
        house.fault(1, "POST", record::MESSAGES, effect.clone());
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "handed_off/outcome_unknown", "{effect:?}");
        assert!(house.public_posts(&asked.thread).len() <= 1, "{effect:?}");
        assert_eq!(calls(&house, "POST", "/messages"), 2, "{effect:?}: the reply, and the comment for the reps");
        assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()), "{effect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_certainly_was_not_sent_is_tried_again() {
    for effect in [
        Effect::Refuse,
        status(429, BodyKind::TenSecondly),
        status(429, BodyKind::Secondly),
        status(423, BodyKind::Standard),
        status(401, BodyKind::ExpiredToken),
    ] {
        let mut house = house().await;
        house.fault(2, "POST", record::MESSAGES, effect.clone());
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "replied", "{effect:?}");
        assert_eq!(house.public_posts(&asked.thread).len(), 1, "{effect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn reads_are_tried_again_whatever_became_of_them() {
    for effect in [status(500, BodyKind::Standard), Effect::CutAfter, Effect::Timeout { acted: false }, Effect::Refuse]
    {
        let mut house = house().await;
        house.portal.add_fault(Fault::times(3, "GET", "/conversations/**", effect.clone()));
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "replied", "{effect:?}");
        assert_eq!(house.public_posts(&asked.thread).len(), 1, "{effect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handoffs_unclear_writes_are_left_at_that_and_the_rest_is_done() {
    for (method, route) in
        [("POST", CONTACTS), ("POST", TICKETS), ("POST", record::MESSAGES), ("PUT", record::ASSIGNEE)]
    {
        for effect in [Effect::CutBefore, Effect::CutAfter] {
            let mut house = house().await;
            house.agent.hands_off(None);
            if route == CONTACTS {
                has_no_contact(&house);
            }
            house.portal.add_fault(Fault::times(1, method, route, effect.clone()));
            let asked = house.mail("new@customer.example", "Help", "A human, please");
            house.until_quiet().await;
            let event = house.event(&asked.message).await;
            let name = format!("{method} {route} {effect:?}: {event:?}");
            assert_eq!(ended(&event), "handed_off", "{name}");
            let made = |method, path| calls(&house, method, path);
            assert_eq!(made("POST", TICKETS), 1, "{name}");
            assert!(made("POST", CONTACTS) <= 1, "{name}");
            assert_eq!(made("POST", "/messages"), 1, "{name}");
            assert_eq!(made("PUT", "/assignee"), 1, "{name}");
            let unknown = event.detail.unwrap_or_default();
            assert!(unknown.contains("not known") || unknown.contains("not be found out"), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_with_a_memory_is_not_told_twice() {
    for memory in [true, false] {
        let mut house = house().await;
        if memory {
            house.agent.remembers();
        }
        house.agent.next(Move::Fail(Heard::Unclear, Class::Retry { after: None }));
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        let (times, outcome) = if memory { (1, "handed_off/agent_failed") } else { (2, "replied") };
        assert_eq!(house.outcome(&asked.message).await, outcome);
        assert_eq!(house.agent.asked().len(), times, "asking one without a memory is a read");
        assert_eq!(house.agent.recalled(), 0, "nothing is looked for");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rep_s_words_are_carried_at_most_once() {
    let mut house = house().await;
    house.agent.takes(RelayKind::Reply);
    house.agent.hands_off(None);
    let asked = house.chat("A human, please");
    house.until_quiet().await;
    house.agent.carries(Carry::TakeAndFail(Heard::Unclear, Class::Retry { after: None }));
    let wrote = house.portal.rep_replies(&asked.thread, &house.default_user(), "I have it here").unwrap();
    house.until_quiet().await;
    assert_eq!(house.agent.relay_calls(), (1, 0), "neither sent again nor looked for");
    assert!(house.outcome(&wrote.message).await.starts_with("skipped/sender_is_agent"));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_ticket_turn_is_not_taken_up_again() {
    let mut house = house().await;
    house.agent.hands_off(None);
    let asked = house.chat("A human, please");
    house.until_quiet().await;
    let ticket = house.session(&asked.thread).await.unwrap().ticket_id.expect("a ticket was made");
    house.portal.add_fault(Fault::times(1, "GET", "/crm/v3/objects/tickets/*", Effect::Timeout { acted: false }));
    house.portal.change_ticket(&ticket, "hs_ticket_priority", "LOW", &house.rep()).unwrap();
    house.run_for(Duration::from_secs(2)).await;
    house.crash_and_restart().await;
    house.until_quiet().await;
    let filter = EventFilter { object: Some(Object::Ticket(ticket)), ..EventFilter::default() };
    let events = house.events(filter).await;
    let dead: Vec<String> = events.iter().filter(|event| event.state == State::Dead).map(ended).collect();
    assert_eq!(dead, ["dead/interrupted"], "{events:?}");
}

/// From now on the store cannot journal that this step is done.
fn cannot_settle(house: &House, step: &str) {
    let trigger = format!(
        "CREATE TRIGGER stuck BEFORE UPDATE ON steps WHEN NEW.name = '{step}' AND NEW.status = 'done' \
         BEGIN SELECT RAISE(ABORT, 'the disk refuses'); END"
    );
    Connection::open(house.file()).unwrap().execute_batch(&trigger).unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_the_store_could_not_write_down_is_not_done_again() {
    for (step, method, path) in
        [("post_reply", "POST", "/messages"), ("ticket", "POST", TICKETS), ("assign", "PUT", "/assignee")]
    {
        let mut house = house().await;
        if step != "post_reply" {
            house.agent.hands_off(None);
        }
        cannot_settle(&house, step);
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "dead/interrupted", "{step}");
        assert_eq!(calls(&house, method, path), 1, "{step}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_with_a_memory_whose_answer_was_lost_is_neither_asked_again_nor_asked_about() {
    let mut house = house().await;
    house.agent.remembers();
    cannot_settle(&house, "ask_agent");
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/agent_failed");
    assert_eq!((house.agent.asked().len(), house.agent.recalled()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_panicked_is_not_taken_up_again() {
    let mut house = house().await;
    house.agent.next(Move::Panic);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "dead/interrupted");
    assert_eq!(house.agent.asked().len(), 1);
    assert_eq!(house.metric("bridge_turn_panics_total").as_deref(), Some("1"));
    let next = house.chat_on(&asked.thread, "Hello?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn what_an_interrupted_answer_was_about_is_not_answered_again() {
    for fault in [None, Some(Effect::Timeout { acted: true }), Some(Effect::Timeout { acted: false })] {
        let mut house = house().await;
        let first = house.chat("Where is my parcel?");
        // Its webhook is late: only the thread's newest page shows it.
        house.subscribed(false);
        let second = house.portal.customer_chats(&Customer::default(), Some(&first.thread), "The red one").unwrap();
        match &fault {
            // The reply is posted and written down, the turn's end is not.
            None => {
                let trigger = "CREATE TRIGGER stuck BEFORE UPDATE ON runs WHEN NEW.ended_at IS NOT NULL \
                     BEGIN SELECT RAISE(ABORT, 'the disk refuses'); END";
                Connection::open(house.file()).unwrap().execute_batch(trigger).unwrap();
            }
            Some(effect) => house.fault(1, "POST", record::MESSAGES, effect.clone()),
        }
        house.run_until("the reply", |h| calls(h, "POST", "/messages") == 1).await;
        house.crash().await;
        Connection::open(house.file()).unwrap().execute_batch("DROP TRIGGER IF EXISTS stuck").unwrap();
        house.start().await;
        house.until_quiet().await;
        assert_eq!(house.outcome(&first.message).await, "dead/interrupted", "{fault:?}");
        house.announce(&second).await;
        house.until_quiet().await;
        assert_eq!(house.outcome(&second.message).await, "skipped/already_answered", "{fault:?}");
        assert_eq!(calls(&house, "POST", "/messages"), 1, "{fault:?}");
        // A person may have it answered all the same, as a draft.
        let id = house.event(&first.message).await.id;
        let refused = house.life().store.operate(Operation::Replay { event: id, force: false }).await;
        assert!(matches!(refused, Err(Error::AlreadyAnswered)), "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unclear_assignment_to_the_ai_is_not_made_again() {
    for effect in [Effect::CutBefore, Effect::CutAfter] {
        let mut house = house().await;
        let id = house.with_a_human().await;
        let before = calls(&house, "PUT", "/assignee");
        house.fault(1, "PUT", record::ASSIGNEE, effect.clone());
        house.asks(Object::Thread(id.clone()), ActionKind::Send).await;
        house.until_quiet().await;
        assert_eq!(house.request_ends(Object::Thread(id.clone())).await, ["resumed"], "{effect:?}");
        assert_eq!(calls(&house, "PUT", "/assignee"), before + 1, "{effect:?}");
    }
}
