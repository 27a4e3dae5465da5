//! What outlives the process: what deliveries were like, and what the sweep found.

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::intake::Observed;
use hubspot_bridge::intake::observed::{self, Keeper, Seen};
use hubspot_bridge::worker::sweep;
use tokio_util::sync::CancellationToken;

use super::ward::call;
use crate::conversation::house::House;

#[tokio::test(start_paused = true)]
async fn observations_are_written_once_a_minute_and_at_the_end() {
    let house = House::new().await;
    let (store, name) = (Arc::clone(&house.life().store), "acme".into());
    let observed = Observed::default();
    let stop = CancellationToken::new();
    let keeper = Keeper::new(observed.clone(), Arc::clone(&store), [name]);
    let mut running = std::pin::pin!(keeper.run(stop.clone()));
    let name = "acme".into();
    let kept = async || observed::recall(store.as_ref(), &name).await.unwrap();
    let first = Seen { delivery: Some(call(1)), ..Seen::default() };
    observed.note(&name, |seen| *seen = first.clone());
    assert!(tokio::time::timeout(Duration::from_secs(59), running.as_mut()).await.is_err());
    assert_eq!(kept().await, None, "a delivery costs no write");
    assert!(tokio::time::timeout(Duration::from_secs(2), running.as_mut()).await.is_err());
    assert_eq!(kept().await.as_ref(), Some(&first));

    let last = Seen { delivery: Some(call(2)), ..Seen::default() };
    observed.note(&name, |seen| *seen = last.clone());
    stop.cancel();
    running.await;
    assert_eq!(kept().await.as_ref(), Some(&last));

    let after = Observed::default();
    observed::restore(&after, store.as_ref(), [&name]).await;
    assert_eq!(after.of(&name), last);
    store.set_cursor("observed/acme", "{\"v\":2,\"all\":\"new\"}").await.unwrap();
    observed::restore(&after, store.as_ref(), [&name]).await;
    assert_eq!(after.of(&name), last, "what a newer release wrote is not read");
}

#[tokio::test(start_paused = true)]
async fn finds_of_the_sweep_are_known_after_a_crash_for_a_day() {
    let mut house = House::new().await;
    house.subscribed(false);
    for question in ["Where is my parcel?", "Is anybody there?"] {
        house.chat(question);
        house.run_for(Duration::from_mins(5)).await;
    }
    house.crash_and_restart().await;
    let acme = "acme".into();
    let found = async |house: &House, later: Duration| {
        let now = hubspot_bridge::clock::Clock::now(house.clock.as_ref()).after(later);
        sweep::found(house.life().store.as_ref(), &acme, now).await.unwrap()
    };
    assert_eq!(found(&house, Duration::ZERO).await, 2);
    assert_eq!(found(&house, Duration::from_hours(23)).await, 2);
    assert_eq!(found(&house, Duration::from_hours(26)).await, 0);
}
