//! Serves a router over HTTP/1 with the bounds that axum's own server lacks: connections, request heads in size and
//! time, and a shutdown that ends. Called by the composition root for the public listener.

use std::io;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::patience::Patient;
use crate::limits;

/// The bounds of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Open connections; more wait in the kernel's backlog.
    pub connections: usize,
    /// Bytes of a request head; more are answered 431.
    pub header_bytes: usize,
    /// Time for a request head, and the longest idle time of a kept-alive connection; then it is closed.
    pub header_read: Duration,
    /// Time for a peer that takes nothing of an answer; then it is cut.
    pub answer_taken: Duration,
    /// Time for requests in flight to end after the shutdown began; then they are cut.
    pub hard_stop: Duration,
}

impl Bounds {
    /// The product's bounds, with the time to drain from the settings.
    #[must_use]
    pub fn new(hard_stop: Duration) -> Self {
        Self {
            connections: limits::CONNECTIONS,
            header_bytes: limits::HEADER_BYTES,
            header_read: limits::HEADER_READ,
            answer_taken: limits::ANSWER_TAKEN,
            hard_stop,
        }
    }
}

/// Serves until `shutdown` ends, then closes the listener, lets requests in flight end, and cuts what is left after the
/// hard stop. Dropping the future cuts everything at once.
pub async fn serve(listener: TcpListener, router: Router, bounds: Bounds, shutdown: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let draining = CancellationToken::new();
    let mut open = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, place) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        open.spawn(connection(stream, place, router.clone(), bounds, draining.clone()));
        while let Some(ended) = open.try_join_next() {
            report(ended);
        }
    }
    drop(listener);
    draining.cancel();
    let drained = async {
        while let Some(ended) = open.join_next().await {
            report(ended);
        }
    };
    if tokio::time::timeout(bounds.hard_stop, drained).await.is_err() {
        tracing::warn!(connections = open.len(), "connections cut after the grace time");
        open.shutdown().await;
    }
}

/// The next connection, once there is a place for it.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is always a permit in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections; trying again");
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The connection broke before it was accepted: nothing is wrong with us.
fn is_the_peers(error: &io::Error) -> bool {
    let kinds = [io::ErrorKind::ConnectionRefused, io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset];
    kinds.contains(&error.kind())
}

async fn connection(
    stream: TcpStream,
    place: Option<OwnedSemaphorePermit>,
    router: Router,
    bounds: Bounds,
    draining: CancellationToken,
) {
    let _place = place;
    // Answers are one small write; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_read)
        .max_header_size(bounds.header_bytes)
        .serve_connection(TokioIo::new(Patient::new(stream, bounds.answer_taken)), TowerToHyperService::new(router));
    let mut serving = std::pin::pin!(serving);
    let served = tokio::select! {
        biased;
        served = serving.as_mut() => served,
        () = draining.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("a request handler panicked; its connection was cut");
    }
}
