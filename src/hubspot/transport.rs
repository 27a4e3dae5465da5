//! The one seam between the typed client and the network: sockets in production, the sandbox's core in the simulation.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// One attempt at one HTTP call that got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request never left: name resolution, connect, TLS.
    #[error("could not connect: {0}")]
    Connect(String),
    /// No whole answer in time; the request may have been acted on.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The connection broke after the request left; it may have been acted on.
    #[error("the connection broke: {0}")]
    Cut(String),
}

/// Sends one request, whole, and reads the answer, whole. No retries, no redirects.
#[async_trait]
pub trait Transport: Send + Sync {
    /// The request's URI is absolute. `timeout` bounds the whole exchange.
    async fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError>;
}
