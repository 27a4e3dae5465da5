//! A worker that dies is seen: readiness fails, the process drains and ends with an error.

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::admin::health::Health;
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::lifecycle::{Kind, Lifecycle};
use hubspot_bridge::store::Interrupts;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};

#[tokio::test]
async fn the_end_of_a_vital_task_and_any_panic_stop_the_process() {
    for (kind, panics, stops) in [
        (Kind::Vital, true, true),
        (Kind::Vital, false, true),
        (Kind::Errand, true, true),
        (Kind::Errand, false, false),
    ] {
        let store = SqliteStore::open(Options {
            location: Location::Memory,
            lock_wait: Duration::ZERO,
            clock: Arc::new(SystemClock),
            interrupts: Interrupts::default(),
            mode: Mode::Inline,
        });
        let health = Arc::new(Health::new(Arc::new(store.await.unwrap())));
        let (life, alive) = (Lifecycle::default(), health.worker());
        assert!(health.checks().await.iter().all(|check| check.ok));
        life.spawn(kind, "the worker", async move {
            let _alive = alive;
            assert!(!panics, "a bug");
        });
        life.ended_all().await;
        let case = format!("{kind:?}, panics: {panics}");
        assert_eq!((life.draining().is_cancelled(), life.failed()), (stops, stops.then_some("the worker")), "{case}");
        let dead: Vec<_> =
            health.checks().await.into_iter().filter(|check| !check.ok).map(|check| check.name).collect();
        assert_eq!(dead, ["workers"], "{case}");
    }
}

#[tokio::test]
async fn what_ends_while_the_process_drains_is_no_failure() {
    let life = Lifecycle::default();
    let stop = life.draining();
    life.spawn(Kind::Vital, "the worker", async move { stop.cancelled().await });
    life.drain();
    life.ended_all().await;
    assert_eq!(life.failed(), None);
}
