//! Turns: a burst is one, and nobody takes part in one that is no longer theirs.

use std::time::Duration;

use hubspot_bridge::domain::Lane;
use hubspot_bridge::store::Claim;

use crate::conversation::house::House;

const MINUTE: Duration = Duration::from_mins(1);

/// Elsewhere: a debounce starts anew with each message and keeps only the last, so "my order 4711" and "is broken" are
/// answered as "thanks!". Here: the whole burst is asked about, in order, and each message is accounted for.
#[tokio::test(start_paused = true)]
async fn a_burst_is_answered_whole_and_not_its_last_message_alone() {
    let mut house = House::new().await;
    let asked = house.chat("Hello");
    house.run_for(Duration::from_secs(1)).await;
    house.chat_on(&asked.thread, "my parcel");
    house.run_for(Duration::from_secs(1)).await;
    house.chat_on(&asked.thread, "where is it?");
    house.until_quiet().await;

    assert_eq!(house.outcomes(&asked.thread).await, ["merged", "merged", "replied"]);
    assert_eq!(house.public_posts(&asked.thread), ["answer to: Hello + my parcel + where is it?"]);
}

/// Elsewhere: a lock with a timeout and no fencing. A worker stalls, its lock runs out, another does the work, the first
/// wakes up and posts too. Here: every write names its lease's token, and the first finds that it is nobody any more.
#[tokio::test(start_paused = true)]
async fn a_worker_that_stalled_and_lost_its_lease_posts_nothing() {
    let mut house = House::new().await;
    house.agent.thinks_for(15);
    let asked = house.chat("Where is my parcel?");
    house.run_until("the agent is asked", |h| !h.agent.asked().is_empty()).await;
    // A minute passes in which the worker does not renew its lease; another worker takes the mailbox.
    house.clock.jump(61_000);
    let store = std::sync::Arc::clone(&house.life().store);
    let other = store
        .claim(Claim { lane: Lane::Conversation, n: 1, ttl: MINUTE, sharers: Vec::new() })
        .await
        .unwrap()
        .remove(0);
    assert!(store.open_turn(&other).await.unwrap().is_some());
    house.run_for(Duration::from_secs(18)).await;
    assert_eq!(house.agent.asked().len(), 1, "the first worker has its answer by now");
    assert!(house.public_posts(&asked.thread).is_empty(), "and may do nothing with it");

    // The other one gives the mailbox back: whoever has it then answers, once.
    store.defer(&other, house.portal.now(), "the test is done", false).await.unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(house.public_posts(&asked.thread).len(), 1);
}
