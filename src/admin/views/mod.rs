//! The JSON of the public contract: events, sessions, runs, stories. Times RFC 3339 UTC, ids strings. The OpenAPI document
//! is made of these types, so their comments are what its readers see; a field that is not known is `null`, never left out.

pub(super) mod event;
pub(super) mod session;
pub(super) mod words;

use serde::Serialize;
use utoipa::ToSchema;

pub(super) use event::{event, history};
pub(super) use session::session;

use crate::domain::Timestamp;
use crate::store::types::{self, Hold};

/// One page of a list, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// At most `limit` of them.
    items: Vec<T>,
    /// The `cursor` of the next page; null on the last one.
    next: Option<String>,
}

/// `{items, next}`.
pub(super) fn page<T, V>(page: &types::Page<T>, item: impl Fn(&T) -> V) -> Page<V> {
    Page { items: page.items.iter().map(item).collect(), next: page.next.map(|next| next.to_string()) }
}

/// A list without more pages.
pub(super) fn whole<V>(items: Vec<V>) -> Page<V> {
    Page { items, next: None }
}

/// A connection that is not worked on for a while.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
pub(super) struct HoldView {
    /// Why: a word, a colon, a sentence.
    #[schema(examples("daily_limit: HubSpot's daily limit of calls is used up"))]
    cause: String,
    /// When it began.
    #[schema(format = DateTime)]
    since: String,
    /// When it is tried again, at the latest.
    #[schema(format = DateTime)]
    until: String,
}

pub(super) fn hold(hold: &Hold) -> HoldView {
    HoldView { cause: hold.cause.clone(), since: time(hold.since), until: time(hold.until) }
}

pub(super) fn time(at: Timestamp) -> String {
    at.to_string()
}
