//! Who cannot prove who they are is told nothing: no client talks to a server whose certificate nobody vouches for.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use hubspot_bridge::agents::{Class, Effect};
use hubspot_bridge::domain::ThreadId;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::outbound::{agents, portal};
use crate::agents::question::question;
use crate::process::desk;

/// A certificate for localhost that it has signed itself, good until 2126; made for these tests with `openssl req -x509`.
const CERTIFICATE: &[u8] = include_bytes!("self-signed.der");
const KEY: &[u8] = include_bytes!("self-signed.key.der");
const TRUSTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/security/self-signed.pem");

/// Takes one connection; what it heard once the handshake was through, none when it never was.
fn server() -> (String, JoinHandle<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
        .unwrap();
    let serving = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut tls = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::Stream::new(&mut tls, &mut socket);
        let mut heard = vec![0; 4096];
        let length = stream.read(&mut heard).ok()?;
        (length > 0).then(|| String::from_utf8_lossy(&heard[..length]).into_owned())
    });
    (url, serving)
}

#[tokio::test]
async fn hubspots_client_refuses_a_certificate_nobody_vouches_for() {
    let (url, serving) = server();
    let error = portal(&url).thread(&ThreadId::from("7")).await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(serving.join().unwrap(), None, "nothing was sent");
}

#[tokio::test]
async fn every_agent_refuses_a_certificate_nobody_vouches_for() {
    for at in 0..3 {
        let (url, serving) = server();
        let (name, agent) = agents(&url)[at].clone();
        let error = agent.ask(&question("Hi")).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{name}: {error}");
        assert_eq!((error.effect, error.class), (Effect::NotSent, Class::Retry { after: None }), "{name}");
        assert_eq!(serving.join().unwrap(), None, "{name}: nothing was sent");
    }
}

/// That the server above can be talked to at all: the same binary, told to trust it, does.
#[tokio::test]
async fn the_same_server_is_talked_to_once_the_machine_trusts_it() {
    for (trusted, expected) in [(None, false), (Some(TRUSTED), true)] {
        let (url, serving) = server();
        let asked = tokio::task::spawn_blocking(move || {
            let mut command = std::process::Command::new(desk::PROGRAM);
            command.args(["events", "list", "--admin-url", &url]).env("BRIDGE_ADMIN_TOKEN", "canary-token");
            for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "SSL_CERT_DIR"] {
                command.env_remove(name);
            }
            trusted.map(|file| command.env("SSL_CERT_FILE", file));
            command.output().unwrap()
        });
        let heard = serving.join().unwrap();
        asked.await.unwrap();
        assert_eq!(heard.is_some_and(|text| text.contains("Bearer canary-token")), expected, "{trusted:?}");
    }
}
