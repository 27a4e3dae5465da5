//! The composition root: the one place that knows every concrete type.

mod doctor;
mod look;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::admin::{self, health};
use crate::agents;
use crate::alerts;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::doctor::Examinations;
use crate::domain::ConnectionName;
use crate::handlers::Context;
use crate::handlers::context::Common;
use crate::hubspot::{self, transport::Transport};
use crate::intake::observed::{self, Keeper};
use crate::intake::{self, Intake, Observed, listener};
use crate::lifecycle::{Kind, Lifecycle, Signals};
use crate::store::sqlite::{self, SqliteStore};
use crate::store::{Interrupts, Ledger, Store};
use crate::telemetry::Metrics;
use crate::worker::dispatch::Shared;
use crate::worker::{Worker, retention, sweep};

pub use doctor::doctor;

/// Why the bridge could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error("the store could not be opened")]
    Store(#[source] sqlite::OpenError),
    /// TLS and the HTTP client.
    #[error("the HTTP client could not be set up")]
    Http(#[source] hubspot::http::SetupError),
    /// An agent.
    #[error("an agent could not be set up")]
    Agent(#[source] agents::BuildError),
    /// A listener.
    #[error("cannot listen on {address} (`{key}`); is another process using it?")]
    Listen {
        /// The setting.
        key: &'static str,
        /// Its value.
        address: SocketAddr,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// Signal handlers.
    #[error("signals cannot be handled")]
    Signals(#[source] std::io::Error),
    /// A task that must not end has ended.
    #[error("{0} has ended unexpectedly; see the log above")]
    TaskEnded(&'static str),
}

/// Runs the bridge until SIGTERM or SIGINT, or until a vital task dies.
///
/// # Errors
/// When it cannot start, and when a vital task ended.
pub async fn serve(config: Config) -> Result<(), Error> {
    let mut signals = Signals::listen().map_err(Error::Signals)?;
    let config = Arc::new(config);
    let house = tokio::select! {
        biased;
        () = signals.next() => {
            tracing::info!("told to stop before it was ready");
            return Ok(());
        }
        house = House::build(&config) => house?,
    };
    let public = listen("server.listen", config.server.listen).await?;
    let admin = listen("admin.listen", config.admin.listen).await?;
    let life = Lifecycle::default();
    let looks = house.look(&life);
    tokio::select! {
        biased;
        () = signals.next() => {
            tracing::info!("told to stop before it was ready");
            life.cut();
            return Ok(());
        }
        () = look::wait(&looks) => {}
    }
    house.start(&life, public, admin);
    tracing::info!(
        listen = %config.server.listen,
        admin = %config.admin.listen,
        connections = config.connections.len(),
        "ready"
    );
    wait(&mut signals, &life, &house.health, &config).await;
    life.failed().map_or(Ok(()), |task| Err(Error::TaskEnded(task)))
}

async fn listen(key: &'static str, address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { key, address, source })
}

/// First signal: drain. Second signal, or the end of the grace time: cut.
async fn wait(signals: &mut Signals, life: &Lifecycle, health: &health::Health, config: &Config) {
    let draining = life.draining();
    tokio::select! {
        biased;
        () = signals.next() => {}
        () = draining.cancelled() => {}
    }
    // Readiness goes first, so that a load balancer looks elsewhere while deliveries are still stored.
    health.drain();
    life.drain();
    tracing::info!(grace = ?config.server.drain_grace, "draining; a second signal cuts");
    tokio::select! {
        biased;
        () = life.ended_all() => tracing::info!("drained"),
        () = tokio::time::sleep(config.server.drain_grace) => {
            tracing::warn!("the grace time is over; turns in flight are cut and resumed at the next start");
        }
        () = signals.next() => tracing::warn!("cut by a second signal"),
    }
    life.cut();
}

/// Every part, built.
struct House {
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    store: Arc<dyn Store>,
    ledger: Arc<dyn Ledger>,
    health: Arc<health::Health>,
    shared: Arc<Shared>,
    problems: admin::Problems,
    observed: Observed,
    receivers: Vec<alerts::Receiver>,
}

impl House {
    async fn build(config: &Arc<Config>) -> Result<Self, Error> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let metrics = Metrics::default();
        let interrupts = Interrupts::default();
        let sqlite = Arc::new(open_store(config, &clock, &interrupts).await?);
        sqlite.know_portals(config.connections.values().map(|connection| connection.portal_id));
        let store: Arc<dyn Store> = Arc::<SqliteStore>::clone(&sqlite);
        let ledger: Arc<dyn Ledger> = sqlite;
        let transport: Arc<dyn Transport> = Arc::new(hubspot::http::Http::new().map_err(Error::Http)?);
        let connections = connect(config, &store, &transport, &clock, &metrics)?;
        let observed = Observed::default();
        observed::restore(&observed, store.as_ref(), config.connections.keys()).await;
        let receivers = alerts::receivers(config, &transport);
        let health = Arc::new(health::Health::new(Arc::clone(&store)));
        let shared = Arc::new(Shared {
            store: Arc::clone(&store),
            interrupts,
            connections,
            delivery: Arc::new(config.delivery.clone()),
            clock: Arc::clone(&clock),
            metrics: metrics.clone(),
            ill: crate::worker::hold::Memory::default(),
        });
        Ok(Self {
            config: Arc::clone(config),
            clock,
            metrics,
            store,
            ledger,
            health,
            shared,
            problems: admin::Problems::default(),
            observed,
            receivers,
        })
    }

    /// The doctor's quick look at each connection, which is over when the token is cancelled.
    fn look(&self, life: &Lifecycle) -> Vec<CancellationToken> {
        let start = |cx: &Context| {
            let looked = CancellationToken::new();
            let (config, problems) = (Arc::clone(&self.config), Arc::clone(&self.problems));
            let look = look::Look { cx: cx.clone(), config, problems };
            life.spawn(Kind::Errand, "the doctor's quick look", look.run(looked.clone(), life.draining()));
            looked
        };
        self.shared.connections.values().map(start).collect()
    }

    fn start(&self, life: &Lifecycle, public: TcpListener, admin: TcpListener) {
        let closing = CancellationToken::new();
        work(life, &self.health, Arc::clone(&self.shared), closing.clone());
        for cx in self.shared.connections.values() {
            life.spawn(Kind::Errand, "the sweep", sweep::run(cx.clone(), life.draining()));
        }
        let keep = self.config.store.retention;
        let prune = retention::run(Arc::clone(&self.store), Arc::clone(&self.clock), keep, life.draining());
        life.spawn(Kind::Errand, "retention", prune);
        self.alert(life);
        let intake = Intake {
            store: Arc::clone(&self.store),
            config: Arc::clone(&self.config),
            clock: Arc::clone(&self.clock),
            metrics: self.metrics.clone(),
            observed: self.observed.clone(),
        };
        let router = intake::router(intake).merge(health::router(Arc::clone(&self.health)));
        let bounds = listener::Bounds::new(self.config.server.drain_grace);
        let names = self.config.connections.keys().cloned();
        let keeper = Keeper::new(self.observed.clone(), Arc::clone(&self.store), names);
        life.spawn(Kind::Errand, "the keeper of what was observed", keeper.run(closing.clone()));
        let stop = closing.clone();
        life.spawn(Kind::Vital, "the public listener", async move {
            listener::serve(public, router, bounds, stop.cancelled_owned()).await;
        });
        let state = admin::State {
            contexts: Arc::new(self.shared.connections.clone()),
            observed: self.observed.clone(),
            examinations: Examinations::default(),
            store: Arc::clone(&self.store),
            ledger: Arc::clone(&self.ledger),
            config: Arc::clone(&self.config),
            clock: Arc::clone(&self.clock),
            metrics: self.metrics.clone(),
            problems: Arc::clone(&self.problems),
            closing: closing.clone(),
        };
        let stop = closing;
        life.spawn(Kind::Vital, "the admin listener", async move {
            listener::serve(admin, admin::router(state), bounds, stop.cancelled_owned()).await;
        });
    }
}

impl House {
    fn alert(&self, life: &Lifecycle) {
        for receiver in &self.receivers {
            let watch = alerts::Watch {
                store: Arc::clone(&self.store),
                ledger: Arc::clone(&self.ledger),
                clock: Arc::clone(&self.clock),
                metrics: self.metrics.clone(),
                terms: alerts::terms(&self.config),
                receiver: receiver.clone(),
            };
            life.spawn(Kind::Errand, "alerts", watch.run(life.draining()));
        }
    }
}

/// Starts the worker. When it ends, readiness does, `closing` is cancelled, and so does the process: nothing of the service
/// is worth anything without it.
pub fn work(life: &Lifecycle, health: &Arc<health::Health>, shared: Arc<Shared>, closing: CancellationToken) {
    let worker = Worker::new(shared);
    let (stop, alive) = (life.draining(), health.worker());
    // The listeners close when the worker has drained: until then deliveries are still stored, and operators see.
    let drained = closing.drop_guard();
    life.spawn(Kind::Vital, "the worker", async move {
        let _signs = (alive, drained);
        worker.run(stop).await;
    });
}

async fn open_store(config: &Config, clock: &Arc<dyn Clock>, interrupts: &Interrupts) -> Result<SqliteStore, Error> {
    let options = sqlite::Options {
        location: config.store.location.clone(),
        lock_wait: config.store.lock_wait,
        clock: Arc::clone(clock),
        interrupts: interrupts.clone(),
        mode: sqlite::Mode::Threaded { queue: crate::limits::STORE_QUEUE },
    };
    SqliteStore::open(options).await.map_err(Error::Store)
}

fn connect(
    config: &Config,
    store: &Arc<dyn Store>,
    transport: &Arc<dyn Transport>,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Result<BTreeMap<ConnectionName, Context>, Error> {
    let mut builder = agents::Builder::new(Arc::clone(transport), Arc::clone(clock));
    let common = Common { config, store, clock, metrics };
    let mut connections = BTreeMap::new();
    for (name, settings) in &config.connections {
        metrics.expect(name);
        let agent = builder.build(settings).map_err(Error::Agent)?;
        connections.insert(name.clone(), Context::new(common, settings, Arc::clone(transport), agent));
    }
    Ok(connections)
}
