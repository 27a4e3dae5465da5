//! The bridge under test: everything real but the clock, the network and the agent. It can be dropped at any moment and
//! started again on the same file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use hubspot_bridge::admin;
use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::{Config, store::Location};
use hubspot_bridge::doctor::Examinations;
use hubspot_bridge::handlers::Context;
use hubspot_bridge::handlers::context::Common;
use hubspot_bridge::hubspot::transport::Transport;
use hubspot_bridge::intake::{self, Intake, Observed};
use hubspot_bridge::sandbox::portal::InProcess;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Interrupts, Ledger, Store};
use hubspot_bridge::telemetry::Metrics;
use hubspot_bridge::worker::dispatch::Shared;
use hubspot_bridge::worker::{Worker, sweep};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::fuse::{Disk, Fuse, FusedAgent, FusedStore, FusedTransport};
use super::play::Site;

/// What a life begins with.
pub struct Parts<'a> {
    pub file: &'a Path,
    pub config: &'a Arc<Config>,
    pub sites: &'a [Site],
    pub clock: &'a Arc<ManualClock>,
    pub disk: &'a Arc<Disk>,
}

/// One life of the bridge's process.
pub struct Bridge {
    pub router: Router,
    pub admin: Router,
    pub ledger: Arc<dyn Ledger>,
    pub fuse: Arc<Fuse>,
    pub metrics: Metrics,
    pub config: Arc<Config>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Bridge {
    pub async fn start(Parts { file, config, sites, clock, disk }: Parts<'_>) -> Self {
        let fuse = Arc::new(Fuse::default());
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        let interrupts = Interrupts::default();
        let options = Options {
            location: Location::File(file.to_owned()),
            lock_wait: std::time::Duration::ZERO,
            clock: Arc::clone(&clock),
            interrupts: interrupts.clone(),
            mode: Mode::Inline,
        };
        let sqlite = Arc::new(SqliteStore::open(options).await.expect("the file opens again"));
        let store: Arc<dyn Store> = Arc::new(FusedStore {
            inner: Arc::<SqliteStore>::clone(&sqlite),
            fuse: Arc::clone(&fuse),
            disk: Arc::clone(disk),
        });
        let metrics = Metrics::default();
        let common = Common { config, store: &store, clock: &clock, metrics: &metrics };
        let connections: BTreeMap<_, _> = sites
            .iter()
            .map(|site| {
                let (name, settings) =
                    config.connections.iter().find(|(name, _)| name.as_str() == site.name).expect("its connection");
                let inner = Arc::new(InProcess(site.portal.clone()));
                let transport: Arc<dyn Transport> = Arc::new(FusedTransport { inner, fuse: Arc::clone(&fuse) });
                let agent = Arc::new(FusedAgent { inner: Arc::new(site.agent.clone()), fuse: Arc::clone(&fuse) });
                (name.clone(), Context::new(common, settings, transport, agent))
            })
            .collect();
        let contexts = Arc::new(connections.clone());
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for cx in connections.values() {
            tasks.spawn(sweep::run(cx.clone(), stop.clone()));
        }
        let shared = Shared {
            store: Arc::clone(&store),
            interrupts,
            connections,
            delivery: Arc::new(config.delivery.clone()),
            clock: Arc::clone(&clock),
            metrics: metrics.clone(),
            ill: hubspot_bridge::worker::hold::Memory::default(),
        };
        let worker = Worker::new(Arc::new(shared));
        let draining = stop.clone();
        tasks.spawn(async move { worker.run(draining).await });
        let admin = admin::router(admin::State {
            store: Arc::clone(&store),
            ledger: Arc::<SqliteStore>::clone(&sqlite),
            config: Arc::clone(config),
            metrics: metrics.clone(),
            contexts,
            observed: Observed::default(),
            examinations: Examinations::default(),
            clock: Arc::clone(&clock),
            problems: admin::Problems::default(),
            closing: stop.clone(),
        });
        let router = intake::router(Intake {
            store,
            config: Arc::clone(config),
            clock,
            metrics: metrics.clone(),
            observed: Observed::default(),
        });
        Self { router, admin, ledger: sqlite, fuse, metrics, config: Arc::clone(config), stop, tasks }
    }

    /// The process dies: nothing of it runs on, nothing is flushed.
    pub async fn crash(mut self) {
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
    }

    /// Asks it to stop: it takes no new work, and still answers HubSpot until it is dropped.
    pub fn drain(&self) {
        self.stop.cancel();
    }

    /// Has it come to rest after [`Self::drain`]? One that was not asked to stop has not.
    pub fn is_drained(&mut self) -> bool {
        while let Some(ended) = self.tasks.try_join_next() {
            assert!(self.stop.is_cancelled() && ended.is_ok(), "a task of the bridge ended: {ended:?}");
        }
        self.tasks.is_empty()
    }

    pub fn is_draining(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Panics of the bridge's own tasks are failures of the seed.
    pub fn assert_alive(&mut self) {
        if !self.is_draining() {
            self.is_drained();
        }
        assert_eq!(self.metrics.turn_panics.get(), 0, "a turn panicked");
    }
}
