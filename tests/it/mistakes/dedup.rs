//! Duplicates and replays: an event is done once, and not at all never.

use hubspot_bridge::domain::{EventId, State};
use hubspot_bridge::sandbox::portal::{Effect, Fault};
use hubspot_bridge::store::{Error, Operation};
use serde_json::json;
use std::time::Duration;

use super::announced;
use crate::conversation::house::{House, ended};
use crate::conversation::record;

/// Elsewhere: "seen" is marked when the delivery comes in, the work fails or the process dies, and every redelivery is
/// dropped as a duplicate: the customer is never answered. Here: the mark is the event itself, stored with its work
/// or not at all.
#[tokio::test(start_paused = true)]
async fn a_dedup_mark_never_outlives_the_work_it_stands_for() {
    let mut house = House::new().await;
    // What cannot be stored leaves no mark: HubSpot hears 503 and its redelivery is as good as the first.
    let breaker = rusqlite::Connection::open(house.file()).unwrap();
    breaker.execute_batch("ALTER TABLE events RENAME TO gone").unwrap();
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(2)).await;
    assert!(house.portal.outstanding_events() > 0, "not taken, so it comes again");
    breaker.execute_batch("ALTER TABLE gone RENAME TO events").unwrap();
    house.agent.thinks_for(30);
    house.run_until("the agent is asked", |h| !h.agent.asked().is_empty()).await;

    // What is stored is worked on to its end, even if the process dies over it and only a duplicate comes after.
    house.crash_and_restart().await;
    house.post(json!([announced(&house.portal, &asked)])).await;
    house.until_quiet().await;
    let event = house.event(&asked.message).await;
    assert_eq!((ended(&event).as_str(), event.seen), ("replied", 2));
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
}

/// Elsewhere: what was seen is kept in memory, so a redelivery after a restart is answered a second time. Here: it is on
/// disk.
#[tokio::test(start_paused = true)]
async fn duplicates_are_known_after_a_restart() {
    let mut house = House::new().await;
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    house.crash_and_restart().await;
    house.post(json!([announced(&house.portal, &asked)])).await;
    house.until_quiet().await;
    let event = house.event(&asked.message).await;
    assert_eq!((ended(&event).as_str(), event.seen), ("replied", 2));
    assert_eq!(house.agent.asked().len(), 1);
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
}

impl House {
    async fn replay(&self, event: EventId, force: bool) -> Result<(), Error> {
        self.life().store.operate(Operation::Replay { event, force }).await
    }
}

/// Elsewhere: an operator replays a failed event, the dedup table knows its id, and nothing happens; or the replay
/// answers the customer a second time. Here: what failed is really worked on again, what was answered is refused, and
/// with `force` becomes a draft for the reps.
#[tokio::test(start_paused = true)]
async fn a_replay_is_not_swallowed_by_dedup_and_answers_nobody_twice() {
    let mut house = House::with(|config| config.delivery.max_attempts = 2).await;
    house.portal.add_fault(Fault::times(10_000, "POST", record::MESSAGES, Effect::Refuse));
    house.portal.add_fault(Fault::times(10_000, "PUT", record::ASSIGNEE, Effect::Refuse));
    house.portal.add_fault(Fault::times(10_000, "POST", "/crm/**", Effect::Refuse));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    let event = house.event(&asked.message).await;
    assert_eq!(ended(&event), "dead/attempts_exhausted");

    house.portal.clear_faults();
    house.replay(event.id, false).await.unwrap();
    assert_eq!(house.event(&asked.message).await.state, State::Pending);
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied", "it was worked on again");
    assert_eq!(house.public_posts(&asked.thread).len(), 1);

    let refused = house.replay(event.id, false).await;
    assert!(matches!(refused, Err(Error::AlreadyAnswered)), "{refused:?}");
    house.replay(event.id, true).await.unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "drafted");
    assert_eq!(house.public_posts(&asked.thread).len(), 1, "the customer is told nothing twice");
    assert_eq!(house.comments(&asked.thread).len(), 1);
}
