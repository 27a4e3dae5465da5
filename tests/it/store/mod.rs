//! One conformance suite for every store: each check is written against the traits and run for each backend.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy's leave for tests does not reach the helpers of an integration test"
)]

mod append;
mod audit;
mod backlog;
mod claim;
mod crash;
mod disk;
mod finish;
mod house;
mod ledger;
mod migration;
mod model;
mod numbers;
mod operate;
mod power;
mod retention;
mod sessions;
mod sqlite;
mod turn;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::store::Interrupts;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};

use house::{Backend, Both, TestClock};

/// SQLite in one of its shapes.
pub struct Sqlite {
    // Removed with the test.
    dir: Option<tempfile::TempDir>,
    mode: Mode,
}

impl Sqlite {
    pub fn file(mode: Mode) -> Self {
        Self { dir: Some(tempfile::tempdir().expect("a folder")), mode }
    }

    pub fn memory(mode: Mode) -> Self {
        Self { dir: None, mode }
    }

    pub fn path(&self) -> Option<PathBuf> {
        self.dir.as_ref().map(|dir| dir.path().join("data").join("bridge.db"))
    }

    pub async fn store(&self, clock: Arc<TestClock>, interrupts: Interrupts) -> SqliteStore {
        let location = self.path().map_or(Location::Memory, Location::File);
        let lock_wait = Duration::from_secs(5);
        SqliteStore::open(Options { location, lock_wait, clock, interrupts, mode: self.mode }).await.expect("opens")
    }
}

#[async_trait]
impl Backend for Sqlite {
    async fn open(&self, clock: Arc<TestClock>, interrupts: Interrupts) -> Arc<dyn Both> {
        Arc::new(self.store(clock, interrupts).await)
    }

    fn durable(&self) -> bool {
        self.dir.is_some()
    }
}

/// Runs every check for one backend.
macro_rules! suite {
    ($backend:ident, $make:expr; $($area:ident { $($check:ident,)* })*) => {
        mod $backend {
            $(mod $area { $(
                #[tokio::test]
                async fn $check() {
                    let house = crate::store::house::House::new($make).await;
                    crate::store::$area::$check(house).await;
                }
            )* })*
        }
    };
}

/// The one list of checks.
macro_rules! suites {
    ($($backend:ident: $make:expr,)*) => { $(suite! { $backend, $make;
        append {
            keeps_every_field, counts_duplicates, is_all_or_nothing, marks_a_duplicate_property_as_changed,
            marks_properties_of_the_batch, stores_settled_events_as_ended, keeps_events_without_an_object,
            lets_a_burst_end, lets_ownership_overtake_a_burst, waits_for_a_set_time, raises_interrupts_after_the_commit,
            lets_only_ownership_overtake_a_deferral, lets_ownership_seen_too_late_overtake_the_deferral,
            gives_outside_conversations_and_notes_mailboxes_of_their_own,
        }
        claim {
            takes_the_oldest_of_its_lane, serves_connections_in_turn, leaves_held_connections_alone,
            gives_one_lease_at_a_time, refuses_every_act_of_a_lost_lease, honours_a_late_lease_nobody_took,
            wakes_when_something_is_stored, serves_others_beside_a_flooded_mailbox,
        }
        backlog {
            lets_a_quiet_connection_in_at_the_next_round, of_tickets_leaves_conversations_alone, is_counted_exactly,
        }
        turn {
            binds_what_is_due_oldest_first, binds_at_most_its_share, gives_back_a_lease_with_nothing_to_do,
            joins_late_messages_once, shows_what_waits_unbound, dissolves_without_steps, stays_open_with_steps,
            journals_steps, resumes_after_a_lost_lease,
        }
        finish {
            demands_one_ending_for_each_event, ends_its_events, fails_whole_on_a_session_conflict,
            returns_what_the_turn_was_not_about, stores_follow_ups, keeps_marks_made_meanwhile, remembers_own_writes, remembers_when_tickets_were_updated,
            erases_texts_only, makes_what_waits_due_again, keeps_a_step_that_failed_for_good,
        }
        sessions {
            change_by_version, are_found_by_every_key, interrupt_their_thread, are_listed_last_changed_first,
            store_what_follows_with_the_change,
        }
        ledger {
            filters_events, filters_by_several, pages_events, pages_a_filtered_list, tells_the_history, finds_whatever_an_id_names, counts, keeps_positions,
        }
        numbers {
            counts_outcomes_by_hour, tells_how_late_it_is, tells_what_died_in_order,
        }
        audit {
            is_kept_with_its_time_and_words, is_listed_newest_first_page_by_page, goes_with_the_retention,
            the_revision_is_another_after_any_change,
        }
        operate {
            replays_an_ended_event, refuses_a_second_answer_unless_forced, skips_only_what_waits,
            refuses_what_may_have_been_answered_before_it_died, a_replay_starts_anew_and_keeps_its_runs,
            refuses_what_a_replay_could_not_mend, many_replays_leave_a_live_message_its_place,
            refuses_what_was_done_or_told, replays_what_outlived_its_turn, a_skipped_event_takes_its_turn_along,
        }
        retention {
            removes_old_events_in_portions, keeps_what_is_in_use, forgets_old_marks,
        }
        crash {
            voids_leases_and_resumes_turns, keeps_everything_stored, counts_the_failed_attempt,
        }
    })* };
}

suites! {
    threaded: crate::store::Sqlite::file(hubspot_bridge::store::sqlite::Mode::THREADED),
    inline: crate::store::Sqlite::file(hubspot_bridge::store::sqlite::Mode::Inline),
    memory: crate::store::Sqlite::memory(hubspot_bridge::store::sqlite::Mode::THREADED),
}
