//! Numbers for people and for alerts: outcomes by hour, lateness, and what died.

use std::time::Duration;

use hubspot_bridge::domain::{Ending, EventId, Outcome, Reason, Timestamp};
use hubspot_bridge::store::Finish;
use hubspot_bridge::store::types::Lags;

use super::house::{House, START, connection, finish, ids, message, of};

const HOUR: Duration = Duration::from_hours(1);

async fn replied(house: &House, name: &str) {
    house.append(vec![message(name, name)]).await;
    let (lease, turn) = house.begin().await;
    house.finish(&lease, &turn).await;
}

async fn dead(house: &House, names: &[&str]) -> Vec<EventId> {
    house.append(names.iter().map(|name| message(names[0], name)).collect()).await;
    let (lease, turn) = house.begin().await;
    let endings = turn.events.iter().map(|event| Ending::dead(event.id, Reason::MessageNotFound)).collect();
    house.store().finish(&lease, Finish { endings, ..Finish::default() }).await.expect("finished");
    ids(&turn.events)
}

pub async fn counts_outcomes_by_hour(house: House) {
    let acme = || connection("acme");
    replied(&house, "a").await;
    replied(&house, "b").await;
    house.append(vec![of("globex", message("c", "c"))]).await;
    let (lease, turn) = house.begin().await;
    house.store().finish(&lease, finish(&turn)).await.expect("finished");
    house.advance(HOUR);
    dead(&house, &["d"]).await;
    let hour = |n: i64| Timestamp((START.0.div_euclid(3_600_000) + n) * 3_600_000);
    let first = [(hour(0), acme(), Outcome::Replied, 2), (hour(0), connection("globex"), Outcome::Replied, 1)];
    let second = [(hour(1), acme(), Outcome::Dead, 1)];
    let series = |hours| house.store().series(hours);
    assert_eq!(series(1).await.expect("read"), second);
    assert_eq!(series(2).await.expect("read"), [&first[..], &second[..]].concat());

    // Eight days are kept; the numbers of the last day are of that day.
    house.advance(HOUR * 23);
    house.store().prune(Timestamp(0), 50).await.expect("pruned");
    let finished = house.store().stats().await.expect("read").finished;
    assert_eq!(finished, [(acme(), Outcome::Dead, Some(Reason::MessageNotFound), 1)]);
    assert_eq!(series(200).await.expect("read").len(), 3);
    house.advance(HOUR * 24 * 7);
    house.store().prune(Timestamp(0), 50).await.expect("pruned");
    assert_eq!(series(8 * 24 + 2).await.expect("read").len(), 3);
    house.advance(HOUR * 3);
    house.store().prune(Timestamp(0), 50).await.expect("pruned");
    assert_eq!(series(999).await.expect("read"), second);
}

pub async fn tells_how_late_it_is(house: House) {
    let lags = || async { house.store().lags().await.expect("read") };
    assert_eq!(lags().await, Lags::default());
    house.append(vec![message("1", "a")]).await;
    assert_eq!(lags().await.due, [1, 0, 0, 0, 0, 0]);
    for (late, expected) in [
        (Duration::from_millis(999), [1, 0, 0, 0, 0, 0]),
        (Duration::from_millis(1), [0, 1, 0, 0, 0, 0]),
        (Duration::from_secs(58), [0, 0, 1, 0, 0, 0]),
        (Duration::from_mins(9), [0, 0, 0, 1, 0, 0]),
        (Duration::from_mins(49), [0, 0, 0, 0, 1, 0]),
        (Duration::from_mins(2), [0, 0, 0, 0, 0, 1]),
    ] {
        house.advance(late);
        assert_eq!(lags().await.due, expected, "{late:?} later");
    }
    let lease = house.lease().await;
    assert_eq!(lags().await, Lags::default(), "somebody works on it");
    house.open(&lease).await;
    house.store().defer(&lease, house.now().after(Duration::from_mins(61)), "429", true).await.expect("deferred");
    for (later, expected) in [
        (Duration::ZERO, [0, 0, 0, 0, 1]),
        (Duration::from_mins(2), [0, 0, 0, 1, 0]),
        (Duration::from_mins(50), [0, 0, 1, 0, 0]),
        (Duration::from_secs(8 * 60 + 1), [0, 1, 0, 0, 0]),
        (Duration::from_secs(50), [1, 0, 0, 0, 0]),
        (Duration::from_secs(9), [0, 0, 0, 0, 0]),
    ] {
        house.advance(later);
        let lags = lags().await;
        assert_eq!((lags.waiting, lags.due[0]), (expected, u64::from(expected == [0; 5])), "{later:?} later");
    }
}

pub async fn tells_what_died_in_order(house: House) {
    let start = (Timestamp(0), EventId(0));
    let store = house.store();
    let since = |after, limit| async move { ids(&store.dead_since(after, limit).await.expect("read")) };
    assert_eq!(since(start, 50).await, []);
    replied(&house, "well").await;
    let first = dead(&house, &["a", "b", "c"]).await;
    house.advance(Duration::from_secs(1));
    let second = dead(&house, &["d"]).await;
    let all = [&first[..], &second[..]].concat();
    assert_eq!(since(start, 50).await, all);
    assert_eq!(since(start, 2).await, all[..2]);
    assert_eq!(since((START, first[1]), 50).await, all[2..]);
    assert_eq!(since((START, first[2]), 50).await, second);
    assert_eq!(since((START.after(Duration::from_secs(1)), second[0]), 50).await, []);
}
