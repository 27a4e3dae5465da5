//! An operator's word: replay, skip.

use hubspot_bridge::domain::{
    AnsweredThrough, Ending, EventId, EventKind, Lane, NewEvent, Outcome, Reason, SessionPatch, State, ThreadId,
    Timestamp,
};
use hubspot_bridge::store::types::PastEnd;
use hubspot_bridge::store::{Error, Finish, Operation, SessionChange, SessionKey, StepIntent, StepResult, StepStatus};

use super::house::{House, SECOND, TTL, connection, event, intent, message, quiet, thread};

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

    let (died_at, first) = (house.now(), turn.id);
    house.advance(SECOND);
    store.operate(replay(stored.ids[0], false)).await.expect("replayed");
    let event = house.event(stored.ids[0]).await;
    assert_eq!((event.state, event.outcome, event.reason, event.detail), (State::Pending, None, None, None));
    assert_eq!((event.finished_at, event.due_at), (None, Some(house.now())));
    assert_eq!(store.stats().await.expect("read").open_events, 1);
    let (lease, turn) = house.begin().await;
    house.finish(&lease, &turn).await;
    let history = store.event(stored.ids[0]).await.expect("read").expect("there");
    let past = PastEnd {
        finished_at: died_at,
        outcome: Outcome::Dead,
        reason: Some(Reason::MessageNotFound),
        detail: Some("404".to_owned()),
        replayed_at: died_at.after(SECOND),
    };
    assert_eq!(history.past_ends, [past], "what it died of is kept");
    let turns: Vec<_> = history.runs.iter().map(|run| run.turn).collect();
    assert_eq!(turns, [first, turn.id], "each run is of its own turn");

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

    // However it ended then: the customer was answered.
    let (lease, turn) = house.begin().await;
    let endings = turn.events.iter().map(|event| Ending::dead(event.id, Reason::AttemptsExhausted)).collect();
    house.store().finish(&lease, Finish { endings, ..Finish::default() }).await.expect("finished");
    let refused = house.store().operate(replay(stored.ids[0], false)).await;
    assert!(matches!(refused, Err(Error::AlreadyAnswered)), "{refused:?}");
}

/// Ends the one due turn after a step `post_reply` in this state.
async fn dies_after_a_post(house: &House, status: Option<StepStatus>, result: Option<&str>) {
    let (lease, turn) = house.begin().await;
    let intent = StepIntent {
        name: "post_reply".to_owned(),
        act_deadline: house.now(),
        anchor: None,
        text_hash: None,
        text: None,
    };
    house.store().intend(&lease, intent).await.expect("intended");
    if let Some(status) = status {
        let result = StepResult { status, result: result.map(str::to_owned), text: None, posted: None };
        house.store().settle(&lease, "post_reply", result).await.expect("settled");
    }
    let endings = turn.events.iter().map(|event| Ending::dead(event.id, Reason::AttemptsExhausted)).collect();
    house.store().finish(&lease, Finish { endings, ..Finish::default() }).await.expect("finished");
}

pub async fn refuses_what_may_have_been_answered_before_it_died(house: House) {
    let unknown = Some("{\"v\":1,\"ended\":\"unknown\"}");
    let refused = Some("{\"v\":1,\"ended\":\"rejected_by_hubspot\"}");
    let cases = [
        (None, None, true),
        (Some(StepStatus::Done), None, true),
        (Some(StepStatus::Skipped), unknown, true),
        (Some(StepStatus::Skipped), refused, false),
        (Some(StepStatus::Skipped), None, false),
        (Some(StepStatus::NotSent), None, false),
    ];
    for (n, (status, result, may_stand)) in cases.into_iter().enumerate() {
        let thread = (n + 1).to_string();
        let id = house.append(vec![message(&thread, &format!("m{n}"))]).await.ids[0];
        dies_after_a_post(&house, status, result).await;
        let replayed = house.store().operate(replay(id, false)).await;
        assert_eq!(matches!(replayed, Err(Error::AlreadyAnswered)), may_stand, "{status:?} {result:?}: {replayed:?}");
        if may_stand {
            house.store().operate(replay(id, true)).await.expect("forced");
            assert_eq!(house.event(id).await.data.as_deref(), Some("{\"replay\":\"draft\",\"v\":1}"));
        } else {
            assert_eq!((replayed.ok(), house.event(id).await.data), (Some(()), None));
        }
        let (lease, turn) = house.begin().await;
        house.finish(&lease, &turn).await;
    }
}

pub async fn a_replay_starts_anew_and_keeps_its_runs(house: House) {
    let id = house.append(vec![message("1", "a")]).await.ids[0];
    for _ in 0..2 {
        let (lease, _) = house.begin().await;
        house.store().defer(&lease, house.now(), "busy", true).await.expect("deferred");
    }
    dies_after_a_post(&house, Some(StepStatus::NotSent), None).await;
    // Something else in the mailbox fails and is left alone for long.
    let other = house.append(vec![message("1", "b")]).await.ids[0];
    let (lease, _) = house.begin().await;
    house.store().defer(&lease, house.now().after(TTL * 100), "down", true).await.expect("deferred");

    house.store().operate(replay(id, false)).await.expect("replayed");
    let history = house.store().event(id).await.expect("read").expect("there");
    assert_eq!((history.event.attempts, history.runs.len()), (0, 3));
    let again = house.store().operate(replay(id, true)).await;
    assert!(matches!(&again, Err(Error::Refused(why)) if why.contains("waits already")), "{again:?}");

    let lease = house.claim(Lane::Conversation, 1).await.remove(0);
    assert_eq!(lease.attempts, 0, "a fresh start");
    let turn = house.store().open_turn(&lease).await.expect("opened").expect("due");
    assert_eq!(turn.events.iter().map(|event| event.id).collect::<Vec<_>>(), [id, other]);
    let running = house.store().operate(replay(id, true)).await;
    assert!(matches!(&running, Err(Error::Refused(why)) if why.contains("being worked on")), "{running:?}");
    let skipped = house.store().operate(skip(id)).await;
    assert!(matches!(&skipped, Err(Error::Refused(why)) if why.contains("being worked on")), "{skipped:?}");
    house.finish(&lease, &turn).await;
    let history = house.store().event(id).await.expect("read").expect("there");
    assert_eq!(history.event.attempts, 1);
    let notes: Vec<Option<&str>> = history.runs.iter().map(|run| run.note.as_deref()).collect();
    assert_eq!(notes, [Some("busy"), Some("busy"), Some("finished"), Some("finished")]);
    assert_eq!(history.runs[2].steps.len(), 1, "and what was done then");

    // All of it goes with the event.
    house.append(vec![message("9", "newest")]).await;
    house.advance(TTL);
    house.store().prune(house.now(), 10).await.expect("pruned");
    assert_eq!(house.store().event(id).await.expect("read"), None);
}

pub async fn refuses_what_a_replay_could_not_mend(house: House) {
    let elsewhere = NewEvent {
        ended: Some((State::Skipped, Reason::UnknownPortal)),
        ..event(EventKind::NewMessage, thread("1"), "p")
    };
    let unreadable = NewEvent {
        ended: Some((State::Dead, Reason::PayloadUnreadable)),
        ..event(EventKind::Unreadable, thread("1"), "u")
    };
    let stored = house.append(vec![elsewhere, unreadable, message("1", "told")]).await;
    let (lease, turn) = house.begin().await;
    let endings = vec![Ending::done(turn.events[0].id, Outcome::Relayed)];
    house.store().finish(&lease, Finish { endings, ..Finish::default() }).await.expect("finished");
    for (id, words) in stored.ids.iter().zip(["no connection has", "could not be read", "tell it twice"]) {
        for force in [false, true] {
            let refused = house.store().operate(replay(*id, force)).await;
            assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains(words)), "{refused:?}");
        }
    }
}

fn skip(event: EventId) -> Operation {
    Operation::Skip { event }
}

pub async fn skips_only_what_waits(house: House) {
    let unreadable = NewEvent {
        object: None,
        ended: Some((State::Dead, Reason::PayloadUnreadable)),
        ..event(EventKind::Unreadable, thread("1"), "u")
    };
    let stored = house.append(vec![message("1", "a"), quiet("1", "b"), unreadable]).await;
    house.store().operate(skip(stored.ids[0])).await.expect("skipped");
    let event = house.event(stored.ids[0]).await;
    assert_eq!((event.state, event.reason), (State::Skipped, Some(Reason::SkippedByOperator)));
    assert_eq!(house.claim(Lane::Conversation, 1).await, [], "only the burst waits, and it has not ended");
    house.store().operate(skip(stored.ids[1])).await.expect("skipped");
    house.advance(TTL);
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
    for operation in [skip(stored.ids[0]), skip(stored.ids[2]), replay(stored.ids[2], true)] {
        let refused = house.store().operate(operation).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{operation:?}: {refused:?}");
    }
}

pub async fn many_replays_leave_a_live_message_its_place(house: House) {
    let events = (0..100).map(|n| message(&format!("old{n}"), &format!("m{n}"))).collect();
    let ids = house.append(events).await.ids;
    for lease in house.claim(Lane::Conversation, 100).await {
        let turn = house.open(&lease).await;
        let endings = turn.events.iter().map(|event| Ending::dead(event.id, Reason::AgentFailed)).collect();
        house.store().finish(&lease, Finish { endings, ..Finish::default() }).await.expect("finished");
    }
    for id in &ids {
        house.store().operate(replay(*id, false)).await.expect("replayed");
    }
    house.append(vec![message("live", "now")]).await;
    let due = house.claim(Lane::Conversation, 200).await;
    let at_once = due.len();
    assert!((2..50).contains(&at_once), "{at_once}");
    assert!(due.iter().any(|lease| lease.key.object == thread("live")));
    for lease in due {
        let turn = house.open(&lease).await;
        house.finish(&lease, &turn).await;
    }
    let mut rest = Vec::new();
    for _ in 0..60 {
        house.advance(std::time::Duration::from_secs(1));
        let due = house.claim(Lane::Conversation, 200).await;
        assert!(due.len() < 5, "one after the other: {}", due.len());
        for lease in due {
            let turn = house.open(&lease).await;
            rest.extend(turn.events.iter().map(|event| event.id));
            house.finish(&lease, &turn).await;
        }
    }
    // All but the live one, each once.
    assert_eq!(at_once - 1 + rest.len(), ids.len());
}

pub async fn refuses_what_was_done_or_told(house: House) {
    let done = NewEvent { message_id: None, ..event(EventKind::DeliveryCheck, thread("1"), "done") };
    let failed = NewEvent { message_id: None, ..event(EventKind::DeliveryCheck, thread("2"), "failed") };
    let stored = house.append(vec![done, failed, message("3", "rep")]).await;
    for lease in house.claim(Lane::Conversation, 3).await {
        let turn = house.open(&lease).await;
        let id = turn.events[0].id;
        let ending = if id == stored.ids[0] {
            Ending::done(id, Outcome::StatusRecorded)
        } else {
            Ending::dead(id, Reason::AttemptsExhausted)
        };
        if id == stored.ids[2] {
            house.store().intend(&lease, intent("relay/rep/7", "words")).await.expect("intended");
        }
        let endings = vec![ending];
        house.store().finish(&lease, Finish { endings, ..Finish::default() }).await.expect("finished");
    }
    for (id, words) in [(stored.ids[0], "ask for it anew"), (stored.ids[2], "tell it twice")] {
        let refused = house.store().operate(replay(id, true)).await;
        assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains(words)), "{refused:?}");
    }
    house.store().operate(replay(stored.ids[1], false)).await.expect("what failed may be tried again");
}

pub async fn replays_what_outlived_its_turn(house: House) {
    let stored = house.append(vec![message("1", "a"), message("1", "b")]).await;
    let (lease, _) = house.begin().await;
    house.store().defer(&lease, house.now(), "busy", true).await.expect("deferred");
    house.store().operate(skip(stored.ids[1])).await.expect("skipped");
    house.advance(TTL);
    let cut = house.now();
    let (lease, turn) = house.begin().await;
    house.finish(&lease, &turn).await;
    house.append(vec![message("9", "newest")]).await;
    let (lease, turn) = house.begin().await;
    house.finish(&lease, &turn).await;
    assert_eq!(house.store().prune(cut, 10).await.expect("pruned"), 1);
    house.store().operate(replay(stored.ids[0], false)).await.expect("replayed");
}

pub async fn a_skipped_event_takes_its_turn_along(house: House) {
    let skipped = house.append(vec![message("1", "a")]).await.ids[0];
    let (lease, _) = house.begin().await;
    house.store().defer(&lease, house.now(), "busy", true).await.expect("deferred");
    house.store().operate(skip(skipped)).await.expect("skipped");
    let next = house.append(vec![message("1", "b")]).await.ids[0];
    house.advance(TTL);
    let (lease, turn) = house.begin().await;
    house.finish(&lease, &turn).await;
    assert_ne!(house.event(next).await.turn, house.event(skipped).await.turn);
    for id in [skipped, next] {
        assert_eq!(house.store().event(id).await.expect("read").expect("there").runs.len(), 1);
    }
}
