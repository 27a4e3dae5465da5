//! Faults of the API and of deliveries, switched on by tests, the simulation or a person through `/_sandbox/faults`.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::answer::{GATEWAY_PAGE, Policy, Refusal};
use super::chance::Draw;

/// One fault: what it hits, how often, and what happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// A path; `*` stands for one segment, a final `**` for all that follow.
    pub route: String,
    /// One method, or any.
    #[serde(default)]
    pub method: Option<String>,
    /// How many calls it hits; all when absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// How likely a matching call is hit; always when absent.
    #[serde(default)]
    pub probability: Option<f64>,
    /// What happens.
    pub effect: Effect,
}

impl Fault {
    /// Hits the next `times` calls of a route.
    #[must_use]
    pub fn times(times: u32, method: &str, route: &str, effect: Effect) -> Self {
        let method = Some(method.to_owned());
        Self { route: route.to_owned(), method, times: Some(times), probability: None, effect }
    }

    /// Hits each call of a route with this probability.
    #[must_use]
    pub fn sometimes(probability: f64, method: &str, route: &str, effect: Effect) -> Self {
        Self { times: None, probability: Some(probability), ..Self::times(0, method, route, effect) }
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()))
            && route_matches(&self.route, path)
    }
}

/// What a fault does to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Answers this status.
    Status {
        /// 4xx or 5xx.
        code: u16,
        /// Which of HubSpot's bodies.
        #[serde(default)]
        body: BodyKind,
        /// `Retry-After`, in seconds.
        #[serde(default)]
        retry_after: Option<u64>,
        /// The call was acted on all the same.
        #[serde(default)]
        acted: bool,
    },
    /// Acts, and answers late.
    Delay {
        /// How late.
        ms: u64,
    },
    /// No connection: the call never left.
    Refuse,
    /// The connection breaks, nothing happened.
    CutBefore,
    /// The connection breaks after the call was acted on.
    CutAfter,
    /// No answer ever comes.
    Timeout {
        /// The call was acted on.
        acted: bool,
    },
    /// A message is accepted with 201 and turns into FAILED later.
    FailsLater {
        /// How much later.
        ms: u64,
    },
}

impl Effect {
    /// In words, for counting.
    fn words(&self) -> String {
        match self {
            Self::Status { code, body, acted, .. } => {
                let body = if *body == BodyKind::Standard { String::new() } else { format!(" {body:?}") };
                format!("answered {code}{body}{}", if *acted { ", acted" } else { "" })
            }
            Self::Delay { .. } => "answered late".to_owned(),
            Self::Refuse => "no connection".to_owned(),
            Self::CutBefore => "cut before it acted".to_owned(),
            Self::CutAfter => "cut after it acted".to_owned(),
            Self::Timeout { acted } => format!("never answered{}", if *acted { ", acted" } else { "" }),
            Self::FailsLater { .. } => "accepted, fails later".to_owned(),
        }
    }
}

/// Which body comes with a status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    /// The usual one of the status.
    #[default]
    Standard,
    /// A proxy's page.
    Html,
    /// Nothing.
    Empty,
    /// `EXPIRED_AUTHENTICATION`.
    ExpiredToken,
    /// `MISSING_SCOPES`.
    MissingScopes,
    /// `USER_DOES_NOT_HAVE_PERMISSIONS`.
    UserLost,
    /// `TEN_SECONDLY_ROLLING`.
    TenSecondly,
    /// `SECONDLY`.
    Secondly,
    /// `DAILY`.
    Daily,
}

impl BodyKind {
    /// The refusal sent.
    #[must_use]
    pub fn refusal(self, code: u16, retry_after: Option<u64>) -> Refusal {
        let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut refusal = match self {
            Self::Standard => Refusal::of_status(status),
            Self::Html => Refusal { raw: Some(GATEWAY_PAGE), ..Refusal::bare(status, "") },
            Self::Empty => Refusal { raw: Some(""), ..Refusal::bare(status, "") },
            Self::ExpiredToken => Refusal::expired(),
            Self::MissingScopes => Refusal::missing_scope("conversations.write"),
            Self::UserLost => Refusal::user_lost(),
            Self::TenSecondly => Refusal::limited(Policy::TenSecondly),
            Self::Secondly => Refusal::limited(Policy::Secondly),
            Self::Daily => Refusal::limited(Policy::Daily),
        };
        refusal.status = status;
        refusal.retry_after = retry_after.or(refusal.retry_after);
        refusal
    }
}

/// Faults of webhook deliveries; probabilities are per event, all zero in a fresh portal.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryFaults {
    /// Sent a second time, in a delivery of its own.
    pub duplicate: f64,
    /// Never sent.
    pub lose: f64,
    /// Held back, so that later events overtake it.
    pub delay: f64,
    /// The longest an event is held back.
    pub delay_max_ms: u64,
    /// A batch's events come in another order.
    pub reorder: f64,
    /// Events per request, at most 100; 0 means 100.
    pub batch: usize,
    /// A request that was received is sent again as if it had not been.
    pub forget: f64,
}

/// How long new things stay invisible to GETs, each at most this long.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Visibility {
    /// A message by its id.
    pub message_ms: u64,
    /// A message in its thread's list, and in the thread's timestamps.
    pub listing_ms: u64,
    /// A thread or a CRM record.
    pub object_ms: u64,
    /// A record in CRM search, whose index lags behind everything else.
    pub search_ms: u64,
    /// Each delay is drawn between zero and its bound.
    pub vary: bool,
}

impl Visibility {
    /// The delay of one new thing whose bound is `ms`.
    pub fn delay(&self, ms: u64, draw: &mut Draw) -> Duration {
        let bound = Duration::from_millis(ms);
        if self.vary { draw.within(bound) } else { bound }
    }
}

/// The faults that are on.
#[derive(Debug, Default)]
pub struct Faults {
    on: Vec<Fault>,
    struck: BTreeMap<String, u64>,
}

impl Faults {
    /// Switches one on.
    pub fn add(&mut self, fault: Fault) {
        self.on.push(fault);
    }

    /// Switches one off, if it is on as it was given.
    pub fn end(&mut self, fault: &Fault) {
        if let Some(place) = self.on.iter().position(|on| on == fault) {
            self.on.remove(place);
        }
    }

    /// How many calls were hit, by effect.
    #[must_use]
    pub fn struck(&self) -> &BTreeMap<String, u64> {
        &self.struck
    }

    /// Switches all off.
    pub fn clear(&mut self) {
        self.on.clear();
    }

    /// What hits this call, if anything; a fault with `times` is used up.
    pub fn strike(&mut self, method: &Method, path: &str, draw: &mut Draw) -> Option<Effect> {
        let hit = self.on.iter().position(|fault| {
            fault.matches(method, path) && fault.probability.is_none_or(|probability| draw.chance(probability))
        })?;
        let fault = self.on.get_mut(hit)?;
        let effect = fault.effect.clone();
        *self.struck.entry(effect.words()).or_default() += 1;
        if let Some(times) = &mut fault.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.on.remove(hit);
            }
        }
        Some(effect)
    }
}

fn route_matches(pattern: &str, path: &str) -> bool {
    let mut path = path.trim_matches('/').split('/');
    for wanted in pattern.trim_matches('/').split('/') {
        if wanted == "**" {
            return true;
        }
        match path.next() {
            Some(segment) if wanted == "*" || wanted == segment => {}
            Some(_) | None => return false,
        }
    }
    path.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::route_matches;

    #[test]
    fn a_star_is_one_segment_and_two_are_the_rest() {
        for (pattern, path, expected) in [
            ("/a/*/c", "/a/b/c", true),
            ("/a/*/c", "/a/b/c/d", false),
            ("/a/*/c", "/a/b", false),
            ("/a/**", "/a/b/c", true),
            ("/**", "/anything/at/all", true),
            ("/a", "/b", false),
        ] {
            assert_eq!(route_matches(pattern, path), expected, "{pattern} on {path}");
        }
    }
}
