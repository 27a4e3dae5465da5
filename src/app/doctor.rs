//! The doctor where no bridge runs: what it needs is put together for this look alone, over real HTTP. It starts no work, and
//! opens the database only when nobody has it and it needs no migration.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Error;
use crate::agents;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::config::store::Location;
use crate::doctor::{Examination, Line, Patient};
use crate::domain::ConnectionName;
use crate::handlers::Context;
use crate::handlers::context::Common;
use crate::hubspot::{self, transport::Transport};
use crate::intake::observed;
use crate::store::sqlite::{self, Mode, Options, SqliteStore};
use crate::store::{Audit, Interrupts, Ledger, Store};
use crate::telemetry::Metrics;

/// Whoever has the database is not waited for.
const LOCK_WAIT: Duration = Duration::from_millis(300);

/// Runs the whole checklist of each connection, or of one.
///
/// # Errors
/// When nothing can be put together, not even an HTTP client.
pub async fn doctor(config: Config, only: Option<ConnectionName>, fix: bool) -> Result<Vec<Examination>, Error> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let transport: Arc<dyn Transport> = Arc::new(hubspot::http::Http::new().map_err(Error::Http)?);
    let opened = open(&config.store.location, &clock).await;
    let at_hand = match &opened {
        Ok(store) => Arc::clone(store),
        // A connection is not put together without one; this one knows nothing and is asked for nothing.
        Err(_) => Arc::new(sqlite(Location::Memory, &clock).await.map_err(Error::Store)?),
    };
    let surgery = Surgery { config, clock, transport, opened, at_hand, metrics: Metrics::default() };
    let mut builder = agents::Builder::new(Arc::clone(&surgery.transport), Arc::clone(&surgery.clock));
    let mut examinations = Vec::new();
    let wanted = |name: &&ConnectionName| only.as_ref().is_none_or(|only| only == *name);
    for name in surgery.config.connections.keys().filter(wanted) {
        examinations.push(Box::pin(surgery.examine(name, &mut builder, fix)).await?);
    }
    Ok(examinations)
}

/// What all connections share.
struct Surgery {
    config: Config,
    clock: Arc<dyn Clock>,
    transport: Arc<dyn Transport>,
    /// The database, or the line that says why it is not looked at.
    opened: Result<Arc<SqliteStore>, Line>,
    at_hand: Arc<SqliteStore>,
    metrics: Metrics,
}

impl Surgery {
    async fn examine(
        &self,
        name: &ConnectionName,
        builder: &mut agents::Builder,
        fix: bool,
    ) -> Result<Examination, Error> {
        let at = self.clock.now();
        let Some(settings) = self.config.connections.get(name) else {
            return Ok(Examination::of(name, at, Vec::new()));
        };
        let agent = match builder.build(settings) {
            Ok(agent) => agent,
            Err(error) => {
                let line = Line::failed(
                    "agent",
                    error.to_string(),
                    "correct the agent's settings; nothing else was looked at",
                );
                return Ok(Examination::of(name, at, vec![line]));
            }
        };
        let store: Arc<dyn Store> = Arc::<SqliteStore>::clone(&self.at_hand);
        let common = Common { config: &self.config, store: &store, clock: &self.clock, metrics: &self.metrics };
        let cx = Context::new(common, settings, Arc::clone(&self.transport), agent);
        let opened = self.opened.as_ref().ok();
        let seen = match opened {
            Some(store) => observed::recall(store.as_ref(), name).await.ok().flatten(),
            None => None,
        };
        if let (Some(store), true) = (opened, fix) {
            let (who, action) = ("the command line".to_owned(), "doctor_fix".to_owned());
            let noted = store.audit(Audit { who, action, subject: name.to_string(), detail: None }).await;
            noted.map_err(|error| Error::Store(sqlite::OpenError::Start(error)))?;
        }
        let patient = Patient {
            cx: &cx,
            config: &self.config,
            ledger: opened.map(|store| -> &dyn Ledger { store.as_ref() }),
            store: opened.map(|store| -> &dyn Store { store.as_ref() }),
            seen,
            serves: false,
            now: at,
        };
        let mut lines = Examination::run(&patient, fix).await.lines;
        if let Err(why) = &self.opened {
            for line in lines.iter_mut().filter(|line| line.check == why.check) {
                line.clone_from(why);
            }
        }
        Ok(Examination::of(name, at, lines))
    }
}

/// The database, if it can be had without waiting or changing it.
async fn open(location: &Location, clock: &Arc<dyn Clock>) -> Result<Arc<SqliteStore>, Line> {
    const CHECK: &str = "store";
    let Location::File(file) = location else {
        let fix = "set `store.url` to a file, e.g. \"sqlite:data/bridge.db\"";
        return Err(Line::warning(CHECK, "in memory: nothing survives a restart, and no bridge runs", fix));
    };
    let shown = file.display();
    if !exists(file) {
        return Err(Line::ok(CHECK, format!("{shown} is not there yet; `hubspot-bridge serve` makes it")));
    }
    let failed =
        |error: &sqlite::OpenError| Line::failed(CHECK, error.to_string(), "mend that before the bridge is started");
    match sqlite::is_current(file) {
        Ok(true) => {}
        Ok(false) => {
            let seen = format!("{shown} was written by an earlier release; it is not changed for a look");
            return Err(Line::warning(
                CHECK,
                seen,
                "start `hubspot-bridge serve`, which brings it forward and keeps a copy",
            ));
        }
        Err(error) => return Err(failed(&error)),
    }
    match sqlite(location.clone(), clock).await {
        Ok(store) => Ok(Arc::new(store)),
        Err(sqlite::OpenError::Locked { holder, .. }) => {
            let seen = format!("{shown} is in use by {holder}, but no bridge answers at `admin.listen`");
            let fix = "if that is the bridge, give its admin listener's address by --admin-url; else stop it";
            Err(Line::warning(CHECK, seen, fix))
        }
        Err(error) => Err(failed(&error)),
    }
}

/// One that cannot be looked at is there all the same.
fn exists(file: &Path) -> bool {
    file.try_exists().unwrap_or(true)
}

async fn sqlite(location: Location, clock: &Arc<dyn Clock>) -> Result<SqliteStore, sqlite::OpenError> {
    let (clock, interrupts) = (Arc::clone(clock), Interrupts::default());
    SqliteStore::open(Options { location, lock_wait: LOCK_WAIT, clock, interrupts, mode: Mode::Inline }).await
}
