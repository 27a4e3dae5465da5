//! No webhook of OpenCX's panics its door, and what it stores names conversations by what is an id.
#![no_main]

use std::sync::LazyLock;

use http::{HeaderMap, HeaderValue, header};
use hubspot_bridge::config::Connection;
use hubspot_bridge::domain::{Object, State, Timestamp};
use hubspot_bridge::intake::{opencx, sender};
use libfuzzer_sys::fuzz_target;

#[path = "support/connection.rs"]
mod connection;

const SECRET: &str = "a-secret-of-this-door";

static CONNECTION: LazyLock<Connection> = LazyLock::new(connection::acme);
static HEADERS: LazyLock<HeaderMap> =
    LazyLock::new(|| HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static("Bearer a-secret-of-this-door"))]));

fuzz_target!(|body: &[u8]| {
    let sent = sender::verify(&HEADERS, body, SECRET, Timestamp(0)).expect("the token is right");
    let Ok(delivery) = opencx::read(&sent, &CONNECTION, Timestamp(0)) else { return };
    for event in &delivery.batch.events {
        match &event.object {
            Some(Object::Outside(id)) => {
                assert!(!id.is_empty() && id.len() <= 256, "{id:?}");
                assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte)), "{id:?}");
            }
            _ => assert!(matches!(event.ended, Some((State::Dead, _))), "{event:?}"),
        }
    }
});
