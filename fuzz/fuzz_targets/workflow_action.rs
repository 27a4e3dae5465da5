//! No workflow action panics its door, and each that is taken is one event for one object, the same when it comes again.
#![no_main]

use std::sync::LazyLock;

use http::HeaderMap;
use hubspot_bridge::config::{Connection, SignatureMode};
use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::intake::actions::{self, Wanted};
use hubspot_bridge::intake::signature::{self, Received};
use libfuzzer_sys::fuzz_target;

#[path = "support/connection.rs"]
mod connection;

static CONNECTION: LazyLock<Connection> = LazyLock::new(connection::acme);

fuzz_target!(|body: &[u8]| {
    let headers = HeaderMap::new();
    let received = Received { method: "POST", public_url: "", path_and_query: "/", headers: &headers, body };
    let verified = signature::verify(SignatureMode::None, received, "", Timestamp(0)).expect("nothing is checked");
    let Ok(call) = actions::parse(verified) else { return };
    for name in ["pause-ai", "resume-ai", "send-to-ai", "request-handoff"] {
        let wanted = Wanted::from_name(name).expect("a known action");
        let event = |now| call.event(wanted, &CONNECTION, &[], Timestamp(now));
        match (event(0), event(1)) {
            (Ok(first), Ok(again)) => {
                assert!(first.dedup == again.dedup, "{name}");
                assert!(first.object.is_some() || first.ended.is_some(), "{first:?}");
            }
            (first, again) => assert!(first.is_err() && again.is_err(), "{name}"),
        }
    }
});
