//! HubSpot's rate limits: the rolling ten seconds, the day, and search's own second. Asked by [`super::call`] for every call.

use std::collections::VecDeque;
use std::time::Duration;

use http::HeaderMap;
use http::header::HeaderName;
use serde::Deserialize;

use super::answer::Policy;
use crate::domain::Timestamp;

const WINDOW: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);
const DAY_MS: i64 = 86_400_000;

/// The limits of an account's plan.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Calls in any ten seconds; 100 for Starter, 190 for Pro.
    pub burst: usize,
    /// Calls in a day of the account (UTC here).
    pub daily: usize,
    /// Searches in any second.
    pub search: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { burst: 190, daily: 650_000, search: 5 }
    }
}

/// What was used.
#[derive(Debug, Default)]
pub struct Budget {
    /// The plan.
    pub limits: Limits,
    recent: VecDeque<Timestamp>,
    searches: VecDeque<Timestamp>,
    day: i64,
    today: usize,
}

impl Budget {
    /// Counts one call, or says which limit refuses it. Refused calls are not counted.
    pub fn take(&mut self, now: Timestamp, search: bool) -> Result<(), Policy> {
        self.forget(now);
        if self.today >= self.limits.daily {
            return Err(Policy::Daily);
        }
        if search {
            if self.searches.len() >= self.limits.search {
                return Err(Policy::Secondly);
            }
            self.searches.push_back(now);
        } else {
            if self.recent.len() >= self.limits.burst {
                return Err(Policy::TenSecondly);
            }
            self.recent.push_back(now);
        }
        self.today += 1;
        Ok(())
    }

    /// The headers of every answer but search's.
    pub fn headers(&self, headers: &mut HeaderMap) {
        let Limits { burst, daily, .. } = self.limits;
        for (name, value) in [
            ("x-hubspot-ratelimit-daily", daily),
            ("x-hubspot-ratelimit-daily-remaining", daily.saturating_sub(self.today)),
            ("x-hubspot-ratelimit-interval-milliseconds", 10_000),
            ("x-hubspot-ratelimit-max", burst),
            ("x-hubspot-ratelimit-remaining", burst.saturating_sub(self.recent.len())),
        ] {
            headers.insert(HeaderName::from_static(name), value.into());
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let expired = |at: &Timestamp, window| *at <= now.before(window);
        while self.recent.front().is_some_and(|at| expired(at, WINDOW)) {
            self.recent.pop_front();
        }
        while self.searches.front().is_some_and(|at| expired(at, SECOND)) {
            self.searches.pop_front();
        }
        let day = now.0.div_euclid(DAY_MS);
        if day != self.day {
            (self.day, self.today) = (day, 0);
        }
    }
}
