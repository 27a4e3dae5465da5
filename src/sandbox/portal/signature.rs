//! Signs webhook deliveries the way HubSpot does. Written apart from the bridge's verifier on purpose: the two check each other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::domain::Timestamp;

/// The escapes HubSpot decodes before it hashes a URI for v3; every other one stays.
const DECODED: [(&str, char); 12] = [
    ("3A", ':'),
    ("2F", '/'),
    ("3F", '?'),
    ("40", '@'),
    ("21", '!'),
    ("24", '$'),
    ("27", '\''),
    ("28", '('),
    ("29", ')'),
    ("2A", '*'),
    ("2C", ','),
    ("3B", ';'),
];

/// `X-HubSpot-Signature` with version `v1`: lower-case hex SHA-256 of secret and body.
#[must_use]
pub fn v1(secret: &str, body: &[u8]) -> String {
    hex::encode(Sha256::new().chain_update(secret).chain_update(body).finalize())
}

/// `X-HubSpot-Signature` with version `v2`: the same over secret, method, URI and body.
#[must_use]
pub fn v2(secret: &str, method: &str, uri: &str, body: &[u8]) -> String {
    let parts = [secret.as_bytes(), method.as_bytes(), uri.as_bytes(), body];
    hex::encode(parts.iter().fold(Sha256::new(), Digest::chain_update).finalize())
}

/// `X-HubSpot-Signature-v3`: base64 HMAC-SHA256 over method, decoded URI, body and the timestamp in milliseconds.
#[must_use]
pub fn v3(secret: &str, method: &str, uri: &str, body: &[u8], at: Timestamp) -> String {
    // HMAC takes keys of any length; the error type is there for fixed-key MACs.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(method.as_bytes());
    mac.update(decoded(uri).as_bytes());
    mac.update(body);
    mac.update(at.0.to_string().as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The URI with the twelve escapes decoded, in one pass: `%253A` stays.
fn decoded(uri: &str) -> String {
    let mut out = String::with_capacity(uri.len());
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let known = after.get(..2).and_then(|code| DECODED.iter().find(|(hex, _)| hex.eq_ignore_ascii_case(code)));
        if let Some((_, plain)) = known {
            out.push(*plain);
            rest = after.get(2..).unwrap_or_default();
        } else {
            out.push('%');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}
