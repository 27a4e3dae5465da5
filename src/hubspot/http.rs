//! The real transport: reqwest over rustls with ring. One connection pool for everything the bridge calls; agents use it too.
//!
//! It follows no redirect, repeats nothing, reads no answer larger than [`BODY_MAX`], and goes where settings say: no URL that
//! came with data is ever requested (`tests/it/security/outbound.rs`).

use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use super::transport::{Transport, TransportError};

/// The largest answer that is read, unpacked.
pub const BODY_MAX: usize = 8 * 1024 * 1024;
/// Name resolution, TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(5);
/// Shorter than the idle time after which HubSpot's edge closes: a reused connection should not be a closed one.
const IDLE: Duration = Duration::from_mins(1);
const USER_AGENT: &str = concat!("hubspot-bridge/", env!("CARGO_PKG_VERSION"));

/// The network.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    /// The machine has no CA certificates: no https server can be trusted.
    trusts_nobody: bool,
}

/// The TLS library or the HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up: {0}")]
pub struct SetupError(String);

impl Http {
    /// Trusts the machine's CA certificates. A machine without any is no error here: plain http still works there.
    ///
    /// # Errors
    /// When the TLS library or the HTTP client cannot be set up.
    pub fn new() -> Result<Self, SetupError> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let trusts_nobody = roots.is_empty();
        let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| SetupError(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut client = reqwest::Client::builder().no_proxy();
        if let Some(proxy) = proxy()? {
            client = client.proxy(proxy);
        }
        let client = client
            .tls_backend_preconfigured(tls)
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(32)
            .tcp_nodelay(true)
            .build()
            .map_err(|error| SetupError(chain(error)))?;
        Ok(Self { client, trusts_nobody })
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(|error| TransportError::Connect(chain(error)))?;
        let mut answer = self.client.execute(request).await.map_err(|error| self.failed(error))?;
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| TransportError::Cut(chain(error)))? {
            if body.len() + chunk.len() > BODY_MAX {
                return Err(TransportError::Cut(format!("the answer is larger than {BODY_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response.map(|_| body.freeze()))
    }

    fn failed(&self, error: reqwest::Error) -> TransportError {
        // Whatever is no failure to connect may have left, a timeout of reqwest's own included.
        if error.is_connect() || error.is_builder() {
            let hint = if self.trusts_nobody { "; this machine has no CA certificates (ca-certificates)" } else { "" };
            TransportError::Connect(format!("{}{hint}", chain(error)))
        } else {
            TransportError::Cut(chain(error))
        }
    }
}

/// The proxy of `HTTPS_PROXY` or `ALL_PROXY`, for what `NO_PROXY` does not name. For https alone, where it sees a host's
/// name: plain http is for this machine and its neighbours, and a proxy would read the tokens in it.
fn proxy() -> Result<Option<reqwest::Proxy>, SetupError> {
    let named = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let given = named.iter().find_map(|name| Some((name, std::env::var(name).ok().filter(|url| !url.is_empty())?)));
    let Some((name, url)) = given else { return Ok(None) };
    // Its words may quote a password.
    let proxy = reqwest::Proxy::https(url).map_err(|_| SetupError(format!("`{name}` is not a proxy's URL")))?;
    Ok(Some(proxy.no_proxy(reqwest::NoProxy::from_env())))
}

#[async_trait]
impl Transport for Http {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        tokio::time::timeout(timeout, self.exchange(request)).await.map_err(|_| TransportError::Timeout(timeout))?
    }
}

/// The error and its causes, without the URL: an address of ours may carry a key.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
