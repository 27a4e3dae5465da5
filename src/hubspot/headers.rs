//! The answer's headers that tell about HubSpot itself: its rate window, its clock, its wish to be left alone.

use std::time::Duration;

use http::HeaderMap;

use super::budget::RateWindow;
use crate::domain::Timestamp;

pub(super) fn rate_window(headers: &HeaderMap) -> RateWindow {
    let max = number(headers, "x-hubspot-ratelimit-max").and_then(|n| usize::try_from(n).ok());
    let remaining = number(headers, "x-hubspot-ratelimit-remaining").and_then(|n| usize::try_from(n).ok());
    let interval = number(headers, "x-hubspot-ratelimit-interval-milliseconds").map(Duration::from_millis);
    RateWindow {
        max: max.filter(|max| (1..=100_000).contains(max)),
        remaining,
        interval: interval.filter(|i| (Duration::from_millis(100)..=Duration::from_mins(1)).contains(i)),
    }
}

/// `Retry-After` in seconds, as HubSpot documents it (for 477), or as an HTTP date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    if let Some(seconds) = number(headers, "retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    http_date(headers.get("retry-after")?.to_str().ok()?).map(|at| at.since(now))
}

/// HubSpot's clock, to the second.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get("date")?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}
