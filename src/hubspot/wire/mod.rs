//! HubSpot's JSON, read leniently: every field optional but what we need, unknown fields ignored, ids as number or text.
//!
//! Nothing outside `hubspot` sees these types.

pub(super) mod id;
pub(super) mod message;
pub(super) mod others;
pub(super) mod refusal;
pub(super) mod stamp;
pub(super) mod thread;

use serde::Deserialize;

/// A page of anything. It may be empty and still have a next one: only a missing cursor ends the list.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) results: Vec<T>,
    paging: Option<Paging>,
}

#[derive(Debug, Deserialize)]
struct Paging {
    next: Option<Next>,
}

#[derive(Debug, Deserialize)]
struct Next {
    after: Option<id::Id>,
}

impl<T> Page<T> {
    /// The next page's cursor.
    pub(super) fn take_next(&mut self) -> Option<String> {
        self.paging.take()?.next?.after?.text()
    }
}
