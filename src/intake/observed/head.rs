//! What of a request's head is noted, and by which name an element's subscription goes. Borrowed: nothing is copied before it
//! is known to be new.

use std::borrow::Cow;

use http::request::Parts;
use http::{HeaderMap, header};

use super::{Call, Forwarded};
use crate::domain::Timestamp;
use crate::intake::envelope::Fields;
use crate::intake::signature::{TIMESTAMP, V3};

/// Bytes kept of a header or a path: hosts and paths of ours are far shorter, and a stranger's are cut.
const KEPT: usize = 200;

/// The head of one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    /// See [`Call`].
    pub host: Option<&'a str>,
    /// See [`Forwarded`].
    pub proto: Option<&'a str>,
    /// See [`Forwarded`].
    pub forwarded_host: Option<&'a str>,
    /// See [`Forwarded`].
    pub prefix: Option<&'a str>,
    /// Without the query.
    pub path: &'a str,
    /// See [`Call`].
    pub v3: bool,
    /// HubSpot's timestamp, milliseconds.
    pub sent_at: Option<i64>,
}

impl<'a> Head<'a> {
    /// Of a request.
    #[must_use]
    pub fn of(parts: &'a Parts) -> Self {
        let headers = &parts.headers;
        Self {
            host: text(headers, header::HOST.as_str()),
            proto: text(headers, "x-forwarded-proto"),
            forwarded_host: text(headers, "x-forwarded-host"),
            prefix: text(headers, "x-forwarded-prefix"),
            path: Some(cut(parts.uri.path())).filter(|path| is_address(path)).unwrap_or("/…"),
            v3: headers.contains_key(V3),
            sent_at: text(headers, TIMESTAMP).and_then(|digits| digits.parse().ok()),
        }
    }

    /// The call, to be kept.
    #[must_use]
    pub fn call(&self, at: Timestamp) -> Call {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Call {
            at,
            host: own(self.host),
            forwarded: Forwarded { proto: own(self.proto), host: own(self.forwarded_host), prefix: own(self.prefix) },
            path: self.path.to_owned(),
            v3: self.v3,
        }
    }

    /// Did that call come the same way?
    #[must_use]
    pub fn is_like(&self, call: &Call) -> bool {
        let forwarded = &call.forwarded;
        self.host == call.host.as_deref()
            && self.proto == forwarded.proto.as_deref()
            && self.forwarded_host == forwarded.host.as_deref()
            && self.prefix == forwarded.prefix.as_deref()
            && self.path == call.path
            && self.v3 == call.v3
    }

    /// HubSpot's clock less ours, milliseconds.
    #[must_use]
    pub fn skew(&self, now: Timestamp) -> Option<i64> {
        self.sent_at.map(|sent_at| sent_at.saturating_sub(now.0))
    }
}

/// The name an element's subscription is remembered by: its type, and for the properties of a conversation that the bridge
/// acts on, and for notes, what tells them apart.
#[must_use]
pub fn kind_heard<'a>(fields: &Fields<'a>) -> Option<Cow<'a, str>> {
    let kind = fields.subscription_type.id().or_else(|| fields.event_type.id())?;
    let about = match kind.as_ref() {
        "conversation.propertyChange" => fields.property_name.id(),
        "object.creation" => fields.object_type_id.id(),
        _ => None,
    };
    Some(match (kind.as_ref(), about.as_deref()) {
        ("conversation.propertyChange", Some("assignedTo")) => "conversation.propertyChange assignedTo".into(),
        ("conversation.propertyChange", Some("status")) => "conversation.propertyChange status".into(),
        ("conversation.propertyChange", Some("isArchived")) => "conversation.propertyChange isArchived".into(),
        ("object.creation", Some("0-46")) => "object.creation 0-46".into(),
        (name, _) if name.len() > KEPT => return None,
        _ => kind,
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(cut).filter(|text| is_address(text))
}

/// Letters of hosts and paths alone, or a list of such: strangers write it, and operators are shown it.
fn is_address(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte);
    !text.contains("%40") && text.split(',').all(|part| part.trim().bytes().all(is_letter))
}

fn cut(text: &str) -> &str {
    let end = (0..=KEPT.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.split_at(end).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_writes_is_kept_if_it_is_an_address() {
        for host in ["bridge.example.com:8443", "[::1]:80", "a.example, b.example", "10.0.0.7"] {
            assert_eq!(text(&HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]), "host"), Some(host));
        }
        for host in ["jo@example.org", "x<script>", "call me now", "a.example, b c"] {
            assert_eq!(text(&HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]), "host"), None, "{host}");
        }
        for path in ["/jo@example.org/webhooks/hubspot/acme", "/jo%40example.org/webhooks/hubspot/acme"] {
            let (parts, ()) = http::Request::get(path).body(()).unwrap().into_parts();
            assert_eq!(Head::of(&parts).path, "/…");
        }
    }
}
