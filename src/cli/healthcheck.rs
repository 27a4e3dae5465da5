//! `healthcheck`: asks the public listener on this machine, as the container's runtime wants it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde_json::Value;

use super::client::{self, Client};
use super::terminal::Failure;
use super::{Exit, Place, Terminal};

/// What to ask.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Args {
    /// Ask whether it is alive, not whether it is ready
    #[arg(long)]
    live: bool,
}

pub(super) async fn run(args: Args, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let listen = reachable(place.load()?.config.server.listen);
    let path = if args.live { "/livez" } else { "/readyz" };
    let answer = match Client::plain(format!("http://{listen}"))?.get(path).await {
        Ok(answer) => answer,
        Err(failure @ Failure::Unreachable { .. }) => {
            writeln!(terminal.out, "{failure}")?;
            return Ok(Exit::Failed);
        }
        Err(failure) => return Err(failure),
    };
    for check in client::items(&answer.json, "checks") {
        let ok = if check.get("ok") == Some(&Value::Bool(true)) { "ok    " } else { "failed" };
        writeln!(terminal.out, "{ok} {}: {}", client::word(check, "name"), client::word(check, "detail"))?;
    }
    writeln!(terminal.out, "{}", client::word(&answer.json, "status"))?;
    Ok(if answer.status.is_success() { Exit::Fine } else { Exit::Failed })
}

/// The address to call for a listener: its own, or loopback when it listens everywhere.
pub(super) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    SocketAddr::new(ip, listen.port())
}
