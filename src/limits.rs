//! Every bound of the house in one place, with the arithmetic behind it.

/// Items of a thread read for freshness: HubSpot's page holds 100, and a burst or a quick exchange fits in half of it.
pub const RECENT_MESSAGES: usize = 50;
/// What an agent is told of the conversation so far.
pub const HISTORY_MESSAGES: usize = 20;
/// How far back a probe looks for a post of ours: the most that can be said in a thread within a minute or two.
pub const PROBE_MESSAGES: usize = 200;
/// How long a lease lasts without renewal; renewed every third of it. Longer than any single call to HubSpot (10 s by
/// default, at most 30 s), so that a request never outlives the lease it was made under.
pub const LEASE: std::time::Duration = std::time::Duration::from_mins(1);
