//! Is HubSpot in trouble, or one object? A function of how the last calls ended, and of nothing else.
//!
//! Trouble is a 5xx, a timeout, a cut, a connection that cannot be made. Any other answer, a refusal included, is a sign of
//! life that wipes out all trouble before it. What remains is an outage when it has lasted, and when it cannot be the
//! fault of one object: a thread that always answers 500 exhausts its own attempts and holds nobody else up.

use std::time::Duration;

use tokio::time::Instant;

use super::call::Call;

/// Shorter trouble passes by the retries of those who met it: holding everybody would delay more than it saves.
const LASTS: Duration = Duration::from_secs(10);
/// One call may always go wrong.
const CALLS: u32 = 3;
/// So many objects are not all broken by themselves.
const OBJECTS: usize = 3;

/// The parts of HubSpot's API that fall ill on their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    /// Reading threads and messages: no conversation can do without.
    Conversations,
    /// Posting and assigning: its trouble shows behind reads that succeed.
    ConversationActs,
    /// Reading records and their associations: conversations can do without, tickets and notes cannot.
    Crm,
    /// Writing them.
    CrmActs,
}

/// How one call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beat {
    /// HubSpot did what was asked.
    Success,
    /// HubSpot answered, and refused: it lives, but perhaps not for us.
    Refusal,
    /// It did not answer, or with 5xx. `object`: the one the call was about; none when that cannot be the reason (a list, or a
    /// connection that could not be made).
    Trouble {
        /// Its id.
        object: Option<String>,
    },
}

/// The trouble since the last sign of life.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    well_at: Option<Instant>,
    /// The last call, unless it succeeded.
    failed_at: Option<Instant>,
    began: Option<Instant>,
    calls: u32,
    /// At most [`OBJECTS`].
    objects: Vec<String>,
    /// A call failed that was about no object.
    common: bool,
}

impl Pulse {
    /// One more call ended.
    pub fn record(&mut self, beat: Beat, now: Instant) {
        match beat {
            Beat::Success => *self = Self { well_at: Some(now), ..Self::default() },
            Beat::Refusal => *self = Self { well_at: self.well_at, failed_at: Some(now), ..Self::default() },
            Beat::Trouble { object } => {
                self.began.get_or_insert(now);
                self.failed_at = Some(now);
                self.calls = self.calls.saturating_add(1);
                match object {
                    Some(id) if !self.objects.contains(&id) && self.objects.len() < OBJECTS => self.objects.push(id),
                    Some(_) => {}
                    None => self.common = true,
                }
            }
        }
    }

    /// Nothing but trouble for a while, and no single object can be the reason.
    #[must_use]
    pub fn is_out(&self, now: Instant) -> bool {
        let lasts = self.began.is_some_and(|began| now.duration_since(began) >= LASTS);
        let common = self.common || self.objects.len() >= OBJECTS;
        self.fails(now) && lasts && self.calls >= CALLS && common
    }

    /// The last call met trouble, just now.
    #[must_use]
    pub fn is_troubled(&self, now: Instant) -> bool {
        self.calls > 0 && self.fails(now)
    }

    /// The last call failed, just now, and nothing succeeded lately, nor since `before`: when the one who asks had failed.
    #[must_use]
    pub fn is_silent(&self, now: Instant, before: Option<Instant>) -> bool {
        let since = self.well_at.is_some_and(|well| before.is_some_and(|before| well >= before));
        self.fails(now) && !self.is_well(now) && !since
    }

    /// Something succeeded lately.
    #[must_use]
    pub fn is_well(&self, now: Instant) -> bool {
        self.well_at.is_some_and(|at| now.duration_since(at) < LASTS)
    }

    /// What failed long ago, and was not asked for since, says nothing of a run that fails now.
    fn fails(&self, now: Instant) -> bool {
        self.failed_at.is_some_and(|at| now.duration_since(at) < LASTS)
    }

    /// When HubSpot last did what was asked.
    #[must_use]
    pub fn well_at(&self) -> Option<Instant> {
        self.well_at
    }
}

impl Call {
    /// The part of the API it asks; none for the account's own details and the CRM's search, whose trouble says
    /// little of the rest.
    pub(super) fn api(&self) -> Option<Api> {
        let path = self.route.split_once(' ').map_or("", |(_, path)| path);
        if path.starts_with("/threads") {
            Some(if self.acts { Api::ConversationActs } else { Api::Conversations })
        } else if path.starts_with("/objects") && !self.search {
            Some(if self.acts { Api::CrmActs } else { Api::Crm })
        } else {
            None
        }
    }

    /// The first id of its path.
    pub(super) fn object(&self) -> Option<String> {
        let template = self.route.split_once(' ').map_or("", |(_, path)| path);
        let template = template.split(' ').next().unwrap_or_default();
        let place = template.split('/').rev().collect::<Vec<_>>();
        let from_end = place.iter().rposition(|part| part.starts_with('{') && *part != "{type}")?;
        let path = self.target.split('?').next().unwrap_or_default();
        path.rsplit('/').nth(from_end).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn on(object: &str) -> Beat {
        Beat::Trouble { object: Some(object.to_owned()) }
    }

    /// In words; beats by seconds; is it an outage?
    type Row = (&'static str, Vec<(u64, Beat)>, bool);

    const COMMON: Beat = Beat::Trouble { object: None };

    /// Beats by seconds, and whether HubSpot is out after the last of them.
    fn judged(beats: &[(u64, Beat)]) -> bool {
        let start = Instant::now();
        let mut pulse = Pulse::default();
        let mut last = start;
        for (second, beat) in beats {
            last = start + Duration::from_secs(*second);
            pulse.record(beat.clone(), last);
        }
        pulse.is_out(last)
    }

    #[test]
    fn an_outage_lasts_and_is_not_the_fault_of_one_object() {
        let rows: &[Row] = &[
            ("nothing happened", vec![], false),
            ("all is well", vec![(0, Beat::Success), (60, Beat::Success)], false),
            ("three threads, for a while", vec![(0, on("1")), (5, on("2")), (10, on("3"))], true),
            ("three threads, but a blink", vec![(0, on("1")), (1, on("2")), (2, on("3"))], false),
            ("one poisoned thread", (0..40).map(|n| (n * 10, on("1"))).collect(), false),
            (
                "two poisoned threads",
                (0..40).map(|n| (n * 10, on(if n % 2 == 0 { "1" } else { "2" }))).collect(),
                false,
            ),
            ("one thread, and the list of all", vec![(0, on("1")), (7, on("1")), (12, COMMON)], true),
            ("no connection", vec![(0, COMMON), (3, COMMON), (10, COMMON)], true),
            ("two calls are not enough", vec![(0, COMMON), (60, COMMON)], false),
            (
                "an answer in between",
                vec![(0, on("1")), (5, on("2")), (8, Beat::Success), (10, on("3")), (30, on("4"))],
                false,
            ),
            ("an answer at last", vec![(0, on("1")), (5, on("2")), (10, on("3")), (11, Beat::Success)], false),
        ];
        for (what, beats, out) in rows {
            assert_eq!(judged(beats), *out, "{what}");
        }
    }

    fn beats() -> impl Strategy<Value = Vec<(u64, Beat)>> {
        let beat = prop_oneof![
            1 => Just(Beat::Success),
            1 => Just(Beat::Refusal),
            6 => (0..4_u8).prop_map(|id| on(&id.to_string())),
            1 => Just(COMMON),
        ];
        prop::collection::vec((0..8_u64, beat), 0..40).prop_map(|steps| {
            let mut at = 0;
            let later = |(pause, beat)| {
                at += pause;
                (at, beat)
            };
            steps.into_iter().map(later).collect()
        })
    }

    proptest! {
        #[test]
        fn only_what_followed_the_last_answer_counts(before in beats(), after in beats()) {
            let end = before.last().map_or(0, |(at, _)| *at);
            let mut all = before;
            all.push((end, Beat::Success));
            all.extend(after.iter().map(|(at, beat)| (end + at, beat.clone())));
            prop_assert_eq!(judged(&all), judged(&after));
        }

        #[test]
        fn one_object_alone_is_never_an_outage(pauses in prop::collection::vec(0..600_u64, 0..40)) {
            let mut at = 0;
            let beats: Vec<_> = pauses.into_iter().map(|pause| { at += pause; (at, on("7")) }).collect();
            prop_assert!(!judged(&beats));
        }

        #[test]
        fn an_outage_ends_with_the_first_answer_and_not_before(beats in beats(), pause in 0..600_u64) {
            let end = beats.last().map_or(0, |(at, _)| *at) + pause;
            let out = judged(&beats);
            let more: Vec<_> = beats.iter().cloned().chain([(end, on("9"))]).collect();
            prop_assert!(!out || judged(&more), "further trouble mends nothing");
            let life: Vec<_> = beats.into_iter().chain([(end, Beat::Success)]).collect();
            prop_assert!(!judged(&life));
        }
    }

    #[test]
    fn one_failure_among_successes_is_not_silence() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut pulse = Pulse::default();
        assert!(!pulse.is_silent(at(0), None), "nothing failed");
        pulse.record(Beat::Refusal, at(0));
        assert!(pulse.is_silent(at(0), None), "and nothing ever succeeded");
        pulse.record(Beat::Success, at(1));
        pulse.record(on("1"), at(2));
        assert!(!pulse.is_silent(at(2), Some(at(2))), "something succeeded a second ago");
        pulse.record(on("1"), at(60));
        assert!(!pulse.is_silent(at(60), Some(at(0))), "something succeeded since it failed before");
        assert!(pulse.is_silent(at(60), Some(at(2))));
        assert!(pulse.is_silent(at(60), None));
        assert!(!pulse.is_silent(at(90), None), "an old failure says nothing");
    }

    #[test]
    fn calls_are_told_apart_by_what_they_are_about() {
        let call = |route, target: &str| Call::get(route, target.to_owned());
        let thread = call("GET /threads/{threadId}", "/conversations/v3/conversations/threads/77?association=TICKET");
        assert_eq!((thread.api(), thread.object().as_deref()), (Some(Api::Conversations), Some("77")));
        let message = call("GET /threads/{threadId}/messages/{messageId}", "/c/threads/77/messages/ab-1");
        assert_eq!(message.object().as_deref(), Some("77"));
        let comment = call("POST /threads/{threadId}/messages (comment)", "/c/threads/77/messages");
        assert_eq!((comment.api(), comment.object().as_deref()), (Some(Api::Conversations), Some("77")));
        let post =
            Call::act("POST /threads/{threadId}/messages", http::Method::POST, "/c/threads/77/messages".to_owned());
        assert_eq!((post.api(), post.object().as_deref()), (Some(Api::ConversationActs), Some("77")));
        let list = call("GET /threads", "/c/threads?limit=100");
        assert_eq!((list.api(), list.object()), (Some(Api::Conversations), None));
        let linked = call("GET /objects/{type}/{id}/associations/{toType}", "/crm/v4/objects/tickets/9/associations/x");
        assert_eq!((linked.api(), linked.object().as_deref()), (Some(Api::Crm), Some("9")));
        assert_eq!(call("GET /owners", "/crm/v3/owners").api(), None);
    }
}
