//! HubSpot's webhook signatures v1, v2 and v3, checked over the raw bytes. Pure; called by the routes before anything
//! looks into a body: [`Verified`] is the only way to one.
//!
//! | version | signed | digest |
//! | --- | --- | --- |
//! | v1 | secret + body | hex of SHA-256 |
//! | v2 | secret + method + URI + body | hex of SHA-256 |
//! | v3 | method + URI with twelve escapes decoded + body + timestamp | base64 of HMAC-SHA256 |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::config::SignatureMode;
use crate::domain::Timestamp;
use crate::limits::SIGNATURE_WINDOW_MS;

/// v3's signature.
pub const V3: &str = "x-hubspot-signature-v3";
/// v3's timestamp, milliseconds since 1970 in digits.
pub const TIMESTAMP: &str = "x-hubspot-request-timestamp";
/// The signature of v1 and v2.
pub const V1: &str = "x-hubspot-signature";
/// Which of the two it is; v1 when absent.
pub const VERSION: &str = "x-hubspot-signature-version";

/// A request as it came in, not to be believed yet.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// Scheme, host and any prefix HubSpot calls, without a trailing slash; empty when not configured.
    pub public_url: &'a str,
    /// Path and query exactly as received.
    pub path_and_query: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The raw body.
    pub body: &'a [u8],
}

/// A body whose signature was checked (or needs none).
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a>(&'a [u8]);

impl<'a> Verified<'a> {
    /// The raw body.
    #[must_use]
    pub fn body(self) -> &'a [u8] {
        self.0
    }

    /// For those in this module who checked it another way.
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self(body)
    }
}

/// A signature that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the webhook's signature was refused: {cause}")]
pub struct Refusal {
    /// From a closed list; a metrics label.
    pub cause: &'static str,
}

/// Checks the signature under the connection's mode.
///
/// v3 decides as soon as one of its headers is there: a wrong or incomplete v3 is refused even when v1 is right,
/// otherwise an attacker could choose the weaker check.
pub fn verify<'a>(
    mode: SignatureMode,
    received: Received<'a>,
    secret: &str,
    now: Timestamp,
) -> Result<Verified<'a>, Refusal> {
    let headers = received.headers;
    let v3 = headers.contains_key(V3) || headers.contains_key(TIMESTAMP);
    match mode {
        SignatureMode::None => {}
        SignatureMode::Auto if !v3 => check_hash(received, secret)?,
        SignatureMode::V3 if !v3 && headers.contains_key(V1) => return refuse("v3_required"),
        SignatureMode::Auto | SignatureMode::V3 => check_v3(received, secret, now)?,
    }
    Ok(Verified(received.body))
}

/// The same for a workflow action, which HubSpot signs with v2: v1 is not documented for it and not taken.
pub fn verify_action<'a>(
    mode: SignatureMode,
    received: Received<'a>,
    secret: &str,
    now: Timestamp,
) -> Result<Verified<'a>, Refusal> {
    let headers = received.headers;
    let v3 = headers.contains_key(V3) || headers.contains_key(TIMESTAMP);
    let v1 = headers.contains_key(V1) && matches!(single(headers, VERSION)?, None | Some("v1"));
    if mode == SignatureMode::Auto && !v3 && v1 {
        return refuse("v2_required");
    }
    verify(mode, received, secret, now)
}

fn check_v3(received: Received<'_>, secret: &str, now: Timestamp) -> Result<(), Refusal> {
    let Some(given) = single(received.headers, V3)? else { return refuse("signature_missing") };
    let Some(timestamp) = single(received.headers, TIMESTAMP)? else { return refuse("timestamp_missing") };
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let Some(sent_at) = timestamp.parse::<i64>().ok().filter(|_| digits) else { return refuse("timestamp_invalid") };
    if now.0.abs_diff(sent_at) > SIGNATURE_WINDOW_MS {
        return refuse("timestamp_out_of_window");
    }
    if received.public_url.is_empty() {
        return refuse("public_url_missing");
    }
    // 32 bytes of digest; the decoder wants room for a whole last group.
    let mut digest = [0; 33];
    let length = STANDARD.decode_slice(given, &mut digest).ok().filter(|length| *length == 32);
    let Some(digest) = length.and_then(|length| digest.get(..length)) else { return refuse("signature_malformed") };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return refuse("secret_unusable") };
    mac.update(received.method.as_bytes());
    for part in [received.public_url, received.path_and_query] {
        unescape(part, |bytes| mac.update(bytes));
    }
    mac.update(received.body);
    mac.update(timestamp.as_bytes());
    mac.verify_slice(digest).or_else(|_| refuse("mismatch"))
}

/// v1, or v2 if the version header says so.
fn check_hash(received: Received<'_>, secret: &str) -> Result<(), Refusal> {
    let Some(given) = single(received.headers, V1)? else { return refuse("signature_missing") };
    let mut hash = Sha256::new_with_prefix(secret);
    match single(received.headers, VERSION)? {
        None | Some("v1") => {}
        Some("v2") if received.public_url.is_empty() => return refuse("public_url_missing"),
        Some("v2") => {
            for part in [received.method, received.public_url, received.path_and_query] {
                hash.update(part);
            }
        }
        Some(_) => return refuse("version_unknown"),
    }
    hash.update(received.body);
    let mut digest = [0; 32];
    if hex::decode_to_slice(given, &mut digest).is_err() {
        return refuse("signature_malformed");
    }
    let same = bool::from(hash.finalize().as_slice().ct_eq(&digest));
    if same { Ok(()) } else { refuse("mismatch") }
}

/// The header's only value: two of them leave open which one the sender meant.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).or_else(|_| refuse("signature_malformed")),
        (Some(_), Some(_)) => refuse("header_repeated"),
    }
}

/// Feeds the URI with exactly HubSpot's twelve escapes decoded, in one pass, so that `%253A` stays as it is.
fn unescape(uri: &str, mut feed: impl FnMut(&[u8])) {
    let mut rest = uri.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let (before, escape) = rest.split_at(at);
        feed(before);
        let decoded = escape.get(1..3).and_then(unescaped);
        let length = if decoded.is_some() { 3 } else { 1 };
        let (escape, after) = escape.split_at(length);
        match decoded {
            Some(byte) => feed(&[byte]),
            None => feed(escape),
        }
        rest = after;
    }
    feed(rest);
}

fn unescaped(digits: &[u8]) -> Option<u8> {
    let mut byte = [0];
    hex::decode_to_slice(digits, &mut byte).ok()?;
    let [byte] = byte;
    b":/?@!$'()*,;".contains(&byte).then_some(byte)
}

pub(super) fn refuse<T>(cause: &'static str) -> Result<T, Refusal> {
    Err(Refusal { cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped_uri(uri: &str) -> String {
        let mut bytes = Vec::new();
        unescape(uri, |part| bytes.extend_from_slice(part));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn exactly_twelve_escapes_are_decoded_once() {
        let twelve = "%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B";
        for (raw, signed) in [
            (twelve, ":/?@!$'()*,;"),
            (&twelve.to_lowercase(), ":/?@!$'()*,;"),
            ("/a?x=%20%26%3D%25%23%2B", "/a?x=%20%26%3D%25%23%2B"),
            ("%253A", "%253A"),
            ("%25%3A", "%25:"),
            ("%%3A%", "%:%"),
            ("a%3", "a%3"),
            ("%3Ä", "%3Ä"),
            ("?org=a%3Ab%40c&t=x%20y", "?org=a:b@c&t=x%20y"),
            ("", ""),
        ] {
            assert_eq!(unescaped_uri(raw), signed, "{raw}");
        }
    }
}
