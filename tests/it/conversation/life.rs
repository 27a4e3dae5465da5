//! One life of the bridge's process: everything real but the clock, the network and the agent.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hubspot_bridge::admin;
use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::{Config, store::Location};
use hubspot_bridge::doctor::Examinations;
use hubspot_bridge::domain::ConnectionName;
use hubspot_bridge::handlers::Context;
use hubspot_bridge::handlers::context::Common;
use hubspot_bridge::intake::{self, Intake, Observed};
use hubspot_bridge::sandbox::portal::{InProcess, Portal};
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Interrupts, Ledger, Store};
use hubspot_bridge::telemetry::Metrics;
use hubspot_bridge::worker::dispatch::Shared;
use hubspot_bridge::worker::{Worker, sweep};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::agent::Scripted;

pub struct Life {
    pub router: Router,
    pub admin: Router,
    pub store: Arc<dyn Store>,
    pub ledger: Arc<dyn Ledger>,
    pub sqlite: Arc<SqliteStore>,
    pub metrics: Metrics,
    /// The connection under test, as its turns see it.
    pub acme: Context,
    pub stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Life {
    pub async fn start(
        file: &Path,
        config: &Arc<Config>,
        portals: &BTreeMap<ConnectionName, Portal>,
        agent: &Scripted,
        clock: &Arc<ManualClock>,
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        let interrupts = Interrupts::default();
        let options = Options {
            location: Location::File(file.to_owned()),
            lock_wait: Duration::ZERO,
            clock: Arc::clone(&clock),
            interrupts: interrupts.clone(),
            mode: Mode::Inline,
        };
        let sqlite = Arc::new(SqliteStore::open(options).await.unwrap());
        let store: Arc<dyn Store> = Arc::<SqliteStore>::clone(&sqlite);
        let ledger: Arc<dyn Ledger> = Arc::<SqliteStore>::clone(&sqlite);
        let metrics = Metrics::default();
        let common = Common { config, store: &store, clock: &clock, metrics: &metrics };
        let connections: BTreeMap<ConnectionName, Context> = portals
            .iter()
            .map(|(name, portal)| {
                let transport = Arc::new(InProcess(portal.clone()));
                let context = Context::new(common, &config.connections[name], transport, Arc::new(agent.clone()));
                (name.clone(), context)
            })
            .collect();
        let acme = connections[&ConnectionName::from("acme")].clone();
        let contexts = Arc::new(connections.clone());
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for cx in connections.values() {
            tasks.spawn(sweep::run(cx.clone(), stop.clone()));
        }
        let worker = Worker::new(Arc::new(Shared {
            store: Arc::clone(&store),
            interrupts,
            connections,
            delivery: Arc::new(config.delivery.clone()),
            clock: Arc::clone(&clock),
            metrics: metrics.clone(),
            ill: hubspot_bridge::worker::hold::Memory::default(),
        }));
        let draining = stop.clone();
        tasks.spawn(async move { worker.run(draining).await });
        let observed = Observed::default();
        let admin = admin::router(admin::State {
            store: Arc::clone(&store),
            ledger: Arc::clone(&ledger),
            config: Arc::clone(config),
            metrics: metrics.clone(),
            contexts,
            observed: observed.clone(),
            examinations: Examinations::default(),
            clock: Arc::clone(&clock),
            problems: admin::Problems::default(),
            closing: stop.clone(),
        });
        let intake =
            Intake { store: Arc::clone(&store), config: Arc::clone(config), clock, metrics: metrics.clone(), observed };
        Self { router: intake::router(intake), admin, store, ledger, sqlite, metrics, acme, stop, tasks }
    }

    /// The process dies: nothing of it runs on, nothing is flushed.
    pub async fn crash(mut self) {
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
    }

    /// Asked to stop: returns when the worker and the sweeps have ended by themselves.
    pub async fn drain(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }

    /// Worker and sweeps run.
    pub fn assert_alive(&mut self) {
        if !self.stop.is_cancelled()
            && let Some(ended) = self.tasks.try_join_next()
        {
            panic!("a task of the bridge ended: {ended:?}");
        }
    }
}
