//! Cursors and page sizes, with HubSpot's trap: a page may hold fewer items than asked, even none, and still name a next one.

use serde_json::{Value, json};

use super::super::answer::Refusal;
use super::super::call::Call;

/// The largest page.
const LIMIT_MAX: usize = 500;
/// The page when none is asked for.
const LIMIT_DEFAULT: usize = 100;
/// How many pages come short.
const SHORT: f64 = 0.3;

/// Which way the keys run.
#[derive(Clone, Copy)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Where a page begins: everything up to this key was given already.
pub struct Cursor {
    after: Option<String>,
    /// The page before was empty: this one will not be, so that a reader always gets on.
    was_empty: bool,
    limit: usize,
}

impl Cursor {
    /// From `after` and `limit`.
    pub fn of(call: &Call<'_>) -> Result<Self, Refusal> {
        let limit =
            match call.param("limit") {
                None => LIMIT_DEFAULT,
                Some(text) => text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(|| {
                    Refusal::invalid(format!("Invalid integer value for `limit`: use 1 to {LIMIT_MAX}."))
                })?,
            };
        let Some(text) = call.param("after") else { return Ok(Self { after: None, was_empty: false, limit }) };
        let bad = || Refusal::invalid("The `after` cursor is not one this API gave.");
        let decoded = hex::decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad)?;
        let (mark, after) = decoded.split_once('|').ok_or_else(bad)?;
        Ok(Self { after: Some(after.to_owned()), was_empty: mark == "0", limit })
    }

    /// The page of `items` after the cursor, as `results` and `paging`. Their keys sort as the list does, so that
    /// neither a new item nor one gone missing moves anybody's cursor.
    pub fn page(self, call: &mut Call<'_>, order: Order, items: Vec<(String, Value)>) -> Value {
        let given = |key: &str, after: &str| match order {
            Order::Ascending => key <= after,
            Order::Descending => key >= after,
        };
        let after = self.after.as_deref().filter(|after| !after.is_empty());
        let start = after.map_or(0, |after| items.partition_point(|(key, _)| given(key, after)));
        let rest: Vec<_> = items.into_iter().skip(start).collect();
        let asked = self.limit.min(rest.len());
        let short = call.state.short_pages && call.state.chance.paging.chance(SHORT);
        let least = usize::from(self.was_empty).min(asked);
        let size = if short { call.state.chance.paging.up_to(asked).max(least) } else { asked };
        let more = size < rest.len();
        let end = size.checked_sub(1).and_then(|index| rest.get(index)).map(|(key, _)| key.clone()).or(self.after);
        let results: Vec<Value> = rest.into_iter().take(size).map(|(_, value)| value).collect();
        if !more {
            return json!({"results": results});
        }
        let mark = if size == 0 { "0" } else { "1" };
        let after = hex::encode(format!("{mark}|{}", end.unwrap_or_default()));
        json!({"results": results, "paging": {"next": {"after": after, "link": format!("?after={after}")}}})
    }
}

/// A number as a key that sorts as it does.
pub fn key(number: impl Into<u64>) -> String {
    format!("{:020}", number.into())
}
