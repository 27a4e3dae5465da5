//! `webhook url`: what to enter in HubSpot, and whether HubSpot calls it so.

use http::Uri;

use super::path_of;
use crate::doctor::{Line, Patient};
use crate::domain::Timestamp;
use crate::intake::observed::Call;

const CHECK: &str = "webhook url";

/// The line.
pub(super) fn line(patient: &Patient<'_>) -> Line {
    let (public, path) = (&patient.config.server.public_url, path_of(patient.cx.settings.name.as_str()));
    if public.is_empty() {
        let seen = format!("`server.public_url` is not set, so the address is not known; it ends with {path}");
        let fix = "set `server.public_url` to what HubSpot calls before that path, e.g. \"https://bridge.example.com\": \
                   signatures of version 3 are refused without it";
        return Line::failed(CHECK, seen, fix);
    }
    let url = format!("{public}{path}");
    if let Some(line) = unusable(patient, public, &url) {
        return line;
    }
    let seen = patient.seen.as_ref();
    let delivery = seen.and_then(|seen| seen.delivery.as_ref());
    let since = delivery.map_or(Timestamp(i64::MIN), |call| call.at);
    if let Some(call) = seen.and_then(|seen| seen.astray.as_ref()).filter(|call| call.at > since) {
        let seen =
            format!("{url}; at {} somebody called {}, where nothing is: {}", call.at, call.path, nearly(call, &path));
        let fix = format!("enter exactly {url} as the target URL in HubSpot; a proxy must not pass on any other path");
        // With a right delivery before, it may be anybody.
        let line = if delivery.is_some() { Line::warning } else { Line::failed };
        return line(CHECK.to_owned(), seen, fix);
    }
    match delivery {
        None => Line::ok(CHECK, format!("{url}; no delivery was seen yet that it could be compared with")),
        Some(call) => compared(patient, &url, call),
    }
}

/// An address HubSpot cannot call, or that is not what the setting is for.
fn unusable(patient: &Patient<'_>, public: &str, url: &str) -> Option<Line> {
    let loopback = |url: &str| {
        let host = url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
        let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    };
    let signed = patient.seen.as_ref().and_then(|seen| seen.delivery.as_ref()).is_some_and(|call| call.v3);
    let path = path_of(patient.cx.settings.name.as_str());
    let doubled = public.trim_end_matches('/');
    // A delivery that was signed for the address proves it, whatever it looks like.
    if !signed && (doubled.ends_with("/webhooks/hubspot") || doubled.ends_with(&path)) {
        let fix = "end `server.public_url` before /webhooks: the bridge adds the path of each connection";
        return Some(Line::failed(CHECK, format!("{url} holds the path twice"), fix));
    }
    let rehearsal = loopback(&patient.config.hubspot.api_url);
    if !rehearsal && (loopback(public) || !public.starts_with("https://")) {
        let fix = "set `server.public_url` to an https address that leads here from the internet";
        return Some(Line::failed(CHECK, format!("{url} is an address that HubSpot cannot call"), fix));
    }
    None
}

/// In what a stray call's path differs.
fn nearly(call: &Call, path: &str) -> String {
    match call.path.trim_end_matches('/').strip_suffix(path) {
        Some("") => "it ends with a slash".to_owned(),
        Some(prefix) => format!("it begins with {prefix:?}, which no proxy took off"),
        None => "it is another path".to_owned(),
    }
}

/// The last delivery beside the address.
fn compared(patient: &Patient<'_>, url: &str, call: &Call) -> Line {
    let differs = differences(patient, call);
    if call.v3 {
        let behind = if differs.is_empty() {
            String::new()
        } else {
            format!(" (a proxy rewrites it on the way, which does no harm: {})", differs.join(", "))
        };
        let proved = format!("{url}; the delivery of {} was signed for it{behind}", call.at);
        return Line::ok(CHECK, proved);
    }
    if differs.is_empty() {
        return Line::ok(CHECK, format!("{url}; the delivery of {} was called so", call.at));
    }
    let fix = "compare it with the target URL in HubSpot and set `server.public_url` to that; if only a proxy rewrites the \
               headers nothing is wrong, but let it keep `Host` or send `X-Forwarded-Host` and `X-Forwarded-Proto`";
    Line::warning(CHECK, format!("{url}; the delivery of {} came otherwise: {}", call.at, differs.join(", ")), fix)
}

/// Which header tells of another address.
pub(super) fn differences(patient: &Patient<'_>, call: &Call) -> Vec<String> {
    let public = patient.config.server.public_url.parse::<Uri>().unwrap_or_default();
    let host = public.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
    let (scheme, prefix) = (public.scheme_str().unwrap_or_default(), public.path().trim_end_matches('/'));
    let mut differs = Vec::new();
    let names = [("X-Forwarded-Host", call.forwarded.host.as_deref()), ("Host", call.host.as_deref())];
    // What a proxy says it was called by counts before what it calls us by.
    if let Some((header, named)) = names.into_iter().find_map(|(header, named)| Some((header, named?)))
        && !is_same_host(named, &host, scheme)
    {
        differs.push(format!("`{header}` says {named:?}"));
    }
    if let Some(proto) = call.forwarded.proto.as_deref().filter(|proto| !proto.eq_ignore_ascii_case(scheme)) {
        differs.push(format!("`X-Forwarded-Proto` says {proto:?}"));
    }
    if let Some(taken) = call.forwarded.prefix.as_deref().filter(|taken| taken.trim_end_matches('/') != prefix) {
        differs.push(format!("`X-Forwarded-Prefix` says that {taken:?} was taken off the path"));
    }
    differs
}

/// Hosts are the same in any case, and with the scheme's own port named or not.
fn is_same_host(named: &str, host: &str, scheme: &str) -> bool {
    let port = if scheme == "https" { ":443" } else { ":80" };
    let bare = |text: &str| text.trim_end_matches(port).to_ascii_lowercase();
    bare(named) == bare(host)
}
