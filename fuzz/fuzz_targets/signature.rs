//! No headers, URL or body panic the signature check, and none is accepted: the fuzzer does not know the secret.
#![no_main]

use http::{HeaderMap, HeaderValue};
use hubspot_bridge::config::SignatureMode;
use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::intake::signature::{self, Received};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|parts: (Vec<(u8, Vec<u8>)>, String, Vec<u8>, i64)| {
    let (given, path_and_query, body, now) = parts;
    let names = [signature::V3, signature::TIMESTAMP, signature::V1, signature::VERSION];
    let mut headers = HeaderMap::new();
    for (which, value) in given.into_iter().take(8) {
        let name = names[usize::from(which) % names.len()];
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.append(name, value);
        }
    }
    let public_url = "https://bridge.example.com";
    for mode in [SignatureMode::Auto, SignatureMode::V3] {
        let received =
            Received { method: "POST", public_url, path_and_query: &path_and_query, headers: &headers, body: &body };
        assert!(signature::verify(mode, received, "a secret nobody knows", Timestamp(now)).is_err());
    }
});
