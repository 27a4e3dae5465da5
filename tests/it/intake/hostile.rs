//! What a stranger may do to the two listeners, on real sockets: each is answered or cut, and none of it keeps others
//! from being served. Time is paused where a bound of time is waited for.

mod bodies;
mod heads;
mod slow;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hubspot_bridge::admin;
use hubspot_bridge::admin::health::{self, Health};
use hubspot_bridge::clock::Clock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::doctor::Examinations;
use hubspot_bridge::intake::{self, Observed};
use hubspot_bridge::limits;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Interrupts, Store};
use hubspot_bridge::telemetry::Metrics;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::fixture::{self, PORTAL};
use super::listener::{Server, bounds, rest};
use super::recording::Recording;
use super::{NOW, StoppedClock};

/// One of the two listeners with the product's bounds, and what a stranger may ask of it.
struct Door {
    name: &'static str,
    server: Server,
    /// What came through; nothing on the admin side.
    stored: Arc<Recording>,
    /// A GET that is answered 200.
    fine: &'static str,
    /// A request with a body, up to its length.
    posting: &'static str,
    body_limit: usize,
}

impl Door {
    async fn public() -> Self {
        let stored = Arc::new(Recording::default());
        let store: Arc<dyn Store> = Arc::<Recording>::clone(&stored);
        let config = fixture::config(vec![fixture::connection("acme", PORTAL)]);
        let body_limit = config.server.body_limit;
        let health = health::router(Arc::new(Health::new(Arc::clone(&store))));
        let router = intake::router(fixture::intake(config, store, Arc::new(StoppedClock(NOW)))).merge(health);
        Self {
            name: "public",
            server: Server::start(router, bounds()).await,
            stored,
            fine: "GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\n",
            posting: "POST /webhooks/hubspot/acme HTTP/1.1\r\nhost: 127.0.0.1\r\n",
            body_limit,
        }
    }

    async fn admin() -> Self {
        Self {
            name: "admin",
            server: Server::start(admin_routes().await, bounds()).await,
            stored: Arc::default(),
            fine: "GET /api/v1/stats HTTP/1.1\r\nhost: 127.0.0.1\r\n",
            posting: "PATCH /api/v1/sessions/1 HTTP/1.1\r\nhost: 127.0.0.1\r\n",
            body_limit: limits::ADMIN_BODY,
        }
    }

    async fn both() -> [Self; 2] {
        [Self::public().await, Self::admin().await]
    }

    /// Says it and reads until the other side closes.
    async fn answer(&self, said: impl AsRef<[u8]>) -> String {
        let mut stream = self.server.connect().await;
        // Cut off in the middle of it, it reads what was said before.
        let _ = stream.write_all(said.as_ref()).await;
        rest(&mut stream).await
    }

    /// A request with these further lines of its head, and this body.
    async fn post(&self, lines: &str, body: impl AsRef<[u8]>) -> String {
        let head = format!("{}connection: close\r\n{lines}\r\n", self.posting);
        self.answer([head.as_bytes(), body.as_ref()].concat()).await
    }

    /// Is it open to somebody who asks something decent?
    async fn assert_open(&self) {
        let answer = self.answer(format!("{}connection: close\r\n\r\n", self.fine)).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{}: {answer}", self.name);
    }

    /// As many connections as there are places, that say nothing.
    async fn crowd(&self) -> Vec<TcpStream> {
        let mut crowd = Vec::new();
        for _ in 0..limits::CONNECTIONS {
            crowd.push(self.server.connect().await);
        }
        crowd
    }
}

async fn admin_routes() -> Router {
    let clock: Arc<dyn Clock> = Arc::new(StoppedClock(NOW));
    let options = Options {
        location: Location::Memory,
        lock_wait: Duration::ZERO,
        clock: Arc::clone(&clock),
        interrupts: Interrupts::default(),
        mode: Mode::Inline,
    };
    let store = Arc::new(SqliteStore::open(options).await.unwrap());
    admin::router(admin::State {
        store: Arc::<SqliteStore>::clone(&store),
        ledger: store,
        config: Arc::new(fixture::config(vec![fixture::connection("acme", PORTAL)])),
        metrics: Metrics::default(),
        contexts: Arc::default(),
        observed: Observed::default(),
        examinations: Examinations::default(),
        clock,
        problems: admin::Problems::default(),
        closing: tokio_util::sync::CancellationToken::new(),
    })
}

/// The status of the first answer; none when it was cut without one.
fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}
