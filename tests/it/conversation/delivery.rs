//! Replies that HubSpot accepted and did not deliver go to a human; looking disturbs nobody.

use std::time::Duration;

use hubspot_bridge::domain::{Event, EventKind, Object, SessionState, ThreadId};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect};
use hubspot_bridge::store::types::EventFilter;

use super::house::{House, ended};
use super::record;

impl House {
    async fn checks(&self, thread: &ThreadId) -> Vec<Event> {
        let object = Some(Object::Thread(thread.clone()));
        let mut events = self.events(EventFilter { object, ..EventFilter::default() }).await;
        events.retain(|event| event.kind == EventKind::DeliveryCheck);
        events
    }

    async fn check_ends(&self, thread: &ThreadId) -> Vec<String> {
        self.checks(thread).await.iter().map(ended).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_looked_at_once_and_a_mail_twice() {
    let mut house = House::new().await;
    let chat = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.check_ends(&chat.thread).await, ["status_recorded"]);
    let mail = house.mail("carla@elsewhere.example", "My order", "Where?");
    house.until_quiet().await;
    assert_eq!(house.check_ends(&mail.thread).await, ["status_recorded"; 2]);
    let looks = house.checks(&mail.thread).await;
    let apart = looks[1].finished_at.unwrap().since(looks[0].finished_at.unwrap());
    assert!(apart >= Duration::from_mins(10), "{apart:?}");
    assert_eq!(house.session(&chat.thread).await.unwrap().state, SessionState::Ai);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_failed_goes_to_a_human_without_a_word_to_the_customer() {
    for ms in [0, 5_000] {
        let mut house = House::new().await;
        house.fault(1, "POST", record::MESSAGES, Effect::FailsLater { ms });
        let asked = house.chat("Where is my parcel?");
        house.run_for(Duration::from_secs(10)).await;
        assert_eq!(house.comments(&asked.thread).len(), usize::from(ms == 0), "said at once, seen at once");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "replied");
        assert_eq!(house.check_ends(&asked.thread).await, ["handed_off/delivery_failed"]);
        assert_eq!(house.public_posts(&asked.thread).len(), 1, "nothing more is said");
        let comments = house.comments(&asked.thread);
        assert_eq!(comments.len(), 1);
        assert!(comments[0].contains("HubSpot could not deliver the reply"), "{comments:?}");
        assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
        assert_eq!(house.session(&asked.thread).await.unwrap().state, SessionState::HandedOff);
    }
}

#[tokio::test(start_paused = true)]
async fn the_human_who_has_it_already_gets_a_comment() {
    let mut house = House::new().await;
    house.fault(1, "POST", record::MESSAGES, Effect::FailsLater { ms: 20_000 });
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    let rep = house.rep();
    house.assign(&asked.thread, Some(&rep));
    house.until_quiet().await;
    assert_eq!(house.check_ends(&asked.thread).await, ["handed_off/delivery_failed"]);
    let comments = house.comments(&asked.thread);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("could not deliver"), "{comments:?}");
    assert_eq!(house.owner(&asked.thread), Some(rep.to_string()), "nobody takes it from them");
}

#[tokio::test(start_paused = true)]
async fn a_crash_in_the_middle_of_it_repeats_nothing() {
    for route in [record::MESSAGES, record::ASSIGNEE] {
        let mut house = House::new().await;
        house.fault(1, "POST", record::MESSAGES, Effect::FailsLater { ms: 5_000 });
        let asked = house.chat("Where is my parcel?");
        house.run_for(Duration::from_secs(20)).await;
        let method = if route == record::ASSIGNEE { "PUT" } else { "POST" };
        house.fault(1, method, route, Effect::Timeout { acted: true });
        house.run_for(Duration::from_secs(15)).await;
        house.crash_and_restart().await;
        house.until_quiet().await;
        assert_eq!(house.check_ends(&asked.thread).await, ["handed_off/delivery_failed"], "{route}");
        assert_eq!(house.comments(&asked.thread).len(), 1, "{route}");
        assert_eq!(house.session(&asked.thread).await.unwrap().state, SessionState::HandedOff);
    }
}

#[tokio::test(start_paused = true)]
async fn looks_that_hubspot_does_not_answer_hand_nothing_over() {
    let mut house = House::new().await;
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    let broken = Effect::Status { code: 500, body: BodyKind::Standard, retry_after: None, acted: false };
    house.fault(12, "GET", record::MESSAGE, broken);
    house.until_quiet().await;
    let ends = house.check_ends(&asked.thread).await;
    assert_eq!((ends.len(), ends.last().map(String::as_str)), (12, Some("dead/attempts_exhausted")));
    assert!(ends[..11].iter().all(|end| end == "status_recorded"), "{ends:?}");
    assert_eq!(house.session(&asked.thread).await.unwrap().state, SessionState::Ai);
    assert!(house.comments(&asked.thread).is_empty());
    let next = house.chat_on(&asked.thread, "And now?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "replied", "its attempts are its own");
}

#[tokio::test(start_paused = true)]
async fn a_check_that_waited_too_long_makes_no_question_stale() {
    let mut house = House::new().await;
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    house.crash().await;
    tokio::time::sleep(Duration::from_hours(80)).await;
    let next = house.chat_on(&asked.thread, "And now?");
    house.start().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "replied");
    assert_eq!(house.check_ends(&asked.thread).await, ["status_recorded"; 2]);
}

#[tokio::test(start_paused = true)]
async fn threads_that_are_gone() {
    let mut house = House::new().await;
    house.fault(1, "POST", record::MESSAGES, Effect::FailsLater { ms: 5_000 });
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    house.portal.set_archived(&asked.thread, true).unwrap();
    house.until_quiet().await;
    assert_eq!(house.check_ends(&asked.thread).await, ["status_recorded"]);
    let detail = house.checks(&asked.thread).await[0].detail.clone();
    assert!(detail.is_some(), "it says why");
    assert!(house.comments(&asked.thread).is_empty());
}
