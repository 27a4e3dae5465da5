//! Addresses on this machine for the portal and for the bridge's two listeners.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use super::Error;

/// Below what the system gives to outgoing connections, so that none of them takes a port between our look and the
/// bridge's bind, or while the bridge is restarted.
const RANGE: std::ops::Range<u16> = 20_000..32_000;
const TRIES: usize = 100;

/// A listener on `port` of loopback.
pub async fn listen(port: u16) -> Result<TcpListener, Error> {
    let address = loopback(port);
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

/// The three listeners that start at `first`, or anywhere. The second and third only reserve their addresses: they are
/// closed when the bridge starts.
pub async fn three(first: Option<u16>, random: u64) -> Result<[TcpListener; 3], Error> {
    let mut draw = fastrand::Rng::with_seed(random);
    let Some(first) = first else {
        return Ok([free(&mut draw).await?, free(&mut draw).await?, free(&mut draw).await?]);
    };
    let after = |n| first.checked_add(n).ok_or(Error::Port(first));
    Ok([listen(first).await?, listen(after(1)?).await?, listen(after(2)?).await?])
}

async fn free(draw: &mut fastrand::Rng) -> Result<TcpListener, Error> {
    let mut last = Error::Port(RANGE.start);
    for _ in 0..TRIES {
        match listen(draw.u16(RANGE)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
