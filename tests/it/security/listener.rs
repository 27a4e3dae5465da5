//! The admin listener has the public one's bounds: heads in size and time, bodies, connections.

use std::time::Duration;

use hubspot_bridge::intake::listener::{self, Bounds};
use hubspot_bridge::limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::admin::house::House;

/// The admin routes on a socket, as the composition root serves them, with shorter waits.
async fn served<T>(bounds: Bounds, test: impl AsyncFnOnce(std::net::SocketAddr) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = House::new("").await.router;
    tokio::select! {
        () = listener::serve(listener, router, bounds, std::future::pending()) => unreachable!("it serves for ever"),
        result = test(address) => result,
    }
}

fn bounds() -> Bounds {
    Bounds::new(Duration::ZERO)
}

/// What comes back until the server closes.
async fn answer(address: std::net::SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    // The server may close before it has read everything.
    let _ = socket.write_all(request.as_bytes()).await;
    let mut heard = Vec::new();
    let _ = socket.read_to_end(&mut heard).await;
    String::from_utf8_lossy(&heard).into_owned()
}

#[test]
fn both_listeners_get_the_same_bounds() {
    let root = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/app.rs")).unwrap();
    let served: Vec<&str> = root.lines().filter(|line| line.contains("listener::serve(")).collect();
    assert_eq!(served.len(), 2, "{served:?}");
    assert!(served.iter().all(|line| line.contains(", bounds, ")), "{served:?}");
}

#[tokio::test]
async fn a_giant_head_is_refused() {
    let filler = "x".repeat(limits::HEADER_BYTES);
    let request = format!("GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\nx-filler: {filler}\r\n\r\n");
    let heard = served(bounds(), async |address| answer(address, &request).await).await;
    assert!(heard.starts_with("HTTP/1.1 431 "), "{heard}");
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut() {
    let bounds = Bounds { header_read: Duration::from_millis(200), ..bounds() };
    let heard = served(bounds, async |address| answer(address, "GET /metrics HTTP/1.1\r\nhost: 127").await).await;
    assert!(!heard.starts_with("HTTP/1.1 200"), "it was closed without the answer: {heard}");
}

#[tokio::test]
async fn a_giant_body_is_refused() {
    let body = "x".repeat(limits::ADMIN_BODY + 1);
    let start = "PATCH /api/v1/sessions/ses_1 HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n";
    let request = format!("{start}content-length: {}\r\n\r\n{body}", body.len());
    let heard = served(bounds(), async |address| answer(address, &request).await).await;
    // A reset may overtake the answer; that it was no success is what counts.
    assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 413 "), "{heard}");
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_until_one_ends() {
    let bounds = Bounds { connections: 1, ..bounds() };
    served(bounds, async |address| {
        let first = TcpStream::connect(address).await.unwrap();
        let request = "GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
        let mut second = std::pin::pin!(answer(address, request));
        let waited = tokio::time::timeout(Duration::from_millis(200), second.as_mut()).await;
        assert!(waited.is_err(), "there is no place: {waited:?}");
        drop(first);
        assert!(second.await.starts_with("HTTP/1.1 200 "));
    })
    .await;
}
