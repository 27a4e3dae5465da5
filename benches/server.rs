//! The server side: this same program, started again as a child on the first CPU.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use http::StatusCode;
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::intake;
use hubspot_bridge::intake::listener::{Bounds, serve};
use hubspot_bridge::limits;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Interrupts, Store};
use tokio::net::TcpListener;

use crate::client::pin_to_cpu;
use crate::fixture::{self, PORTAL};

const FLAG: &str = "--serve";

/// Which store the figures are about.
pub const STORE: &str = "SQLite in a file, WAL, synchronous=FULL, group commit: 200 means on disk";

/// The one place that chooses the store. The folder lives as long as the server.
async fn open_store(folder: &Path) -> Result<Arc<dyn Store>, Box<dyn Error>> {
    let options = Options {
        location: Location::File(folder.join("bridge.db")),
        lock_wait: Duration::ZERO,
        clock: Arc::new(SystemClock),
        interrupts: Interrupts::default(),
        mode: Mode::Threaded { queue: limits::STORE_QUEUE },
    };
    Ok(Arc::new(SqliteStore::open(options).await?))
}

/// What is measured.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A handler that reads the body and answers.
    Bare,
    /// The intake.
    Intake,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Intake => "intake",
        }
    }
}

/// Was this process started as a server?
pub fn asked_for(arguments: &[String]) -> Option<Kind> {
    let at = arguments.iter().position(|argument| argument == FLAG)?;
    let kind = arguments.get(at + 1)?;
    [Kind::Bare, Kind::Intake].into_iter().find(|of| of.as_str() == kind)
}

/// Serves until killed; the first line of its output is its address.
pub fn run(kind: Kind) -> Result<(), Box<dyn Error>> {
    pin_to_cpu(0)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        match kind {
            Kind::Bare => {
                let router = Router::new().route("/{*any}", post(async |_: Bytes| StatusCode::OK));
                axum::serve(listener, router).await?;
            }
            Kind::Intake => {
                let folder = tempfile::tempdir()?;
                let store = open_store(folder.path()).await?;
                let config = fixture::config(vec![fixture::connection("acme", PORTAL)]);
                let router = intake::router(fixture::intake(config, store, Arc::new(SystemClock)));
                serve(listener, router, Bounds::new(Duration::ZERO), std::future::pending()).await;
            }
        }
        Ok(())
    })
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts this program again as a server.
    pub fn start(kind: Kind) -> Result<Self, Box<dyn Error>> {
        let program = std::env::current_exe()?;
        let mut child = Command::new(program).args([FLAG, kind.as_str()]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        Ok(Self { address: line.trim().parse()?, child })
    }
}

impl Server {
    /// Processor time used so far, user and system, in seconds.
    pub fn cpu(&self) -> Result<f64, Box<dyn Error>> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // After the name in brackets: utime and stime are the 12th and 13th fields, in hundredths of a second.
        let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
        let ticks: Result<Vec<u32>, _> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect();
        Ok(f64::from(ticks?.iter().sum::<u32>()) / 100.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
