//! `[admin]`: the admin listener.

use std::net::SocketAddr;

use super::Secret;

/// The admin listener.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The bearer token; required unless the address is loopback.
    pub token: Option<Secret>,
    /// `/metrics` without the token.
    pub metrics_public: bool,
    /// The console fetches message text from HubSpot on demand.
    pub show_messages: bool,
}
