//! A small model of mailboxes, and random histories of the store checked against it: one lease at a time, order within
//! a mailbox, no event lost, every event ended once.

use std::collections::BTreeMap;
use std::time::Duration;

use hubspot_bridge::domain::{EventId, Lane, NewEvent, Schedule, State};
use hubspot_bridge::store::sqlite::Mode;
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Error, Lease, Operation, Turn};
use proptest::prelude::*;

use super::Sqlite;
use super::house::{House, QUIET, SECOND, TTL, finish, ids, intent, message};

#[derive(Clone, Debug)]
enum Act {
    Append { thread: u8, quiet: bool },
    Repeat,
    Claim,
    Open { thread: u8 },
    Extend { thread: u8 },
    Journal { thread: u8 },
    Finish { thread: u8 },
    Defer { thread: u8, seconds: u8 },
    Skip,
    Pass { seconds: u8 },
    Crash,
}

fn act() -> impl Strategy<Value = Act> {
    let thread = || 0..3_u8;
    prop_oneof![
        4 => (thread(), any::<bool>()).prop_map(|(thread, quiet)| Act::Append { thread, quiet }),
        1 => Just(Act::Repeat),
        4 => Just(Act::Claim),
        4 => thread().prop_map(|thread| Act::Open { thread }),
        1 => thread().prop_map(|thread| Act::Extend { thread }),
        2 => thread().prop_map(|thread| Act::Journal { thread }),
        3 => thread().prop_map(|thread| Act::Finish { thread }),
        2 => (thread(), 0..9_u8).prop_map(|(thread, seconds)| Act::Defer { thread, seconds }),
        1 => Just(Act::Skip),
        2 => (0..9_u8).prop_map(|seconds| Act::Pass { seconds }),
        1 => Just(Act::Crash),
    ]
}

/// What the model knows of one mailbox.
#[derive(Default)]
struct Mailbox {
    /// Waiting events, oldest first; does it wait for a burst to end?
    waiting: BTreeMap<EventId, bool>,
    /// Bound to the open turn.
    bound: Vec<EventId>,
    journalled: bool,
    extended: bool,
    /// Held by us, until then.
    lease: Option<(Lease, i64)>,
    turn: Option<Turn>,
    last_token: i64,
}

struct Model {
    house: House,
    boxes: BTreeMap<String, Mailbox>,
    appended: Vec<(EventId, NewEvent)>,
    skipped: usize,
}

impl Model {
    async fn new(backend: Sqlite) -> Self {
        let house = House::new(backend).await;
        Self { house, boxes: BTreeMap::new(), appended: Vec::new(), skipped: 0 }
    }

    fn mailbox(&mut self, thread: u8) -> &mut Mailbox {
        self.boxes.entry(format!("acme/thread/{thread}")).or_default()
    }

    /// Leases whose time is over may be lost, but only a claim frees them.
    fn expire(&mut self) {
        let now = self.house.now().0;
        for mailbox in self.boxes.values_mut() {
            if mailbox.lease.as_ref().is_some_and(|(_, until)| *until <= now) {
                mailbox.lease = None;
                mailbox.turn = None;
            }
        }
    }

    async fn act(&mut self, act: Act) {
        match act {
            Act::Append { thread, quiet } => {
                let schedule = if quiet { QUIET } else { Schedule::Now };
                let name = self.appended.len().to_string();
                let new = NewEvent { schedule, ..message(&thread.to_string(), &name) };
                let id = self.house.append(vec![new.clone()]).await.ids[0];
                assert!(self.appended.last().is_none_or(|(last, _)| *last < id), "ids rise");
                self.appended.push((id, new));
                self.mailbox(thread).waiting.insert(id, quiet);
            }
            Act::Repeat => {
                if let Some((id, new)) = self.appended.first().cloned() {
                    let again = self.house.append(vec![new]).await;
                    assert_eq!((again.ids[0], again.fresh), (id, 0));
                }
            }
            Act::Claim => self.claim().await,
            Act::Open { thread } => self.open(thread).await,
            Act::Extend { thread } => self.extend(thread).await,
            Act::Journal { thread } => {
                let Some((lease, _)) = self.open_lease(thread) else { return };
                self.house.store().intend(&lease, intent("act", "text")).await.expect("journalled");
                self.mailbox(thread).journalled = true;
            }
            Act::Finish { thread } => self.finish(thread).await,
            Act::Defer { thread, seconds } => self.defer(thread, seconds).await,
            Act::Skip => self.skip().await,
            Act::Pass { seconds } => self.house.advance(u32::from(seconds) * SECOND),
            Act::Crash => self.crash().await,
        }
    }

    fn open_lease(&mut self, thread: u8) -> Option<(Lease, Turn)> {
        let mailbox = self.mailbox(thread);
        Some((mailbox.lease.as_ref()?.0.clone(), mailbox.turn.clone()?))
    }

    async fn claim(&mut self) {
        self.expire();
        for lease in self.house.claim(Lane::Conversation, 2).await {
            let mailbox = self.boxes.get_mut(&lease.key.to_string()).expect("a mailbox of ours");
            assert!(mailbox.lease.is_none(), "one lease at a time");
            assert!(lease.token > mailbox.last_token, "tokens rise");
            assert!(!mailbox.bound.is_empty() || !mailbox.waiting.is_empty(), "there is something to do");
            mailbox.last_token = lease.token;
            let until = lease.until.0;
            mailbox.lease = Some((lease, until));
        }
    }

    async fn open(&mut self, thread: u8) {
        let Some((lease, _)) = self.mailbox(thread).lease.clone() else { return };
        let turn = self.house.store().open_turn(&lease).await.expect("our lease");
        let mailbox = self.mailbox(thread);
        let Some(turn) = turn else {
            assert!(mailbox.bound.is_empty() && mailbox.waiting.values().all(|quiet| *quiet), "nothing was due");
            mailbox.lease = None;
            return;
        };
        let bound = ids(&turn.events);
        assert!(bound.is_sorted(), "oldest first");
        if mailbox.bound.is_empty() {
            let due = bound.iter().all(|id| mailbox.waiting.contains_key(id));
            let soon = mailbox.waiting.iter().filter(|(_, quiet)| !**quiet).all(|(id, _)| bound.contains(id));
            let burst: Vec<_> =
                mailbox.waiting.iter().filter(|(_, quiet)| **quiet).map(|(id, _)| bound.contains(id)).collect();
            assert!(due && soon, "all that is due and nothing else");
            assert!(burst.windows(2).all(|pair| pair[0] == pair[1]), "a burst is bound whole or not at all");
            mailbox.waiting.retain(|id, _| !bound.contains(id));
            (mailbox.journalled, mailbox.extended) = (false, false);
            mailbox.bound = bound;
        } else {
            assert_eq!(bound, mailbox.bound, "resumed with the same events");
        }
        assert_eq!((!turn.steps.is_empty(), turn.extended), (mailbox.journalled, mailbox.extended));
        mailbox.turn = Some(turn);
    }

    async fn extend(&mut self, thread: u8) {
        let Some((lease, _)) = self.open_lease(thread) else { return };
        let joined = self.house.store().extend_turn(&lease).await.expect("our lease");
        let mailbox = self.mailbox(thread);
        let expected: Vec<_> = if mailbox.extended { Vec::new() } else { mailbox.waiting.keys().copied().collect() };
        assert_eq!(ids(&joined), expected);
        if !mailbox.extended {
            mailbox.extended = true;
            mailbox.waiting.clear();
            mailbox.bound.extend(expected);
            // A joined burst may be older than what was due at once.
            mailbox.bound.sort();
            if let Some(turn) = &mut mailbox.turn {
                turn.events.extend(joined);
            }
        }
    }

    async fn finish(&mut self, thread: u8) {
        let Some((lease, turn)) = self.open_lease(thread) else { return };
        self.house.store().finish(&lease, finish(&turn)).await.expect("our lease");
        let gone = self.house.store().finish(&lease, finish(&turn)).await;
        assert!(matches!(gone, Err(Error::LeaseLost { .. })), "ended once");
        let mailbox = self.mailbox(thread);
        mailbox.bound.clear();
        (mailbox.lease, mailbox.turn) = (None, None);
    }

    async fn defer(&mut self, thread: u8, seconds: u8) {
        let Some((lease, _)) = self.open_lease(thread) else { return };
        let until = self.house.now().after(Duration::from_secs(u64::from(seconds)));
        self.house.store().defer(&lease, until, "later", seconds.is_multiple_of(2)).await.expect("our lease");
        let quiet: BTreeMap<_, _> = self.appended.iter().map(|(id, new)| (*id, new.schedule == QUIET)).collect();
        let mailbox = self.mailbox(thread);
        if !mailbox.journalled {
            for id in mailbox.bound.drain(..) {
                mailbox.waiting.insert(id, quiet[&id]);
            }
        }
        (mailbox.lease, mailbox.turn) = (None, None);
    }

    async fn skip(&mut self) {
        let waiting = self.boxes.values_mut().find_map(|mailbox| mailbox.waiting.pop_first());
        let Some((event, _)) = waiting else { return };
        self.house.store().operate(Operation::Skip { event }).await.expect("it waits");
        self.skipped += 1;
    }

    async fn crash(&mut self) {
        self.house.crash().await;
        for mailbox in self.boxes.values_mut() {
            (mailbox.lease, mailbox.turn) = (None, None);
        }
    }

    /// Works off everything, and looks whether each event ended.
    async fn drain(&mut self) {
        self.crash().await;
        for _ in 0..20 {
            self.house.advance(TTL);
            self.claim().await;
            for thread in 0..3 {
                self.open(thread).await;
                self.finish(thread).await;
            }
        }
        let left: Vec<_> =
            self.boxes.iter().filter(|(_, mailbox)| !mailbox.waiting.is_empty()).map(|(key, _)| key).collect();
        assert!(left.is_empty(), "{left:?} still wait");
        let stats = self.house.store().stats().await.expect("read");
        assert_eq!(stats.events, u64::try_from(self.appended.len()).expect("small"));
        assert_eq!((stats.open_events, stats.due, stats.waiting, stats.leased), (0, 0, 0, 0));
        let mut counts = BTreeMap::new();
        for (state, name) in [(State::Done, "done"), (State::Skipped, "skipped")] {
            let filter = EventFilter { state: Some(state), ..EventFilter::default() };
            counts.insert(name, self.house.store().events(filter, None, 200).await.expect("read").items.len());
        }
        assert_eq!((counts["done"], counts["skipped"]), (self.appended.len() - self.skipped, self.skipped));
    }
}

fn run(backend: Sqlite, acts: Vec<Act>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let mut model = Model::new(backend).await;
        for act in acts {
            model.act(act).await;
        }
        model.drain().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_in_memory(acts in proptest::collection::vec(act(), 1..120)) {
        run(Sqlite::memory(Mode::Inline), acts);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_on_disk_with_crashes(acts in proptest::collection::vec(act(), 1..80)) {
        run(Sqlite::file(Mode::Inline), acts);
    }
}
