//! `[server]`: the public listener.

use std::net::SocketAddr;
use std::time::Duration;

use super::quantities::{self, Fault};
use super::reader::Reader;

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

/// HubSpot posts up to 100 events at once, about 350 bytes each, some with long property values.
const BODY_LIMIT_MIN: usize = 64 << 10;
const BODY_LIMIT_MAX: usize = 64 << 20;

impl Server {
    pub(super) fn read(s: &mut Reader<'_>) -> Option<Self> {
        let listen = s.parsed("listen", address);
        let public_url = s.parsed("public_url", public_url);
        let body_limit = s.parsed("body_limit", |text| {
            let bytes = quantities::size(text)?;
            if (BODY_LIMIT_MIN..=BODY_LIMIT_MAX).contains(&bytes) {
                return Ok(bytes);
            }
            let why = "HubSpot's deliveries of 100 events must fit: give from 64KiB to 64MiB";
            Err((format!("{} is out of bounds", quantities::shown(text)), why.to_owned()))
        });
        let drain_grace = s.duration("drain_grace", Duration::ZERO..=Duration::from_mins(10));
        Some(Self { listen: listen?, public_url: public_url?, body_limit: body_limit?, drain_grace: drain_grace? })
    }
}

/// Reads `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`.
pub(super) fn address(text: &str) -> Result<SocketAddr, Fault> {
    let literal = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    literal.parse().map_err(|_| {
        let fix = "write an IP address and a port, e.g. \"0.0.0.0:8080\" or \"[::1]:8080\"";
        (format!("{} is not an address", quantities::shown(text)), fix.to_owned())
    })
}

fn public_url(text: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let fix = |fix: &str| fix.to_owned();
    let uri: http::Uri = text.parse().map_err(|_| {
        ("is not a URL".to_owned(), fix("write what HubSpot calls, e.g. \"https://bridge.example.com\""))
    })?;
    let host = uri.host().unwrap_or_default();
    if host.is_empty() {
        return Err(("has no host".into(), fix("write what HubSpot calls, e.g. \"https://bridge.example.com\"")));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(("holds a user name or password".into(), fix("leave out what is before the @")));
    }
    if uri.query().is_some() || text.contains('#') {
        return Err(("has a query or a fragment".into(), fix("end it after the host, or after the path")));
    }
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if quantities::is_loopback(host) => {}
        _ => return Err(("is not https".into(), fix("HubSpot calls https only; http is for loopback tests"))),
    }
    Ok(text.trim_end_matches('/').to_owned())
}
