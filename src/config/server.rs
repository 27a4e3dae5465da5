//! `[server]`: the public listener.

use std::net::SocketAddr;
use std::time::Duration;

/// The public listener.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What HubSpot calls, without a trailing slash; v3 signatures are checked against it. Empty: none given.
    pub public_url: String,
    /// Bodies over this many bytes are answered 413.
    pub body_limit: usize,
    /// How long turns in flight may take to finish after SIGTERM.
    pub drain_grace: Duration,
}
