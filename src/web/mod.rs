//! What every listener that a person's browser can reach has in common: headers that keep its answers to themselves, and
//! the refusal of what other sites' pages ask of it. The admin listener and the sandbox stand on it.
//!
//! A page from elsewhere that runs in a browser on this machine can post to us from its own origin, or name us by a host
//! of its own that leads here (DNS rebinding). It can write neither `Host` nor `Origin` nor `Sec-Fetch-…`.

pub mod page;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Of answers that are no pages: nothing in them is run, loaded or framed.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For one segment of a path, or a query's value.
#[must_use]
pub fn escape(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Sets the headers of every answer. A page's own policy and referrer policy stay.
pub async fn sealed(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    response
}

/// The request comes from a page of another site. What is no browser sends none of these headers and is not foreign.
///
/// `public_url` is where people reach this listener when a proxy before it writes another `Host`: browsers that send no
/// `Sec-Fetch-Site` are known by it. Empty: nowhere else.
#[must_use]
pub fn is_foreign(method: &Method, headers: &HeaderMap, public_url: &str) -> bool {
    let (Ok(site), Ok(origin)) = (single(headers, "sec-fetch-site"), single(headers, "origin")) else { return true };
    let Ok(host) = single(headers, "host") else { return true };
    // The browser compared the origins itself, and a proxy may have written another `Host` since.
    if site == Some("same-origin") {
        return false;
    }
    // Another port of this machine is `same-site`, and not us.
    if !matches!(site, None | Some("none")) && !is_followed_link(method, headers) {
        return true;
    }
    match origin {
        None => false,
        Some(origin) => !(is_at(origin, host.unwrap_or_default()) || is_origin_of(origin, public_url)),
    }
}

/// The host the request names is this machine itself: `127.0.0.1:8081`, `[::1]:8081`, `localhost:8081`. Clients of
/// HTTP/1.0 may name none; browsers always do.
#[must_use]
pub fn names_loopback(headers: &HeaderMap) -> bool {
    let Ok(host) = single(headers, "host") else { return false };
    let host = host.unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_start_matches('[').trim_end_matches(']');
    let is_address = || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    host.is_empty() || name.eq_ignore_ascii_case("localhost") || is_address()
}

/// A person followed a link to a page of ours: it changes nothing, and its site does not see the answer.
fn is_followed_link(method: &Method, headers: &HeaderMap) -> bool {
    let is = |name, value| single(headers, name) == Ok(Some(value));
    matches!(*method, Method::GET | Method::HEAD)
        && is("sec-fetch-mode", "navigate")
        && is("sec-fetch-dest", "document")
}

fn is_at(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| !authority.is_empty() && authority.eq_ignore_ascii_case(host))
}

fn is_origin_of(origin: &str, url: &str) -> bool {
    let scheme_and_host = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split('/').next().filter(|host| !host.is_empty())?;
        Some(format!("{scheme}://{host}").to_ascii_lowercase())
    };
    scheme_and_host(url).is_some_and(|own| own == origin.to_ascii_lowercase())
}

/// The header's only value; an error when there are two, or when it is no text.
fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(HeaderName::from_static(name)).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(drop),
        (Some(_), Some(_)) => Err(()),
    }
}
