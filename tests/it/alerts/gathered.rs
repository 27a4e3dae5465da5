//! The errand over a real store and a real socket: nothing is lost while nobody listens, and nothing is told twice.

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::alerts::decide::Terms;
use hubspot_bridge::alerts::{Receiver, Watch};
use hubspot_bridge::clock::{Clock, SystemClock};
use hubspot_bridge::config::Secret;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::domain::{self, DedupKey, EventKind, NewEvent, Object, Reason, Schedule, ThreadId};
use hubspot_bridge::hubspot::http::Http;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Batch, Interrupts, Ledger, Store, request};
use hubspot_bridge::telemetry::Metrics;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::decide::terms;
use super::desk::{Pager, SECRET};

/// A store, and what tells the pager of it.
struct Bench {
    store: Arc<SqliteStore>,
    metrics: Metrics,
    pager: Pager,
    errand: Option<(JoinSet<()>, CancellationToken)>,
}

impl Bench {
    async fn open() -> Self {
        let options = Options {
            location: Location::Memory,
            lock_wait: Duration::from_secs(5),
            clock: Arc::new(SystemClock),
            interrupts: Interrupts::default(),
            mode: Mode::Inline,
        };
        let store = Arc::new(SqliteStore::open(options).await.unwrap());
        Self { store, metrics: Metrics::default(), pager: Pager::answering(200).await, errand: None }
    }

    /// As a process that starts; the one before has ended.
    async fn start(&mut self) {
        self.stop().await;
        let store: Arc<dyn Store> = Arc::<SqliteStore>::clone(&self.store);
        let ledger: Arc<dyn Ledger> = Arc::<SqliteStore>::clone(&self.store);
        let watch = Watch {
            store,
            ledger,
            clock: Arc::new(SystemClock),
            metrics: self.metrics.clone(),
            terms: Terms { every: Duration::from_millis(20), hold_after: Duration::ZERO, ..terms() },
            receiver: Receiver::Webhook {
                url: Secret::Value(self.pager.url.clone()),
                secret: Some(Secret::Value(SECRET.to_owned())),
                transport: Arc::new(Http::new().unwrap()),
            },
        };
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        tasks.spawn(watch.run(stop.clone()));
        self.errand = Some((tasks, stop));
        self.until("its place", async || self.store.cursor("alerts/webhook").await.unwrap().is_some()).await;
    }

    async fn stop(&mut self) {
        if let Some((mut tasks, stop)) = self.errand.take() {
            stop.cancel();
            while tasks.join_next().await.is_some() {}
        }
    }

    async fn die(&self, names: &[&str]) {
        let event = |name: &&str| NewEvent {
            ended: Some((domain::State::Dead, Reason::MessageNotFound)),
            ..request::event(
                "acme".into(),
                Object::Thread(ThreadId((*name).to_owned())),
                EventKind::NewMessage,
                &Value::Null,
                DedupKey::of(&[name]),
                Schedule::Now,
            )
        };
        self.store.append(Batch { events: names.iter().map(event).collect(), dirty: Vec::new() }).await.unwrap();
    }

    async fn until(&self, expected: &str, so: impl AsyncFn() -> bool) {
        let waited = async {
            while !so().await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let heard = tokio::time::timeout(Duration::from_mins(1), waited).await;
        assert!(heard.is_ok(), "never seen: {expected}; heard: {:?}", self.pager.heard());
    }

    /// What is kept for the next process.
    async fn noted(&self) -> String {
        self.store.cursor("alerts/webhook").await.unwrap().unwrap_or_default()
    }

    fn counts(&self) -> Vec<u64> {
        self.pager.heard().iter().map(|alert| alert["count"].as_u64().unwrap()).collect()
    }
}

#[tokio::test]
async fn what_dies_while_nobody_listens_comes_in_one_alert_when_somebody_does() {
    let mut bench = Bench::open().await;
    bench.die(&["before the first start"]).await;
    bench.start().await;
    bench.pager.answers(503);
    bench.die(&["a", "b"]).await;
    bench
        .until("a failure", async || {
            bench.metrics.render().contains("bridge_alerts_failed_total{receiver=\"webhook\"} 1")
        })
        .await;
    bench.stop().await;
    // The process is down, and starts again.
    bench.die(&["c"]).await;
    bench.pager.answers(200);
    let refused = bench.counts().len();
    bench.start().await;
    bench.until("the alert", async || bench.counts().len() > refused).await;
    assert_eq!(bench.counts()[refused..], [3]);
    bench.until("its note", async || bench.noted().await.contains("dead_events")).await;
    bench.start().await;
    bench.die(&["d"]).await;
    bench.until("the next", async || bench.counts().len() > refused + 1).await;
    assert_eq!(bench.counts()[refused..], [3, 1], "told once, whoever starts anew");
}

#[tokio::test]
async fn a_hold_and_its_end_are_told_and_survive_a_restart() {
    let mut bench = Bench::open().await;
    bench.start().await;
    let until = SystemClock.now().after(Duration::from_mins(9));
    bench.store.hold(&"acme".into(), until, "daily_limit: used up").await.unwrap();
    bench.until("the hold", async || bench.pager.kinds() == ["connection_held"]).await;
    let held = bench.pager.heard()[0]["connections"][0].clone();
    assert_eq!((&held["connection"], &held["cause"]), (&json!("acme"), &json!("daily_limit: used up")));
    assert!(held["fix"].as_str().unwrap().contains("midnight"), "{held}");
    bench.until("its note", async || bench.noted().await.contains("connection_held")).await;
    bench.stop().await;
    bench.store.release(&"acme".into()).await.unwrap();
    bench.start().await;
    bench.until("its end", async || bench.pager.kinds() == ["connection_held", "connection_released"]).await;
    assert_eq!(bench.pager.heard()[1]["connections"][0]["since"], held["since"]);
}
