//! The real listener on real sockets: what it closes, what it finishes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hubspot_bridge::intake;
use hubspot_bridge::intake::listener::{Bounds, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::fixture::{self, PORTAL, SECRET};
use super::recording::Recording;
use super::{NOW, StoppedClock};

pub(super) struct Server {
    pub(super) address: SocketAddr,
    shutdown: Arc<Notify>,
    task: JoinSet<()>,
}

impl Server {
    pub(super) async fn start(router: Router, bounds: Bounds) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Arc::new(Notify::new());
        let asked = Arc::clone(&shutdown);
        let mut task = JoinSet::new();
        task.spawn(async move { serve(listener, router, bounds, asked.notified()).await });
        Self { address, shutdown, task }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Asks for the shutdown and waits for its end.
    pub(super) async fn stop(mut self) {
        self.shutdown.notify_one();
        self.task.join_next().await.unwrap().unwrap();
    }
}

pub(super) fn bounds() -> Bounds {
    Bounds::new(Duration::from_secs(30))
}

fn hubspot_routes() -> Router {
    let config = fixture::config(vec![fixture::connection("acme", PORTAL)]);
    intake::router(fixture::intake(config, Arc::new(Recording::default()), Arc::new(StoppedClock(NOW))))
}

/// Everything until the peer closes.
pub(super) async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is a close too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The head of one answer; the connection stays open.
pub(super) async fn head(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        text.push(char::from(stream.read_u8().await.unwrap()));
    }
    text
}

pub(super) fn delivery(body: &str) -> String {
    let timestamp = NOW.0.to_string();
    let signature = fixture::sign_v3(SECRET, "/webhooks/hubspot/acme", body.as_bytes(), &timestamp);
    format!(
        "POST /webhooks/hubspot/acme HTTP/1.1\r\nhost: bridge\r\ncontent-length: {}\r\n\
         x-hubspot-signature-v3: {signature}\r\nx-hubspot-request-timestamp: {timestamp}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn deliveries_share_a_kept_alive_connection() {
    let server = Server::start(hubspot_routes(), bounds()).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(delivery("[]").as_bytes()).await.unwrap();
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
    server.stop().await;
    assert_eq!(rest(&mut stream).await, "", "an idle connection is closed by the shutdown");
}

#[tokio::test]
async fn a_head_that_never_ends_is_closed() {
    let bounds = Bounds { header_read: Duration::from_millis(50), ..bounds() };
    let server = Server::start(hubspot_routes(), bounds).await;
    let mut slow = server.connect().await;
    slow.write_all(b"POST /webhooks/hubspot/acme HTTP/1.1\r\nhost: br").await.unwrap();
    let answer = rest(&mut slow).await;
    assert!(!answer.contains("200"), "{answer}");
    let mut silent = server.connect().await;
    assert_eq!(rest(&mut silent).await, "", "so is one that says nothing");
    server.stop().await;
}

#[tokio::test]
async fn an_oversized_head_is_refused() {
    let server = Server::start(hubspot_routes(), Bounds { header_bytes: 8192, ..bounds() }).await;
    let mut stream = server.connect().await;
    let padding = "x".repeat(9000);
    let request = format!("POST /webhooks/hubspot/acme HTTP/1.1\r\nhost: bridge\r\nx-padding: {padding}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_body_announced_too_large_is_refused_unread() {
    let server = Server::start(hubspot_routes(), bounds()).await;
    let mut stream = server.connect().await;
    let request = "POST /webhooks/hubspot/acme HTTP/1.1\r\nhost: bridge\r\ncontent-length: 99999999\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 413"));
    server.stop().await;
}

#[tokio::test]
async fn one_connection_too_many_waits_for_a_place() {
    let server = Server::start(hubspot_routes(), Bounds { connections: 1, ..bounds() }).await;
    let mut first = server.connect().await;
    first.write_all(delivery("[]").as_bytes()).await.unwrap();
    assert!(head(&mut first).await.starts_with("HTTP/1.1 200"));
    let mut second = server.connect().await;
    second.write_all(delivery("[]").as_bytes()).await.unwrap();
    drop(first);
    assert!(head(&mut second).await.starts_with("HTTP/1.1 200"), "answered once the first is gone");
    server.stop().await;
}

#[tokio::test]
async fn a_shutdown_lets_the_request_in_flight_end() {
    let (entered, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&entered), Arc::clone(&go));
    let handler = move || async move {
        tell.notify_one();
        wait.notified().await;
        "done"
    };
    let mut server = Server::start(Router::new().route("/", get(handler)), bounds()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: bridge\r\n\r\n").await.unwrap();
    entered.notified().await;
    server.shutdown.notify_one();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    server.task.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_shutdown_cuts_what_does_not_end() {
    let entered = Arc::new(Notify::new());
    let tell = Arc::clone(&entered);
    let handler = move || async move {
        tell.notify_one();
        std::future::pending::<&str>().await
    };
    let router = Router::new().route("/", get(handler));
    let server = Server::start(router, Bounds { hard_stop: Duration::from_millis(20), ..bounds() }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: bridge\r\n\r\n").await.unwrap();
    entered.notified().await;
    server.stop().await;
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn a_panicking_handler_harms_only_its_connection() {
    async fn panics() -> &'static str {
        panic!("a bug in a handler")
    }
    let router = Router::new().route("/panics", get(panics)).route("/", get(async || "fine"));
    let server = Server::start(router, bounds()).await;
    let mut broken = server.connect().await;
    broken.write_all(b"GET /panics HTTP/1.1\r\nhost: bridge\r\n\r\n").await.unwrap();
    assert_eq!(rest(&mut broken).await, "");
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: bridge\r\n\r\n").await.unwrap();
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 200"));
    server.stop().await;
}
