//! Who sent an OpenCX webhook: Standard Webhooks headers decide as soon as one of them is there, else the bearer token.
//! Both are `agent.webhook_secret`'s. Pure; called by the routes before anything looks into the body.
//!
//! OpenCX documents no scheme for these webhooks, so both that are in use elsewhere are taken. A wrong signature is never
//! made good by a right token, otherwise whoever once saw the token could choose the weaker check.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, header};
use sha2::Sha256;

use super::signature::{Refusal, Verified, refuse, single};
use crate::config::secret::is_same;
use crate::domain::Timestamp;
use crate::limits::SIGNATURE_WINDOW_MS;

/// The webhook's own id; the same for every attempt to deliver it.
pub const ID: &str = "webhook-id";
/// When it was sent, seconds since 1970 in digits.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// `v1,BASE64`, several separated by spaces while a secret is rotated.
pub const SIGNATURE: &str = "webhook-signature";

/// A webhook whose sender is known.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Its body.
    pub body: Verified<'a>,
    /// Its signed id; none when only a token came with it.
    pub id: Option<&'a str>,
}

/// Checks who sent it.
pub fn verify<'a>(headers: &'a HeaderMap, body: &'a [u8], secret: &str, now: Timestamp) -> Result<Sent<'a>, Refusal> {
    let signed = [ID, TIMESTAMP, SIGNATURE].iter().any(|name| headers.contains_key(*name));
    let id = if signed { Some(check_signature(headers, body, secret, now)?) } else { None };
    if id.is_none() {
        check_token(headers, secret)?;
    }
    Ok(Sent { body: Verified::new(body), id })
}

fn check_token(headers: &HeaderMap, secret: &str) -> Result<(), Refusal> {
    let Some(given) = single(headers, header::AUTHORIZATION.as_str())? else { return refuse("token_missing") };
    let token = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else { return refuse("token_missing") };
    if is_same(token.trim(), secret) { Ok(()) } else { refuse("token_wrong") }
}

/// The id, once one of the signatures is right.
fn check_signature<'a>(headers: &'a HeaderMap, body: &[u8], secret: &str, now: Timestamp) -> Result<&'a str, Refusal> {
    let Some(given) = single(headers, SIGNATURE)? else { return refuse("signature_missing") };
    let Some(id) = single(headers, ID)?.filter(|id| !id.is_empty()) else { return refuse("id_missing") };
    let Some(timestamp) = single(headers, TIMESTAMP)? else { return refuse("timestamp_missing") };
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let sent_at = timestamp.parse::<i64>().ok().filter(|_| digits).and_then(|seconds| seconds.checked_mul(1000));
    let Some(sent_at) = sent_at else { return refuse("timestamp_invalid") };
    if now.0.abs_diff(sent_at) > SIGNATURE_WINDOW_MS {
        return refuse("timestamp_out_of_window");
    }
    let digests: Vec<Vec<u8>> = given.split_ascii_whitespace().filter_map(digest).collect();
    if digests.is_empty() {
        return refuse("signature_malformed");
    }
    let keys = keys(secret);
    if keys.is_empty() {
        return refuse("secret_unusable");
    }
    for key in keys {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return refuse("secret_unusable") };
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        if digests.iter().any(|digest| mac.clone().verify_slice(digest).is_ok()) {
            return Ok(id);
        }
    }
    refuse("mismatch")
}

/// What `v1,BASE64` holds; signatures of other versions are not for us.
fn digest(signature: &str) -> Option<Vec<u8>> {
    STANDARD.decode(signature.strip_prefix("v1,")?).ok()
}

/// The keys a secret may mean. After `whsec_` comes base64 and nothing else. Without it, the specification's libraries
/// decode all the same and others take the characters as they are: both are this secret's.
fn keys(secret: &str) -> Vec<Vec<u8>> {
    let encoded = secret.strip_prefix("whsec_");
    let decoded = STANDARD.decode(encoded.unwrap_or(secret)).ok();
    let plain = encoded.is_none().then(|| secret.as_bytes().to_vec());
    decoded.into_iter().chain(plain).filter(|key| !key.is_empty()).collect()
}
