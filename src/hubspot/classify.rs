//! Pure: what an answer that is no success means and what to do about it, by status and body.
//!
//! Of the body only HubSpot's own words are quoted (category, sub-category, scopes): its messages may repeat what we sent.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use jiff::tz::TimeZone;

use super::error::{Class, Effect, Error};
use super::headers;
use super::wire::refusal::{Policy, Refusal};
use crate::domain::{Reason, Timestamp};

const DAY: Duration = Duration::from_hours(24);
/// The longest wish of a short-term limit we follow; what is longer is a daily limit and says so.
const RETRY_MAX: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
const TEN_SECONDS: Duration = Duration::from_secs(10);
/// HubSpot documents a lock as lasting this long.
const LOCK: Duration = Duration::from_secs(2);

/// The error of one answer. `zone` is the account's, for its midnight; UTC when unknown.
pub(super) fn classify(
    route: &'static str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
    zone: Option<&TimeZone>,
) -> Error {
    let refusal = Refusal::read(body);
    let wish = headers::retry_after(headers, now);
    let effect = if status.is_client_error() { Effect::NotSent } else { Effect::Unclear };
    let (class, meaning) = match status.as_u16() {
        401 => (
            Class::Hold { cause: "unauthorized", for_: None },
            "the access token is not accepted (expired, revoked or rotated); set a new one".to_owned(),
        ),
        403 => forbidden(route, &refusal),
        404 => (Class::NotFound, "HubSpot does not know it".to_owned()),
        405 => (Class::Unsupported, "HubSpot does not offer this call here".to_owned()),
        408 | 425 => (retry(wish), "HubSpot wants the call again".to_owned()),
        409 => (Class::Conflict { existing: refusal.existing_id() }, "it is there already".to_owned()),
        423 => (Class::Retry { after: Some(LOCK) }, "locked for two seconds".to_owned()),
        429 => limited(&refusal, wish, now, zone),
        477 => (
            Class::Hold { cause: "account_migrating", for_: wish.map(|wish| wish.min(DAY)) },
            "HubSpot is moving the account to another region; it will come back by itself".to_owned(),
        ),
        500.. => (retry(wish), "HubSpot is in trouble".to_owned()),
        300..=399 => (rejected(), "an unexpected redirect; check `hubspot.api_url`".to_owned()),
        _ => (rejected(), "HubSpot refuses it".to_owned()),
    };
    let detail = format!("answered {}{}: {meaning}", status.as_u16(), refusal.quoted());
    let bad_properties = if status == StatusCode::BAD_REQUEST { refusal.bad_properties() } else { Vec::new() };
    Error { route, detail, effect, class, bad_properties }
}

/// Reading threads and messages: without it nothing can be decided about any conversation, so that no event may end for
/// the lack of it. What only writes, or belongs to one feature, is refused; a human gets what it was for.
fn is_vital(route: &str) -> bool {
    route.starts_with("GET /threads")
}

fn forbidden(route: &str, refusal: &Refusal) -> (Class, String) {
    if !refusal.lacks_scopes() {
        return (rejected(), "HubSpot forbids it; check the app's user and permissions".to_owned());
    }
    let scopes = refusal.scopes();
    let named = if scopes.is_empty() { "a scope HubSpot does not name".to_owned() } else { scopes.join(", ") };
    let class = if is_vital(route) {
        Class::Hold { cause: "missing_scope", for_: None }
    } else {
        Class::Permanent { reason: Reason::MissingScope }
    };
    (class, format!("the token lacks {named}; add it to the HubSpot app"))
}

fn limited(refusal: &Refusal, wish: Option<Duration>, now: Timestamp, zone: Option<&TimeZone>) -> (Class, String) {
    let soon = |or: Duration| Class::Retry { after: Some(wish.unwrap_or(or).clamp(SECOND, RETRY_MAX)) };
    match refusal.policy() {
        Policy::Daily => {
            let until_midnight = until_midnight(now, zone.unwrap_or(&TimeZone::UTC));
            let for_ = wish.or(until_midnight).map(|wish| wish.clamp(SECOND, DAY + DAY / 24));
            (Class::Hold { cause: "daily_limit", for_ }, "the account's daily limit is used up".to_owned())
        }
        Policy::Secondly => (soon(SECOND), "the limit of one second is used up".to_owned()),
        Policy::TenSecondly => (soon(TEN_SECONDS), "the limit of ten seconds is used up".to_owned()),
        Policy::Unknown => (soon(TEN_SECONDS), "too many calls".to_owned()),
    }
}

fn retry(wish: Option<Duration>) -> Class {
    Class::Retry { after: wish.map(|wish| wish.min(RETRY_MAX)) }
}

fn rejected() -> Class {
    Class::Permanent { reason: Reason::RejectedByHubspot }
}

/// Days of 23 and 25 hours included.
fn until_midnight(now: Timestamp, zone: &TimeZone) -> Option<Duration> {
    let here = jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone());
    let midnight = here.tomorrow().ok()?.start_of_day().ok()?;
    Some(Timestamp(midnight.timestamp().as_millisecond()).since(now))
}
