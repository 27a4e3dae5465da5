//! The server side: this same program, started again as a child on the first CPU.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use http::StatusCode;
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::intake;
use hubspot_bridge::intake::listener::{Bounds, serve};
use hubspot_bridge::store::Store;
use tokio::net::TcpListener;

use crate::client::pin_to_cpu;
use crate::fixture::{self, PORTAL};
use crate::recording::Recording;

const FLAG: &str = "--serve";

/// Which store the figures are about.
pub const STORE: &str = "none: events are dropped, so the figures are the cost of the intake alone, NOT durable";

/// The one place that chooses the store.
fn open_store() -> Arc<dyn Store> {
    Arc::new(Recording::default())
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
                let config = fixture::config(vec![fixture::connection("acme", PORTAL)]);
                let router = intake::router(fixture::intake(config, open_store(), Arc::new(SystemClock)));
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

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
