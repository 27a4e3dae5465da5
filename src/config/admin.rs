//! `[admin]`: the admin listener.

use std::net::SocketAddr;

use super::Secret;
use super::hubspot::base_url;
use super::reader::Reader;
use super::server::address;

const URL_FIX: &str = "write where people open the console, e.g. \"https://bridge.internal.example.com\"";

/// The admin listener.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where people reach the console, without a trailing slash; links in comments begin with it. Empty: no links.
    pub public_url: String,
    /// The bearer token; required unless the address is loopback.
    pub token: Option<Secret>,
    /// `/metrics` without the token.
    pub metrics_public: bool,
    /// The console fetches message text from HubSpot on demand.
    pub show_messages: bool,
}

impl Admin {
    pub(super) fn read(s: &mut Reader<'_>) -> Option<Self> {
        let listen = s.parsed("listen", address);
        let public_url = s.parsed("public_url", |text| match text {
            "" => Ok(String::new()),
            text => base_url(text).map_err(|(what, _)| (what, URL_FIX.to_owned())),
        });
        let token = Secret::read(s, "token");
        let metrics_public = s.flag("metrics_public");
        let show_messages = s.flag("show_messages");
        if let (Some(listen), Some(None)) = (listen, &token)
            && !listen.ip().is_loopback()
        {
            s.wrong(
                "token",
                "is required, because `admin.listen` is not loopback",
                "set `admin.token` or `admin.token_file`",
            );
        }
        Some(Self {
            listen: listen?,
            public_url: public_url?,
            token: token?,
            metrics_public: metrics_public?,
            show_messages: show_messages?,
        })
    }
}
