//! One call, described before it is made: no token, no host.

use bytes::Bytes;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// A request without host and token.
#[derive(Debug)]
pub(super) struct Call {
    /// Method and path template, for metrics and errors.
    pub(super) route: &'static str,
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) body: Option<Bytes>,
    /// Does success change something in HubSpot?
    pub(super) acts: bool,
    /// CRM search, which has a limit of its own.
    pub(super) search: bool,
}

impl Call {
    pub(super) fn get(route: &'static str, path: String) -> Self {
        Self { route, method: Method::GET, target: path, body: None, acts: false, search: false }
    }

    /// A POST that only reads (batch reads, introspection).
    pub(super) fn ask(route: &'static str, path: String, body: &impl Serialize) -> Self {
        Self { route, method: Method::POST, target: path, body: json(body), acts: false, search: false }
    }

    /// A CRM search.
    pub(super) fn search(route: &'static str, path: String, body: &impl Serialize) -> Self {
        Self { search: true, ..Self::ask(route, path, body) }
    }

    pub(super) fn act(route: &'static str, method: Method, path: String) -> Self {
        Self { route, method, target: path, body: None, acts: true, search: false }
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = json(body);
        self
    }

    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(name);
        self.target.push('=');
        self.target.push_str(&escaped(value));
        self
    }

    pub(super) fn after(self, cursor: Option<&str>) -> Self {
        match cursor {
            Some(cursor) => self.query("after", cursor),
            None => self,
        }
    }
}

/// An id as one path segment, whatever is in it.
pub(super) fn encoded(text: &str) -> String {
    // URLs go up a step at `%2E%2E` as they do at `..`. Escaped twice it is an id that nobody has.
    if matches!(text, "." | "..") { escaped(&escaped(text)) } else { escaped(text) }
}

fn escaped(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    utf8_percent_encode(text, KEPT).to_string()
}

/// Serialising our own structs to memory cannot fail: they have no maps with non-text keys.
fn json(body: &impl Serialize) -> Option<Bytes> {
    serde_json::to_vec(body).ok().map(Bytes::from)
}
