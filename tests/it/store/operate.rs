//! An operator's word: replay, skip.

use hubspot_bridge::domain::{
    AnsweredThrough, Ending, EventId, EventKind, Lane, NewEvent, Outcome, Reason, SessionPatch, State, ThreadId,
    Timestamp,
};
use hubspot_bridge::store::{Error, Finish, Operation, SessionChange, SessionKey};

use super::house::{House, connection, event, message, quiet, thread};

fn replay(event: EventId, force: bool) -> Operation {
    Operation::Replay { event, force }
}

pub async fn replays_an_ended_event(house: House) {
    let stored = house.append(vec![message("1", "a")]).await;
    let store = house.store();
    let early = store.operate(replay(stored.ids[0], false)).await;
    assert!(matches!(early, Err(Error::Refused(_))), "{early:?}");
    let (lease, turn) = house.begin().await;
    let endings = vec![Ending::dead(turn.events[0].id, Reason::MessageNotFound).detail("404")];
    store.finish(&lease, Finish { endings, ..Finish::default() }).await.expect("finished");

    store.operate(replay(stored.ids[0], false)).await.expect("replayed");
    let event = house.event(stored.ids[0]).await;
    assert_eq!((event.state, event.outcome, event.reason, event.detail), (State::Pending, None, None, None));
    assert_eq!((event.finished_at, event.due_at), (None, Some(house.now())));
    assert_eq!(store.stats().await.expect("read").open_events, 1);
    let (lease, turn) = house.begin().await;
    house.finish(&lease, &turn).await;

    let missing = store.operate(replay(EventId(99), false)).await;
    assert!(matches!(missing, Err(Error::NotFound { .. })), "{missing:?}");
}

pub async fn refuses_a_second_answer_unless_forced(house: House) {
    let at = |ms| Some(Timestamp(ms));
    let old = NewEvent { occurred_at: at(1_000), ..message("1", "old") };
    let with_data =
        NewEvent { data: Some("{\"v\":1,\"k\":2}".to_owned()), occurred_at: at(2_000), ..message("1", "new") };
    let stored = house.append(vec![old, with_data]).await;
    let (lease, turn) = house.begin().await;
    let endings =
        vec![Ending::done(turn.events[0].id, Outcome::Merged), Ending::done(turn.events[1].id, Outcome::Replied)];
    let answered_through = Some(AnsweredThrough { at: Timestamp(1_900), message: "new".into() });
    let sessions = vec![SessionChange {
        key: SessionKey::Thread(connection("acme"), ThreadId::from("1")),
        version: 0,
        patch: SessionPatch { answered_through, ..SessionPatch::default() },
        followups: Vec::new(),
    }];
    house.store().finish(&lease, Finish { endings, sessions, ..Finish::default() }).await.expect("finished");

    for id in &stored.ids {
        let refused = house.store().operate(replay(*id, false)).await;
        assert!(matches!(refused, Err(Error::AlreadyAnswered)), "{refused:?}");
        house.store().operate(replay(*id, true)).await.expect("forced");
    }
    assert_eq!(house.event(stored.ids[0]).await.data.as_deref(), Some("{\"replay\":\"draft\",\"v\":1}"));
    assert_eq!(house.event(stored.ids[1]).await.data.as_deref(), Some("{\"k\":2,\"replay\":\"draft\",\"v\":1}"));

    // Ended without an answer: nothing stands against a replay, however much was answered since.
    let (lease, turn) = house.begin().await;
    let endings = turn.events.iter().map(|event| Ending::dead(event.id, Reason::AttemptsExhausted)).collect();
    house.store().finish(&lease, Finish { endings, ..Finish::default() }).await.expect("finished");
    house.store().operate(replay(stored.ids[0], false)).await.expect("replayed");
}

pub async fn skips_only_what_waits(house: House) {
    let unreadable = NewEvent {
        object: None,
        ended: Some((State::Dead, Reason::PayloadUnreadable)),
        ..event(EventKind::Unreadable, thread("1"), "u")
    };
    let stored = house.append(vec![message("1", "a"), quiet("1", "b"), unreadable]).await;
    let skip = |event| Operation::Skip { event };
    house.store().operate(skip(stored.ids[0])).await.expect("skipped");
    let event = house.event(stored.ids[0]).await;
    assert_eq!((event.state, event.reason), (State::Skipped, Some(Reason::SkippedByOperator)));
    assert_eq!(house.claim(Lane::Conversation, 1).await, [], "only the burst waits, and it has not ended");
    house.store().operate(skip(stored.ids[1])).await.expect("skipped");
    house.advance(super::house::TTL);
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
    for operation in [skip(stored.ids[0]), skip(stored.ids[2]), replay(stored.ids[2], true)] {
        let refused = house.store().operate(operation).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{operation:?}: {refused:?}");
    }
}
